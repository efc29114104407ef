/** From trees to plain data and back. */
import { SopsError } from '../errors.js';
import { FORMATS, holdsTextsAlone } from '../formats/registry.js';
import type { FormatStore } from '../formats/store.js';
import { valuePathText } from '../operations/read/value-path.js';
import { checkHoldsTexts } from '../operations/write/held-texts.js';
import { doubledKeyIn } from '../tree/doubled-key.js';
import { leaves } from '../tree/leaves.js';
import type { TreePath } from '../tree/path.js';
import { rebuilt } from '../tree/rebuild.js';
import {
  type Branch,
  branch,
  isTimestamp,
  item,
  type Leaf,
  type LeafValue,
  type List,
  leaf,
  list,
  type Value as Node,
} from '../tree/tree.js';
import { type Steps, settle } from '../util/flat-recursion.js';
import { isOf } from '../util/realms.js';
import { formatRfc3339 } from '../util/text/rfc3339.js';
import { decodeText, encodeText } from '../util/text/text.js';
import { lookingAt, usage } from './options.js';
import type { Data, ValueOptions } from './types.js';

/** The key that would set the prototype of whatever it is copied into. */
const UNSAFE_KEY = '__proto__';

type Steps1 = Steps<Data>;
type Place = (string | number)[];

/** The data of a tree. Throws `unsafe-key`, `number-inexact`, and `document-invalid` for a key twice in one map. */
export function dataOf(value: Node, options: ValueOptions): Data {
  return value.kind === 'leaf' ? leafData(value.value, options, []) : settle(containerData(value, options, []));
}

function* containerData(of: Branch | List, options: ValueOptions, path: Place): Steps1 {
  const map: Record<string, Data> = {};
  const entries: Data[] = [];
  for (const entry of of.items) {
    if (entry.kind === 'comment') continue;
    const value = entry.kind === 'item' ? entry.value : entry;
    path.push(entry.kind === 'item' ? entry.key : entries.length);
    if (entry.kind === 'item' && entry.key === UNSAFE_KEY) throw unsafeKey(path);
    if (entry.kind === 'item' && Object.hasOwn(map, entry.key)) throw doubledKey(path);
    const data =
      value.kind === 'leaf' ? leafData(value.value, options, path) : yield containerData(value, options, path);
    if (entry.kind === 'item') addTo(map, entry.key, data);
    else entries.push(data);
    path.pop();
  }
  return of.kind === 'branch' ? map : entries;
}

/** A member of its own, also where the prototype has one of that name that is frozen or a setter. */
function addTo(map: Record<string, Data>, key: string, value: Data): void {
  if (key in map) Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
  else map[key] = value;
}

function leafData(value: LeafValue, { integers = 'safe', dates = 'text' }: ValueOptions, path: Place): Data {
  if (typeof value === 'bigint') return integerData(value, integers, path);
  if (value === null || !isTimestamp(value)) return value;
  if (dates === 'date') return new Date(Number(value.nanoseconds / 1_000_000n));
  const text = formatRfc3339(value);
  if (text !== null) return text;
  throw new SopsError('leaf-not-decryptable', `${shown(path)} is a time outside the years 0 to 9999`, {
    path: path.map(String),
  });
}

function integerData(value: bigint, integers: NonNullable<ValueOptions['integers']>, path: Place): Data {
  if (integers === 'bigint') return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  if (integers === 'mixed') return value;
  throw new SopsError('number-inexact', `${shown(path)} is an integer that a JavaScript number cannot hold`, {
    path: path.map(String),
    hint: "Give the option integers: 'mixed' or 'bigint', or keep it as a text.",
  });
}

/** Throws `document-invalid` for a key that stands twice in one map. */
export function checkKeys(documents: readonly Branch[]): void {
  const path = doubledKeyIn(documents);
  if (path) throw doubledKey([...path]);
}

