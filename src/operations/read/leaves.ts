/** The leaves of a tree as a list, to compare trees whose formats shape empty containers and comments differently. */
import { sameLeafValue } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import type { Branch, Leaf, LeafValue } from '../../tree/tree.js';
import { textOf } from '../../tree/value.js';

/** A leaf's keys, each ended by U+0000 (no key of a text format holds one), and its value. */
type LeafAtPath = readonly [path: string, value: LeafValue];

/** The value of a leaf as it stood in the text that was read, whatever became of it since. */
export function asRead({ value, source }: Leaf): LeafValue {
  return source ? source.value : value;
}

/** All leaves but null and the empty string, in order; `held` says which value of them. */
export function leavesOf(documents: readonly Branch[], held = ({ value }: Leaf): LeafValue => value): LeafAtPath[] {
  const found: LeafAtPath[] = [];
  for (const place of leaves(documents)) {
    const value = held(place.node);
    if (value !== null && value !== '') found.push([place.pathText, value]);
  }
  return found;
}

/** Whether two lists hold the same leaves at the same keys. `same` compares two values, by default their types, too. */
export function sameLeaves(
  one: readonly LeafAtPath[],
  other: readonly LeafAtPath[],
  same: (one: LeafValue, other: LeafValue) => boolean = sameLeafValue,
): boolean {
  if (one.length !== other.length) return false;
  return one.every(([path, value], at) => {
    const [otherPath, otherValue] = other[at] ?? [];
    return path === otherPath && otherValue !== undefined && same(value, otherValue);
  });
}

/** Whether two values are the same, or numbers of one text: a float 1.0 is written `1`, and its MAC is that of the int. */
export function sameForMac(one: LeafValue, other: LeafValue): boolean {
  return sameLeafValue(one, other) || (isNumber(one) && isNumber(other) && textOf(one) === textOf(other));
}

function isNumber(value: LeafValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}
