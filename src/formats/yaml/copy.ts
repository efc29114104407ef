/** Copies of values, and whether two values hold the same: what aliases need. */
import { branch, type Comment, comment, type Item, isTimestamp, item, type LeafValue, leaf, list, type Value } from '../../tree/tree.js';

/** A deep copy without places in the text. `count` is called for every value copied. */
export function copyOf(value: Value, count: () => void): Value {
  count();
  if (value.kind === 'leaf') return leaf(value.value);
  if (value.kind === 'list') {
    return list(value.items.map((entry) => (entry.kind === 'comment' ? copyOfComment(entry) : copyOf(entry, count))));
  }
  return branch(
    value.items.map((entry) => (entry.kind === 'comment' ? copyOfComment(entry) : item(entry.key, copyOf(entry.value, count)))),
  );
}

function copyOfComment(of: Comment): Comment {
  return comment(of.text, of.inline);
}

/** Whether two values hold the same keys and leaves, comments aside. */
export function holdSame(one: Value, other: Value): boolean {
  if (one.kind === 'leaf' || other.kind === 'leaf') {
    return one.kind === 'leaf' && other.kind === 'leaf' && sameLeaf(one.value, other.value);
  }
  if (one.kind !== other.kind) return false;
  const left: Entry[] = one.items.filter((entry) => entry.kind !== 'comment');
  const right: Entry[] = other.items.filter((entry) => entry.kind !== 'comment');
  return left.length === right.length && left.every((entry, index) => sameEntry(entry, right[index]));
}

/** Whether two leaf values are the same in type and value. */
export function sameLeaf(one: LeafValue, other: LeafValue): boolean {
  if (isTimestamp(one) && isTimestamp(other)) return one.nanoseconds === other.nanoseconds && one.offset === other.offset;
  return Object.is(one, other);
}

type Entry = Value | Item;

function sameEntry(one: Entry, other: Entry | undefined): boolean {
  if (!other) return false;
  if (one.kind === 'item') return other.kind === 'item' && one.key === other.key && holdSame(one.value, other.value);
  return other.kind !== 'item' && holdSame(one, other);
}
