/** Sprig's functions for lists, maps, numbers, defaults and types. */
import { type FunctionTable, fixed, named, variadic } from './call.js';
import { floatOf, int64Of, texts } from './coercion.js';
import { goText } from './print.js';
import {
  elementsOf,
  GoInteger,
  GoList,
  GoMap,
  type GoValue,
  int,
  isDeepEqual,
  isEmpty,
  kindOf,
  refusal,
  typeOf,
} from './values.js';

const MOST_ITEMS = 100_000;

const DEFAULTS: FunctionTable = {
  default: variadic(['any'], 'any', ([fallback], [value = null]) => (isEmpty(value) ? fallback : value)),
  empty: fixed(['any'], (value) => isEmpty(value)),
  coalesce: variadic([], 'any', (_, values) => values.find((value) => !isEmpty(value)) ?? null),
  all: variadic([], 'any', (_, values) => values.every((value) => !isEmpty(value))),
  any: variadic([], 'any', (_, values) => values.some((value) => !isEmpty(value))),
  ternary: fixed(['any', 'any', 'bool'], (one, other, isOne) => (isOne ? one : other)),
  kindOf: fixed(['any'], (value) => kindOf(value)),
  kindIs: fixed(['string', 'any'], (kind, value) => kindOf(value) === kind),
  typeOf: fixed(['any'], (value) => typeOf(value)),
  typeIs: fixed(['string', 'any'], (type, value) => typeOf(value) === type),
  typeIsLike: fixed(['string', 'any'], (type, value) => [type, `*${type}`].includes(typeOf(value))),
  deepEqual: fixed(['any', 'any'], (one, other) => isDeepEqual(one, other)),
};

const LISTS: FunctionTable = {
  ...named(
    'list tuple',
    variadic([], 'any', (_, values) => new GoList(values)),
  ),
  ...named(
    'first mustFirst',
    fixed(['any'], (list) => listItems(list)[0] ?? null),
  ),
  ...named(
    'last mustLast',
    fixed(['any'], (list) => listItems(list).at(-1) ?? null),
  ),
  ...named(
    'rest mustRest',
    fixed(['any'], (list) => part(listItems(list), 1)),
  ),
  ...named(
    'initial mustInitial',
    fixed(['any'], (list) => part(listItems(list), 0, -1)),
  ),
  ...named(
    'append mustAppend push mustPush',
    fixed(['any', 'any'], (list, value) => new GoList([...listItems(list), value])),
  ),
  ...named(
    'prepend mustPrepend',
    fixed(['any', 'any'], (list, value) => new GoList([value, ...listItems(list)])),
  ),
  concat: variadic([], 'any', (_, lists) => GoList.orNil(lists.flatMap(listItems))),
  ...named(
    'reverse mustReverse',
    fixed(['any'], (list) => new GoList([...listItems(list)].reverse())),
  ),
  ...named(
    'uniq mustUniq',
    fixed(['any'], (list) => new GoList(unique(listItems(list)))),
  ),
  ...named(
    'compact mustCompact',
    fixed(['any'], (list) => new GoList(listItems(list).filter((one) => !isEmpty(one)))),
  ),
  ...named(
    'has mustHas',
    fixed(['any', 'any'], (wanted, list) => list !== null && isIn(wanted, anyItems(list))),
  ),
  ...named(
    'without mustWithout',
    variadic(['any'], 'any', ([list], out) => new GoList(listItems(list).filter((one) => !isIn(one, out)))),
  ),
  ...named(
    'slice mustSlice',
    variadic(['any'], 'any', ([list], bounds) => sliceOf(list, bounds.map(int64Of))),
  ),
  until: fixed(['int'], (count) => steps(0, count, count < 0 ? -1 : 1)),
  untilStep: fixed(['int', 'int', 'int'], (start, stop, step) => steps(start, stop, step)),
};

const MAPS: FunctionTable = {
  dict: variadic([], 'any', (_, values) => dictionary(values)),
  get: fixed(['dict', 'string'], (map, key) => (map.entries.has(key) ? (map.entries.get(key) ?? null) : '')),
  set: fixed(['dict', 'string', 'any'], (map, key, value) => {
    map.entries.set(key, value);
    return map;
  }),
  unset: fixed(['dict', 'string'], (map, key) => {
    map.entries.delete(key);
    return map;
  }),
  hasKey: fixed(['dict', 'string'], (map, key) => map.entries.has(key)),
  keys: variadic(
    [],
    'dict',
    (_, maps) =>
      new GoList(
        maps.flatMap((map) => [...map.entries.keys()]),
        'string',
        true,
      ),
  ),
  values: fixed(['dict'], (map) => new GoList([...map.entries.values()], 'interface {}', true)),
  pick: variadic(['dict'], 'string', ([map], names) => filtered(map, (key) => names.includes(key))),
  omit: variadic(['dict'], 'string', ([map], names) => filtered(map, (key) => !names.includes(key))),
  pluck: variadic(['string'], 'dict', ([key], maps) => {
    return new GoList(maps.flatMap(({ entries }) => (entries.has(key) ? [entries.get(key) ?? null] : [])));
  }),
};

