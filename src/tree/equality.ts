/** Whether two trees are the same, as far as a file can tell. */
import { type Branch, type Comment, type Item, isTimestamp, type LeafValue, type Value } from './tree.js';

type Node = Value | Item | Comment;

/**
 * Whether two lists of documents hold the same keys, values and comments in the same order. Types count (1 is not 1.0),
 * as do −0 and a time's offset; NaN equals itself. Where a comment stands on its line does not.
 */
export function sameTree(left: readonly Branch[], right: readonly Branch[]): boolean {
  return left.length === right.length && left.every((document, at) => sameValue(document, right[at]));
}

/**
 * {@link sameTree} for keys and values alone; `order` `loose`: the keys of a map may stand in another order. `sameLeaf` compares two
 * values, by default their types, too.
 */
export function sameButComments(
  left: readonly Branch[],
  right: readonly Branch[],
  order: 'exact' | 'loose' = 'exact',
  sameLeaf = sameLeafValue,
): boolean {
  const counting = order === 'exact' ? withoutComments : (items: readonly Node[]) => byKey(withoutComments(items));
  const same = (document: Branch, at: number) => sameValue(document, right[at], sameLeaf, counting);
  return left.length === right.length && left.every(same);
}

function withoutComments(items: readonly Node[]): readonly Node[] {
  return items.some(({ kind }) => kind === 'comment') ? items.filter(({ kind }) => kind !== 'comment') : items;
}

/** The items of a map by their keys, those of one key in their order; the items of a list as they are. */
function byKey(items: readonly Node[]): readonly Node[] {
  if (items[0]?.kind !== 'item') return items;
  const keyOf = (of: Node): string => (of.kind === 'item' ? of.key : '');
  return items.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : Number(keyOf(one) > keyOf(other))));
}

/**
 * {@link sameTree} for two values, with another way to compare their leaves, or to choose what counts of the items of a map or list, if one
 * is given. Iterative, so any depth is fine.
 */
export function sameValue(
  left: Value,
  right: Value | undefined,
  sameLeaf = sameLeafValue,
  counting = (items: readonly Node[]) => items,
): boolean {
  const pending: [Node, Node | undefined][] = [[left, right]];
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const [one, other] = pair;
    if (!other || !sameHead(one, other, sameLeaf)) return false;
    if (one.kind === 'item' && other.kind === 'item') pending.push([one.value, other.value]);
    if ('items' in one && 'items' in other) {
      const [items, others] = [counting(one.items), counting(other.items)];
      if (items.length !== others.length) return false;
      for (const [at, entry] of items.entries()) pending.push([entry, others[at]]);
    }
  }
  return true;
}

/** Whether two nodes agree, what stands below them aside. */
function sameHead(one: Node, other: Node, sameLeaf: typeof sameLeafValue): boolean {
  if (one.kind === 'leaf') return other.kind === 'leaf' && sameLeaf(one.value, other.value);
  if (one.kind === 'comment') return other.kind === 'comment' && one.text === other.text;
  if (one.kind === 'item') return other.kind === 'item' && one.key === other.key;
  return one.kind === other.kind;
}

/** Whether two values are of one type and equal. */
export function sameLeafValue(one: LeafValue, other: LeafValue): boolean {
  if (isTimestamp(one) && isTimestamp(other)) {
    return one.nanoseconds === other.nanoseconds && one.offset === other.offset;
  }
  return Object.is(one, other);
}