function doubledKey(path: Place): SopsError {
  return new SopsError('document-invalid', `the key ${shown(path)} stands twice in its map`, {
    path: path.map(String),
    hint: 'SOPS takes the first, most programs the last: take one of them out with sops-ts edit.',
  });
}

function unsafeKey(path: Place): SopsError {
  return new SopsError('unsafe-key', `the key ${UNSAFE_KEY} (${shown(path)}) would change what an object is`, {
    path: path.map(String),
    hint: 'Give it another name; open() reads such a file value by value.',
  });
}

/**
 * The tree of plain data: integers up to 2^53 − 1 and bigints are ints. Throws `usage` for what no file can hold, `leaf-not-encryptable` for
 * bigints beyond 64 bits, and `unsafe-key`.
 */
export function treeOf(data: Data): Node {
  return lookingAt('the value', () => treeOfValue(data));
}

function treeOfValue(data: Data): Node {
  const simple = leafOf(data, []);
  if (simple !== undefined) return leaf(simple);
  if (typeof data !== 'object') throw notStorable([], whatItIs(data));
  return settle(containerOf(data, [], new Set()));
}

/** Throws `output-format` for null in a format of nothing but texts, in which SOPS writes one that is no null. */
export function checkNulls(tree: Node, format: string): void {
  if (!holdsTextsAlone(format)) return;
  for (const { node, path } of leaves([branch([item('', tree)])])) {
    if (node.value !== null) continue;
    const place = path.slice(1);
    throw new SopsError('output-format', `${shown([...place])} is null, which ${format} has no way to write`, {
      path: place.map(String),
      hint: 'Leave the key out, give it an empty text, or choose another format.',
    });
  }
}

/** A tree as a format of nothing but texts holds it without loss: as SOPS writes times there, parts of seconds are left out. */
export function withTimesAsTexts(tree: Node, format: string): Node {
  if (!holdsTextsAlone(format)) return tree;
  const textOf = ({ value }: Leaf): LeafValue => (isTimestamp(value) && formatRfc3339(value)) || value;
  return rebuilt(tree, { leaf: (node) => leaf(textOf(node)) });
}

/** Throws `output-format` for a text of bytes that are not UTF-8 in a format that would write another one in its place, as JSON does. */
export function checkBytes(store: FormatStore, document: Node): void {
  if (document.kind !== 'branch') return;
  const wanted = textsOfBytes([document]);
  if (wanted.length === 0) return;
  const read = textsOfBytes(store.parse(encodeText(store.emit([document], null))).documents);
  if (read.length === wanted.length && read.every((text, at) => text === wanted[at])) return;
  throw new SopsError('output-format', `${store.name} cannot hold bytes that are not UTF-8`, {
    hint: 'Encrypt them as a binary file, or put a text such as base64 in their place.',
  });
}

/** Throws `output-format` for a value that one of our formats has no way to write at a place: it would keep a whole file from being written. */
export function checkPrints(store: FormatStore, place: TreePath, value: Node): void {
  if (!FORMATS.some(({ name }) => name === store.name)) return;
  const document = documentOf(place, value);
  if (document.kind === 'branch') checkHoldsTexts(store, store.emit([document], null), [document]);
}

/** Throws `usage` for a change of a binary file that leaves more or less of it than one text. */
export function checkContent(store: FormatStore, [key, ...others]: readonly string[], value: Node | undefined): void {
  if (store.contentKey === undefined) return;
  const isText = value?.kind === 'leaf' && typeof value.value === 'string';
  if (key === store.contentKey && others.length === 0 && isText) return;
  throw usage(`a ${store.name} file is one text without keys: set ${store.contentKey} to another text`);
}

/** A document with nothing but a value at a place. */
export function documentOf(place: TreePath, value: Node): Node {
  const around = (within: Node, step: string | number): Node =>
    typeof step === 'string' ? branch([item(step, within)]) : list([within]);
  return place.reduceRight<Node>(around, value);
}