const NUMBERS: FunctionTable = {
  add: variadic([], 'any', (_, values) => int64(values.reduce((sum, value) => sum + int64Of(value), 0n))),
  add1: fixed(['any'], (value) => int64(int64Of(value) + 1n)),
  sub: fixed(['any', 'any'], (one, other) => int64(int64Of(one) - int64Of(other))),
  mul: variadic(['any'], 'any', ([first], others) => {
    return int64(others.reduce((product, value) => product * int64Of(value), int64Of(first)));
  }),
  div: fixed(['any', 'any'], (one, other) => int64(int64Of(one) / divisor(other))),
  mod: fixed(['any', 'any'], (one, other) => int64(int64Of(one) % divisor(other))),
  ...named(
    'max biggest',
    variadic(['any'], 'any', ([first], others) => extreme(first, others, (a, b) => a > b)),
  ),
  min: variadic(['any'], 'any', ([first], others) => extreme(first, others, (a, b) => a < b)),
  floor: fixed(['any'], (value) => Math.floor(floatOf(value))),
  ceil: fixed(['any'], (value) => Math.ceil(floatOf(value))),
  int: fixed(['any'], (value) => int(int64Of(value))),
  int64: fixed(['any'], (value) => int64(int64Of(value))),
  float64: fixed(['any'], (value) => floatOf(value)),
  atoi: fixed(['string'], (text) =>
    int(/^[+-]?[0-9]+$/.test(text) ? int64Of(text.replace(/^([+-]?)0+(?=[0-9])/, '$1')) : 0),
  ),
  seq: variadic([], 'int', (_, bounds) => sequence(bounds)),
};

export const VALUE_FUNCTIONS: FunctionTable = { ...DEFAULTS, ...LISTS, ...MAPS, ...NUMBERS };

function listItems(value: GoValue): readonly GoValue[] {
  if (value instanceof GoList) return elementsOf(value);
  throw refusal(`a list is needed where there is ${value === null ? 'no value' : `a ${typeOf(value)}`}`);
}

/** The items of a list for what does not depend on their order. */
function anyItems(value: GoValue): readonly GoValue[] {
  return value instanceof GoList ? value.items : listItems(value);
}

/** A part of a list; nil of an empty one. */
function part(items: readonly GoValue[], start: number, end?: number): GoValue {
  return items.length === 0 ? GoList.orNil([]) : new GoList(items.slice(start, end));
}

function sliceOf(list: GoValue, [start = 0n, end]: readonly bigint[]): GoValue {
  const items = listItems(list);
  if (items.length === 0) return null;
  const [from, to] = [Number(start), Number(end ?? items.length)];
  if (from < 0 || to > items.length || from > to) throw refusal('a bound is out of range');
  return new GoList(items.slice(from, to), list instanceof GoList ? list.element : undefined);
}

function isIn(wanted: GoValue, items: readonly GoValue[]): boolean {
  return items.some((item) => isDeepEqual(wanted, item));
}

function unique(items: readonly GoValue[]): GoValue[] {
  const found: GoValue[] = [];
  for (const item of items) if (!isIn(item, found)) found.push(item);
  return found;
}

function steps(start: number, stop: number, step: number): GoValue {
  const items: GoValue[] = [];
  if (step === 0 || stop < start !== step < 0) return new GoList(items, 'int');
  for (let at = start; step > 0 ? at < stop : at > stop; at += step) {
    if (items.length >= MOST_ITEMS) throw refusal('a list has too many items');
    items.push(int(at));
  }
  return new GoList(items, 'int');
}

function sequence(bounds: readonly number[]): string {
  const [first = 0, second = 0, third = 0] = bounds;
  if (bounds.length === 0 || bounds.length > 3) return '';
  const [start, step, end] =
    bounds.length === 1
      ? [1, first < 1 ? -1 : 1, first]
      : bounds.length === 2
        ? [first, second < first ? -1 : 1, second]
        : [first, second, third];
  if (bounds.length === 3 && end < start !== step < 0) return '';
  return texts(steps(start, end + (step < 0 ? -1 : 1), step)).join(' ');
}

function dictionary(values: readonly GoValue[]): GoMap {
  const entries = new Map<string, GoValue>();
  for (let at = 0; at < values.length; at += 2) {
    const key = values[at] ?? null;
    entries.set(goText(key), at + 1 < values.length ? (values[at + 1] ?? null) : '');
  }
  return new GoMap(entries);
}

function filtered(map: GoMap, isKept: (key: string) => boolean): GoMap {
  return new GoMap(new Map([...map.entries].filter(([key]) => isKept(key))));
}

function int64(value: bigint): GoInteger {
  return new GoInteger(BigInt.asIntN(64, value), 'int64');
}

function divisor(value: GoValue): bigint {
  const found = int64Of(value);
  if (found === 0n) throw refusal('a number is divided by zero');
  return found;
}

function extreme(
  first: GoValue,
  others: readonly GoValue[],
  isBeyond: (one: bigint, other: bigint) => boolean,
): GoInteger {
  return int64(others.map(int64Of).reduce((found, one) => (isBeyond(one, found) ? one : found), int64Of(first)));
}
