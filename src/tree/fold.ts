/** What a value comes to when it is put together from its leaves up: a hash, a text. */
import { type Steps, settle } from '../util/flat-recursion.js';
import type { Branch, Leaf, List, Value } from './tree.js';

export interface Folding<T> {
  leaf(of: Leaf): T;
  /** What a map or list comes to, from what its values came to, in their order. */
  container(of: Branch | List, parts: readonly T[]): T;
  /** What a map or list has come to before, if that is remembered; it is then not looked into again. */
  known?(of: Branch | List): T | undefined;
}

/** The fold of a value of any depth. */
export function folded<T>(value: Value, how: Folding<T>): T {
  return value.kind === 'leaf' ? how.leaf(value) : settle(folding(value, how));
}

function* folding<T>(of: Branch | List, how: Folding<T>): Steps<T> {
  const known = how.known?.(of);
  if (known !== undefined) return known;
  const parts: T[] = [];
  for (const entry of of.items) {
    if (entry.kind === 'comment') continue;
    const value = entry.kind === 'item' ? entry.value : entry;
    parts.push(value.kind === 'leaf' ? how.leaf(value) : yield folding(value, how));
  }
  return how.container(of, parts);
}
