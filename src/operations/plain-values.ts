/** The values of an open file as a secret store takes them: one JSON object (spec kubernetes-and-stores.md section 4.1). */
import { SopsError } from '../errors.js';
import { readJson } from '../formats/json/read.js';
import { type JsonStyle, printJson } from '../formats/json/write.js';
import type { PlainValues } from '../remotes/remote.js';
import {
  type Branch,
  branch,
  isTimestamp,
  item,
  itemOf,
  type KeyPath,
  type LeafValue,
  leaf,
  list,
  type Value,
} from '../tree/tree.js';
import { formatRfc3339 } from '../util/rfc3339.js';

/** Stores take less; JSON of any depth would be the end of the call stack. */
const DEEPEST = 500;
const ONE_LINE: JsonStyle = { newline: null, unit: '', colon: ':', comma: ',' };
const LINES: JsonStyle = { newline: '\n', unit: '  ', colon: ': ', comma: ', ' };
const MASK = '********';

/**
 * The values of all documents: their top-level keys together, of which a later one wins, keys sorted, comments left out. Throws `failed`
 * for what a store cannot hold: bytes that are not UTF-8 (SOPS replaces them silently), and `output-format` for NaN and infinities.
 */
export function plainValuesOf(documents: readonly Branch[]): PlainValues {
  const values = withoutComments(branch(documents.flatMap((document) => document.items)), []);
  return {
    json: printJson(values, ONE_LINE),
    isIn(text, keys) {
      const found = valueIn(text, keys);
      return found !== undefined && isSame(values, found);
    },
  };
}

/** Where integers stand that a double cannot hold: stores that keep numbers as doubles, as Vault's KV 2, change them. */
export function inexactPlaces(documents: readonly Branch[]): string[] {
  const places: string[] = [];
  const walkDown = (value: Value, path: KeyPath): void => {
    if (value.kind === 'leaf') {
      if (typeof value.value === 'bigint' && BigInt(Number(value.value)) !== value.value) places.push(path.join('.'));
      return;
    }
    for (const entry of value.items) {
      if (entry.kind === 'item') walkDown(entry.value, [...path, entry.key]);
      else if (entry.kind !== 'comment') walkDown(entry, path);
    }
  };
  for (const document of documents) walkDown(document, []);
  return places;
}

/** The keys of the same values, in lines, with a mask in place of every value. */
export function maskedText(documents: readonly Branch[]): string {
  const values = withoutComments(branch(documents.flatMap((document) => document.items)), []);
  return printJson(masked(values), LINES);
}

/** A copy with sorted keys, each once. */
function withoutComments(value: Value, path: KeyPath): Value {
  if (path.length > DEEPEST) throw new SopsError('failed', 'the values are nested too deep', { path });
  if (value.kind === 'leaf') return leaf(checked(value.value, path));
  if (value.kind === 'list') {
    const items = value.items.filter((entry) => entry.kind !== 'comment');
    return list(items.map((entry, at) => withoutComments(entry, [...path, String(at)])));
  }
  const entries = new Map<string, Value>();
  for (const entry of value.items) if (entry.kind === 'item') entries.set(entry.key, entry.value);
  const keys = [...entries.keys()].sort();
  return branch(
    keys.map((key) => {
      const own = [...path, key];
      checked(key, own);
      return item(key, withoutComments(entries.get(key) ?? leaf(null), own));
    }),
  );
}

function checked(value: LeafValue, path: KeyPath): LeafValue {
  if (typeof value !== 'string' || value.isWellFormed()) return value;
  throw new SopsError('failed', 'a value holds bytes that are not UTF-8, which a secret store cannot hold', {
    path,
    hint: 'Encode it, e.g. as base64.',
  });
}

function masked(value: Value): Value {
  if (value.kind === 'leaf') return leaf(MASK);
  if (value.kind === 'list')
    return list(value.items.map((entry) => (entry.kind === 'comment' ? entry : masked(entry))));
  return branch(value.items.map((entry) => (entry.kind === 'item' ? item(entry.key, masked(entry.value)) : entry)));
}

/** What some keys lead to in a JSON text; undefined when there is no such thing, or no JSON. */
function valueIn(text: string, keys: readonly string[]): Value | undefined {
  let value: Value | undefined;
  try {
    value = readJson(text).root;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
  for (const key of keys) value = value?.kind === 'branch' ? itemOf(value, key)?.value : undefined;
  return value;
}

/** Whether a store holds what we would send; `found` was read from JSON, whose maps have no order. */
function isSame(own: Value, found: Value): boolean {
  if (own.kind === 'leaf') return found.kind === 'leaf' && isSameLeaf(own.value, found.value);
  if (own.kind !== found.kind || own.items.length !== found.items.length) return false;
  return own.items.every((entry, at) => {
    if (entry.kind === 'comment') return true;
    if (entry.kind !== 'item') return isSame(entry, found.items[at] as Value);
    const other = found.kind === 'branch' ? itemOf(found, entry.key)?.value : undefined;
    return other !== undefined && isSame(entry.value, other);
  });
}

function isSameLeaf(own: LeafValue, found: LeafValue): boolean {
  if (own !== null && isTimestamp(own)) return formatRfc3339(own) === found;
  // Vault keeps every number as a double: 1.0 comes back as 1, and 2^53 + 1 as 2^53.
  return own === found || (isNumber(own) && isNumber(found) && Number(own) === Number(found));
}

function isNumber(value: LeafValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}
