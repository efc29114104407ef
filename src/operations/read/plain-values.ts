/** The values of an open file as a secret store takes them: one JSON object (docs/publish.md#what-is-sent). */
import { SopsError } from '../../errors.js';
import { readJson } from '../../formats/json/read.js';
import { type JsonStyle, printJson } from '../../formats/json/write.js';
import type { PlainEntry, PlainValues } from '../../remotes/remote.js';
import { sameValue } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import { rebuilt } from '../../tree/rebuild.js';
import {
  type Branch,
  branch,
  type Item,
  isTimestamp,
  item,
  itemOf,
  type KeyPath,
  type LeafValue,
  leaf,
  type Value,
} from '../../tree/tree.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { formatRfc3339 } from '../../util/text/rfc3339.js';
import { decodeText, hasInvalidBytes } from '../../util/text/text.js';

const ONE_LINE: JsonStyle = { newline: null, unit: '', colon: ':', comma: ',' };
const LINES: JsonStyle = { newline: '\n', unit: '  ', colon: ': ', comma: ', ' };
const MASK = '********';

/**
 * The values of all documents: their top-level keys together, of which a later one wins, keys sorted, comments left out. Throws `failed`
 * for what a store cannot hold: bytes that are not UTF-8 (SOPS replaces them silently), and `output-format` for NaN and infinities.
 */
export function plainValuesOf(documents: readonly Branch[]): PlainValues {
  return plainOf(sortedValues(documents));
}

/**
 * The same of what a Secret holds where the documents are one manifest of a Secret: `data` out of base64, unless its bytes are not text, and
 * `stringData`, which wins as it does in a cluster. Throws also `document-invalid` for several Secrets.
 */
export function unwrappedValuesOf(documents: readonly Branch[]): PlainValues {
  const secrets = documents.filter(isSecret);
  const [secret] = secrets;
  if (!secret) return plainValuesOf(documents);
  if (documents.length > 1) {
    throw new SopsError(
      'document-invalid',
      'the file holds a Secret and other documents, and one place cannot hold them all',
      {
        hint: 'Split the file.',
      },
    );
  }
  const { values, bytes } = contentsOf(secret);
  return { ...plainOf(sortedValues([values]), bytes), secretType: textAt(secret, 'type') || undefined };
}

function plainOf(values: Branch, bytes: ReadonlyMap<string, Uint8Array> = new Map()): PlainValues {
  return {
    json: printJson(values, ONE_LINE),
    entries: values.items.flatMap((entry) => (entry.kind === 'item' ? [entryOf(entry, bytes.get(entry.key))] : [])),
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

/** The same of what {@link unwrappedValuesOf} gives. */
export function maskedEntries({ entries }: PlainValues): string {
  return printJson(branch(entries.map(({ key }) => item(key, leaf(MASK)))), LINES);
}

function entryOf({ key, value }: Item, bytes: Uint8Array | undefined): PlainEntry {
  const own = value.kind === 'leaf' ? value.value : undefined;
  if (own === null) return { key, text: '' };
  if (own !== undefined && isTimestamp(own)) return { key, text: formatRfc3339(own) ?? '' };
  const text = typeof own === 'string' ? own : printJson(value, ONE_LINE);
  return bytes === undefined ? { key, text } : { key, text, bytes };
}

function isSecret(document: Branch): boolean {
  return textAt(document, 'kind') === 'Secret' && textAt(document, 'apiVersion') === 'v1';
}

function textAt(document: Branch, key: string): string | undefined {
  const value = itemOf(document, key)?.value;
  return value?.kind === 'leaf' && typeof value.value === 'string' ? value.value : undefined;
}

/** What a Secret holds, by its keys; `bytes` of those that are not text, and stand in base64 among the values, too. */
function contentsOf(secret: Branch): { values: Branch; bytes: Map<string, Uint8Array> } {
  const bytes = new Map<string, Uint8Array>();
  const encoded = fieldItems(secret, 'data').map(({ key, value }) => {
    const text =
      value.kind === 'leaf' && typeof value.value === 'string' ? value.value.replaceAll(/[\r\n]/g, '') : null;
    const decoded = text === null ? null : decodeBase64(text);
    if (text === null || decoded === null) throw notBase64(key);
    const plain = decodeText(decoded);
    if (!hasInvalidBytes(plain)) return item(key, leaf(plain));
    bytes.set(key, decoded);
    return item(key, leaf(text));
  });
  const texts = fieldItems(secret, 'stringData');
  for (const { key } of texts) bytes.delete(key);
  return { values: branch([...encoded, ...texts]), bytes };
}

function fieldItems(secret: Branch, field: string): Item[] {
  const value = itemOf(secret, field)?.value;
  return value?.kind === 'branch' ? value.items.filter((entry) => entry.kind === 'item') : [];
}

function notBase64(key: string): SopsError {
  return new SopsError('document-invalid', 'a value of the Secret is not base64', {
    path: ['data', key],
    hint: 'Values that are not base64 stand below stringData.',
  });
}

/** The values of all documents with sorted keys, each once. */
function sortedValues(documents: readonly Branch[]): Branch {
  const sorted = rebuilt(branch(documents.flatMap((document) => document.items)), {
    leaf: ({ value }, path) => leaf(checked(value, path)),
    itemsOf(of, path) {
      const entries = new Map<string, Item>();
      for (const entry of of.items) if (entry.kind === 'item') entries.set(entry.key, entry);
      for (const key of entries.keys()) checked(key, [...path, key]);
      return inOrder([...entries.values()]);
    },
  });
  return sorted.kind === 'branch' ? sorted : branch();
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
