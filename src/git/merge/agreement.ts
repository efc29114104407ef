/** Whether a text says what a merged tree holds. */
import { sameLeafValue } from '../../tree/equality.js';
import type { Branch, Comment, Item, LeafValue, List, Value } from '../../tree/tree.js';

/**
 * Whether documents hold the keys and values of others in their order, and the same comments, wherever those stand. Numbers of one value are the same:
 * a float such as 1.0 is written `1`. `loose`: the keys of a map may stand in another order.
 */
export function agrees(
  read: readonly Branch[],
  wanted: readonly Branch[],
  order: 'exact' | 'loose' = 'exact',
): boolean {
  if (read.length !== wanted.length) return false;
  const comments = new Map<string, number>();
  const pending: [Value | Item, Value | Item | undefined][] = read.map((document, at) => [document, wanted[at]]);
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const [one, other] = pair;
    if (!other || !isSameHead(one, other)) return false;
    if (one.kind === 'item' && other.kind === 'item') pending.push([one.value, other.value]);
    if (!('items' in one) || !('items' in other)) continue;
    const left = entriesIn(one, { comments, step: 1, order });
    const right = entriesIn(other, { comments, step: -1, order });
    if (left.length !== right.length) return false;
    for (const [at, entry] of left.entries()) pending.push([entry, right[at]]);
  }
  return [...comments.values()].every((count) => count === 0);
}

interface Reading {
  /** How often each comment was met: up on one side, down on the other. */
  readonly comments: Map<string, number>;
  readonly step: 1 | -1;
  readonly order: 'exact' | 'loose';
}

function entriesIn({ kind, items }: Branch | List, { comments, step, order }: Reading): (Item | Value)[] {
  const entries = (items as readonly (Item | Value | Comment)[]).flatMap((entry) => {
    if (entry.kind !== 'comment') return [entry];
    for (const line of commentLines(entry.text)) comments.set(line, (comments.get(line) ?? 0) + step);
    return [];
  });
  return order === 'loose' && kind === 'branch' ? entries.sort(byKey) : entries;
}

/** Of a key that stands there several times the order counts: sorting keeps it. */
function byKey(one: Item | Value, other: Item | Value): number {
  if (one.kind !== 'item' || other.kind !== 'item' || one.key === other.key) return 0;
  return one.key < other.key ? -1 : 1;
}

/** In INI lines that stand together are one comment, the marks of all but the first included. */
function commentLines(text: string): string[] {
  return text.split('\n').map((line, at) => (at === 0 ? line : line.replace(/^[;#]/, '')).trim());
}

function isSameHead(one: Value | Item, other: Value | Item): boolean {
  if (one.kind === 'leaf') return other.kind === 'leaf' && isSameScalar(one.value, other.value);
  if (one.kind === 'item') return other.kind === 'item' && one.key === other.key;
  return one.kind === other.kind;
}

function isSameScalar(one: LeafValue, other: LeafValue): boolean {
  return sameLeafValue(one, other) || (isNumber(one) && isNumber(other) && Number(one) === Number(other));
}

function isNumber(value: LeafValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}
