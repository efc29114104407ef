/** The values of an open file as a secret store takes them: one JSON object (docs/publish.md#what-is-sent). */
import { SopsError } from '../../errors.js';
import { readJson } from '../../formats/json/read.js';
import { type JsonStyle, printJson } from '../../formats/json/write.js';
import type { PlainValues } from '../../remotes/remote.js';
import { sameValue } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import { rebuilt } from '../../tree/rebuild.js';
import {
  type Branch,
  branch,
  type Item,
  isTimestamp,
  itemOf,
  type KeyPath,
  type LeafValue,
  leaf,
  type Value,
} from '../../tree/tree.js';
import { formatRfc3339 } from '../../util/rfc3339.js';

const ONE_LINE: JsonStyle = { newline: null, unit: '', colon: ':', comma: ',' };
const LINES: JsonStyle = { newline: '\n', unit: '  ', colon: ': ', comma: ', ' };
const MASK = '********';

/**
 * The values of all documents: their top-level keys together, of which a later one wins, keys sorted, comments left out. Throws `failed`
 * for what a store cannot hold: bytes that are not UTF-8 (SOPS replaces them silently), and `output-format` for NaN and infinities.
 */
export function plainValuesOf(documents: readonly Branch[]): PlainValues {
  const values = sortedValues(documents);
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
  for (const place of leaves(documents)) {
    const { value } = place.node;
    if (typeof value === 'bigint' && BigInt(Number(value)) !== value) places.push(place.path.join('.'));
  }
  return places;
}

/** The keys of the same values, in lines, with a mask in place of every value. */
export function maskedText(documents: readonly Branch[]): string {
  return printJson(rebuilt(sortedValues(documents), { leaf: () => leaf(MASK) }), LINES);
}

/** The values of all documents with sorted keys, each once. */
function sortedValues(documents: readonly Branch[]): Value {
  return rebuilt(branch(documents.flatMap((document) => document.items)), {
    leaf: ({ value }, path) => leaf(checked(value, path)),
    itemsOf(of, path) {
      const entries = new Map<string, Item>();
      for (const entry of of.items) if (entry.kind === 'item') entries.set(entry.key, entry);
      for (const key of entries.keys()) checked(key, [...path, key]);
      return inOrder([...entries.values()]);
    },
  });
}

function checked(value: LeafValue, path: KeyPath): LeafValue {
  if (typeof value !== 'string' || value.isWellFormed()) return value;
  throw new SopsError('failed', 'a value holds bytes that are not UTF-8, which a secret store cannot hold', {
    path,
    hint: 'Encode it, e.g. as base64.',
  });
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
function isSame(values: Value, found: Value): boolean {
  const ordered = rebuilt(found, {
    leaf: (of) => of,
    itemsOf: (of) => inOrder(of.items.filter((entry) => entry.kind === 'item')),
  });
  return sameValue(values, ordered, isSameLeaf);
}

function inOrder(items: Item[]): Item[] {
  return items.sort((one, other) => (one.key < other.key ? -1 : 1));
}

function isSameLeaf(own: LeafValue, found: LeafValue): boolean {
  if (own !== null && isTimestamp(own)) return formatRfc3339(own) === found;
  // Vault keeps every number as a double: 1.0 comes back as 1, and 2^53 + 1 as 2^53.
  return own === found || (isNumber(own) && isNumber(found) && Number(own) === Number(found));
}

function isNumber(value: LeafValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}
