/** The functions that Go's text/template has itself, but `and` and `or`, which are part of carrying out. */
import { encodeText } from '../../util/text/text.js';
import { type FunctionTable, fixed, variadic } from './call.js';
import { actionText, goText, isPrintable, sprint } from './print.js';
import { printf } from './printf.js';
import { elementsOf, GoInteger, GoList, GoMap, type GoValue, int, isEmpty, refusal, typeOf } from './values.js';

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&#39;',
  '"': '&#34;',
  '\0': '\ufffd',
};

export const BUILTINS: FunctionTable = {
  not: fixed(['any'], (value) => isEmpty(value)),
  len: fixed(['any'], lengthOf),
  index: variadic(['any'], 'any', ([from], keys) => {
    if (from === null) throw refusal('index is given nothing to look into');
    return keys.reduce<GoValue>(elementOf, from);
  }),
  print: variadic([], 'any', (_, values) => sprint(values)),
  println: variadic([], 'any', (_, values) => `${values.map(goText).join(' ')}\n`),
  printf: variadic(['string'], 'any', ([format], values) => printf(format, values)),
  html: variadic([], 'any', (_, values) => shown(values).replaceAll(/[<>&'"\0]/g, (found) => HTML[found] ?? found)),
  js: variadic([], 'any', (_, values) => escapeForScript(shown(values))),
  urlquery: variadic([], 'any', (_, values) => queryText(shown(values))),
  eq: variadic(['any'], 'any', ([one], others) => {
    if (others.length === 0) throw refusal('eq is given nothing to compare with');
    return others.some((other) => isEqual(one, other));
  }),
  ne: fixed(['any', 'any'], (one, other) => !isEqual(one, other)),
  lt: fixed(['any', 'any'], (one, other) => order(one, other) < 0),
  le: fixed(['any', 'any'], (one, other) => order(one, other) <= 0),
  gt: fixed(['any', 'any'], (one, other) => order(one, other) > 0),
  ge: fixed(['any', 'any'], (one, other) => order(one, other) >= 0),
};

/** What `html` and its like see of their arguments: of what is not there the mark that an action prints. */
function shown(values: readonly GoValue[]): string {
  return sprint(values.map((value) => (value === null ? actionText(value) : value)));
}

function lengthOf(value: GoValue): GoValue {
  if (typeof value === 'string') return int(encodeText(value).length);
  if (value instanceof GoList) return int(value.items.length);
  if (value instanceof GoMap) return int(value.entries.size);
  throw refusal(`a ${typeOf(value)} has no length`);
}

function elementOf(from: GoValue, key: GoValue): GoValue {
  if (from instanceof GoMap) {
    if (typeof key !== 'string') throw refusal('a key of a map must be a string');
    return from.entries.get(key) ?? (from.element === 'string' ? '' : null);
  }
  const at = placeIn(key);
  if (typeof from === 'string') {
    const byte = encodeText(from)[at];
    if (byte !== undefined) return new GoInteger(BigInt(byte), 'uint8');
  } else if (from instanceof GoList) {
    const item = elementsOf(from)[at];
    if (item !== undefined) return item;
  } else {
    throw refusal(`a ${typeOf(from)} has no elements`);
  }
  throw refusal('an index is out of range');
}

function placeIn(key: GoValue): number {
  if (!(key instanceof GoInteger)) throw refusal(`a place in a list or string must be a number, not a ${typeOf(key)}`);
  return Number(key.value);
}

/** What templates can compare: everything but lists and maps. */
function basicKindOf(value: GoValue): string {
  return value instanceof GoInteger ? 'integer' : value === null ? 'nil' : typeof value;
}

function isEqual(one: GoValue, other: GoValue): boolean {
  const [kind, otherKind] = [basicKindOf(one), basicKindOf(other)];
  if (kind === 'object' || otherKind === 'object') {
    if (one === null || other === null) return false;
    throw refusal('lists and maps cannot be compared');
  }
  if (kind !== otherKind) {
    if (one === null || other === null) return false;
    throw refusal(`a ${typeOf(one)} cannot be compared with a ${typeOf(other)}`);
  }
  return one instanceof GoInteger && other instanceof GoInteger ? one.value === other.value : one === other;
}

function order(one: GoValue, other: GoValue): number {
  if (one instanceof GoInteger && other instanceof GoInteger) return sign(one.value, other.value);
  if (typeof one === 'number' && typeof other === 'number') return sign(one, other);
  if (typeof one === 'string' && typeof other === 'string') return Buffer.compare(encodeText(one), encodeText(other));
  throw refusal(`a ${typeOf(one)} and a ${typeOf(other)} have no order`);
}

function sign<T extends number | bigint>(one: T, other: T): number {
  return one < other ? -1 : one === other ? 0 : one > other ? 1 : Number.NaN;
}

/** As `template.JSEscape`. */
function escapeForScript(text: string): string {
  let escaped = '';
  for (const character of text) {
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    if ('\\\'"'.includes(character)) escaped += `\\${character}`;
    else if (!'<>&='.includes(character) && isPrintable(character)) escaped += character;
    else escaped += `\\u${hex.padStart(4, '0')}`;
  }
  return escaped;
}

/** As `url.QueryEscape`. */
export function queryText(text: string): string {
  let escaped = '';
  for (const byte of encodeText(text)) {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(character)) escaped += character;
    else escaped += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}
