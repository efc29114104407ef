/** From trees to plain data and back. */
import { SopsError } from '../errors.js';
import { valuePathText } from '../operations/read/value-path.js';
import {
  type Branch,
  branch,
  isTimestamp,
  item,
  type LeafValue,
  type List,
  leaf,
  list,
  type Value as Node,
} from '../tree/tree.js';
import { type Steps, settle } from '../util/flat-recursion.js';
import { formatRfc3339 } from '../util/rfc3339.js';
import type { Data, ValueOptions } from './types.js';

/** The key that would set the prototype of whatever it is copied into. */
const UNSAFE_KEY = '__proto__';

type Steps1 = Steps<Data>;
type Place = (string | number)[];

/** The data of a tree. Throws `unsafe-key` and `number-inexact`. */
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
    const data =
      value.kind === 'leaf' ? leafData(value.value, options, path) : yield containerData(value, options, path);
    if (entry.kind === 'item') map[entry.key] = data;
    else entries.push(data);
    path.pop();
  }
  return of.kind === 'branch' ? map : entries;
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

function unsafeKey(path: Place): SopsError {
  return new SopsError('unsafe-key', `the key ${UNSAFE_KEY} (${shown(path)}) would change what an object is`, {
    path: path.map(String),
    hint: 'Give it another name; open() reads such a file value by value.',
  });
}

/** The tree of plain data: integers up to 2^53 − 1 and bigints are ints. Throws `usage` for what no file can hold, and `unsafe-key`. */
export function treeOf(data: Data): Node {
  const simple = leafOf(data);
  if (simple !== undefined) return leaf(simple);
  if (typeof data !== 'object') throw notStorable([], `it is ${data === undefined ? '' : 'a '}${typeof data}`);
  return settle(containerOf(data, [], new Set()));
}

function* containerOf(data: object, path: Place, above: Set<object>): Steps<Node> {
  if (above.has(data)) throw notStorable(path, 'it holds itself');
  above.add(data);
  const made: Node[] = [];
  const keys: string[] = [];
  for (const [key, part] of partsOf(data, path)) {
    path.push(key);
    const simple = leafOf(part);
    if (simple !== undefined) made.push(leaf(simple));
    else if (typeof part === 'object') made.push(yield containerOf(part, path, above));
    else throw notStorable(path, `it is a ${typeof part}`);
    if (typeof key === 'string') keys.push(key);
    path.pop();
  }
  above.delete(data);
  return Array.isArray(data) ? list(made) : branch(made.map((value, at) => item(keys[at] ?? '', value)));
}

/** What is undefined in an object is left out, as JSON does. */
function partsOf(data: object, path: Place): [string | number, Data][] {
  if (Array.isArray(data)) return [...data.entries()];
  const prototype = Object.getPrototypeOf(data);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) throw notStorable(path, 'it is no plain object');
  if (Object.hasOwn(data, UNSAFE_KEY)) throw unsafeKey([...path, UNSAFE_KEY]);
  return Object.entries(data).filter(([, value]) => value !== undefined);
}

/** The leaf that a value is; undefined for maps and lists, and for what is none. */
function leafOf(value: Data): LeafValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint')
    return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined;
  return { kind: 'timestamp', nanoseconds: BigInt(value.getTime()) * 1_000_000n, offset: 0 };
}

function notStorable(path: Place, reason: string): SopsError {
  const hint = 'Files hold maps, lists, texts, numbers, bigints, booleans, dates and null.';
  return new SopsError('usage', `${shown(path)} cannot be put into a file: ${reason}`, {
    path: path.map(String),
    hint,
  });
}

function shown(path: Place): string {
  return path.length === 0 ? 'the value' : valuePathText(path);
}
