/** The values of Go's templates: what a field, a literal or a function gives, with as much of its type as templates can see. */

import { SopsError } from '../../errors.js';
import { compareBytes } from '../../util/text/byte-order.js';

/** A string (bytes that are not UTF-8 as in `util/text/text.ts`), a float64, a bool, or null for nil and for what is not there. */
export type GoValue = string | number | boolean | null | GoInteger | GoList | GoMap;

/** The integer types that templates can come by. `rune` is a character constant, `byte` an element of a string. */
export type IntegerType = 'int' | 'int64' | 'uint8';

export class GoInteger {
  constructor(
    readonly value: bigint,
    readonly type: IntegerType = 'int',
  ) {}
}

/** What a list may hold: `[]interface {}`, `[]string` or `[]int`. */
export type ElementType = 'interface {}' | 'string' | 'int';

export class GoList {
  constructor(
    readonly items: readonly GoValue[],
    readonly element: ElementType = 'interface {}',
    /** Whether Go gives the items in another order each time, as it does the keys of a map. */
    readonly isUnordered = false,
    /** Whether it is Go's nil of its type: empty like another, but `null` in JSON. */
    readonly isNil = false,
  ) {}

  /** A list of these items, and nil when there are none: what Go's functions give that append to nothing. */
  static orNil(items: readonly GoValue[], element?: ElementType): GoList {
    return new GoList(items, element, false, items.length === 0);
  }
}

export class GoMap {
  constructor(
    readonly entries: Map<string, GoValue>,
    readonly element: 'interface {}' | 'string' = 'interface {}',
  ) {}

  /** The keys in the order in which Go goes through and prints them: by their bytes. */
  sortedKeys(): string[] {
    return [...this.entries.keys()].sort(compareBytes);
  }
}

/** An integer of the type `int`. */
export function int(value: number | bigint): GoInteger {
  return new GoInteger(BigInt(value));
}

/** The items of a list whose order is known. Throws for the keys of a map that were not sorted. */
export function elementsOf(list: GoList): readonly GoValue[] {
  if (list.isUnordered && list.items.length > 1) {
    throw refusal('the order of the keys of a map is another one each time (sort them: keys … | sortAlpha)');
  }
  return list.items;
}

/** Go's name of a value's type. */
export function typeOf(value: GoValue): string {
  if (value === null) return '<nil>';
  if (value instanceof GoInteger) return value.type;
  if (value instanceof GoList) return `[]${value.element}`;
  if (value instanceof GoMap) return `map[string]${value.element}`;
  return typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : 'string';
}

/** Go's name of a value's kind. */
export function kindOf(value: GoValue): string {
  if (value === null) return 'invalid';
  if (value instanceof GoList) return 'slice';
  return value instanceof GoMap ? 'map' : typeOf(value);
}

/** Whether a value is the empty one of its type: what `if` and `default` take for no. */
export function isEmpty(value: GoValue): boolean {
  if (value === null) return true;
  if (value instanceof GoInteger) return value.value === 0n;
  if (value instanceof GoList) return value.items.length === 0;
  if (value instanceof GoMap) return value.entries.size === 0;
  return value === '' || value === 0 || value === false;
}

/** Whether two values are equal down to their leaves and types, as `reflect.DeepEqual` has it. */
export function isDeepEqual(one: GoValue, other: GoValue): boolean {
  if (one instanceof GoInteger) {
    return other instanceof GoInteger && one.type === other.type && one.value === other.value;
  }
  if (one instanceof GoList) {
    if (!(other instanceof GoList) || one.element !== other.element || one.isNil !== other.isNil) return false;
    const [left, right] = [elementsOf(one), elementsOf(other)];
    return left.length === right.length && left.every((item, at) => isDeepEqual(item, right[at] ?? null));
  }
  if (one instanceof GoMap) {
    if (!(other instanceof GoMap) || one.element !== other.element) return false;
    const { entries } = other;
    if (one.entries.size !== entries.size) return false;
    return [...one.entries].every(([key, value]) => entries.has(key) && isDeepEqual(value, entries.get(key) ?? null));
  }
  return one === other;
}

/** Why a template cannot be rendered. `reason` never holds a value. */
export function refusal(reason: string): SopsError {
  return new SopsError('document-invalid', reason);
}