function textsOfBytes(documents: readonly Branch[]): string[] {
  const values = Array.from(leaves(documents), ({ node }) => node.value);
  return values.filter((value): value is string => typeof value === 'string' && !value.isWellFormed());
}

/** The text that a caller gives as content. Throws `usage` for one that stands for no bytes. */
export function checkedText(text: string, called: string): string {
  if (isStorable(text)) return text;
  throw new SopsError('usage', `${called} is not Unicode text: it has half of a surrogate pair`);
}

function* containerOf(data: object, path: Place, above: Set<object>): Steps<Node> {
  if (above.has(data)) throw notStorable(path, 'it holds itself');
  if (above.size >= MOST_LEVELS) throw notStorable([], `it has more than ${MOST_LEVELS} levels of nesting`);
  above.add(data);
  const made: Node[] = [];
  const keys: string[] = [];
  for (const [key, part] of partsOf(data, path)) {
    path.push(key);
    if (typeof key === 'string' && !isStorable(key)) throw notStorable(path.slice(0, -1), `${HALF} in a key`);
    const simple = leafOf(part, path);
    if (simple !== undefined) made.push(leaf(simple));
    else if (typeof part === 'object') made.push(yield containerOf(part, path, above));
    else throw notStorable(path, whatItIs(part));
    if (typeof key === 'string') keys.push(key);
    path.pop();
  }
  above.delete(data);
  return Array.isArray(data) ? list(made) : branch(made.map((value, at) => item(keys[at] ?? '', value)));
}

/** As deep as JSON may be. In YAML every level is indented, so that the text grows by the square. */
const MOST_LEVELS = 10_000;
const HALF = 'it has half of a surrogate pair';

/** What is undefined in an object is left out, as JSON does. */
function partsOf(data: object, path: Place): [string | number, Data][] {
  try {
    if (Array.isArray(data)) return [...data.entries()];
    const prototype = Object.getPrototypeOf(data);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    if (!isPlain) throw notStorable(path, 'it is not a plain object');
    if (Object.hasOwn(data, UNSAFE_KEY)) throw unsafeKey([...path, UNSAFE_KEY]);
    return Object.entries(data).filter(([, value]) => value !== undefined);
  } catch (cause) {
    if (cause instanceof SopsError) throw cause;
    throw notStorable(path, 'it throws when it is looked at', cause);
  }
}

/** The leaf that a value is; undefined for maps and lists, and for what is not one. */
function leafOf(value: Data, path: Place): LeafValue | undefined {
  if (typeof value === 'string') {
    if (isStorable(value)) return value;
    throw notStorable(path, HALF);
  }
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) === value) return value;
    throw beyond64Bits(path);
  }
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
  if (!isOf(Date, value) || Number.isNaN(value.getTime())) return undefined;
  return { kind: 'timestamp', nanoseconds: BigInt(value.getTime()) * 1_000_000n, offset: 0 };
}

/** Whether a text has bytes: in Unicode, or as one that was read from bytes that are not UTF-8. */
function isStorable(text: string): boolean {
  return text.isWellFormed() || decodeText(encodeText(text)) === text;
}

function beyond64Bits(path: Place): SopsError {
  return new SopsError('leaf-not-encryptable', `${shown(path)} is an integer of more than 64 bits`, {
    path: path.map(String),
    hint: 'Files hold integers from -2^63 to 2^63 - 1: give it as a text.',
  });
}

function whatItIs(value: Data): string {
  return `it is ${value === undefined ? '' : 'a '}${typeof value}`;
}

function notStorable(path: Place, reason: string, cause?: unknown): SopsError {
  return new SopsError('usage', `${shown(path)} cannot be put into a file: ${reason}`, {
    path: path.map(String),
    hint: 'Files hold maps, lists, texts, numbers, bigints, booleans, dates and null.',
    cause,
  });
}

function shown(path: Place): string {
  return path.length === 0 ? 'the value' : valuePathText(path);
}
