/** Which items of one list are those of another: the same content first, then the same name, then the same position, or half of the content. */
import { itemOf, type Value } from '../../tree/tree.js';
import type { Fingerprints } from './fingerprints.js';
import { longestRising, type Matching, matching } from './matching.js';

/** The keys by which maps in lists are told apart, where all of them have one. */
const NAMES = ['name', 'id', 'key'] as const;

/** Matches the items of a list with those of another version of it. */
export function alignedItems(one: readonly Value[], other: readonly Value[], prints: Fingerprints): Matching {
  const found = matching(
    one.map((value) => prints.of(value, 'data')),
    other.map((value) => prints.of(value, 'data')),
  );
  const name = NAMES.find((key) => [one, other].every((values) => areNamed(values, key, prints)));
  let from = 0;
  let otherFrom = 0;
  for (let at = 0; at <= found.length; at++) {
    const match = at === found.length ? other.length : (found[at] as number);
    if (match < 0) continue;
    const gap = { from, to: at, otherFrom, otherTo: match };
    if (name !== undefined) matchNamed(one, other, { gap, name, prints }, found);
    else if (gap.to - gap.from === gap.otherTo - gap.otherFrom) matchPlaced(one, other, gap, found);
    else matchAlike(one, other, { gap, prints }, found);
    from = at + 1;
    otherFrom = match + 1;
  }
  return found;
}

/** A part of both lists of which nothing is the same. */
interface Gap {
  readonly from: number;
  readonly to: number;
  readonly otherFrom: number;
  readonly otherTo: number;
}

function areNamed(values: readonly Value[], key: string, prints: Fingerprints): boolean {
  const names = new Set<number>();
  for (const value of values) {
    const name = value.kind === 'branch' ? itemOf(value, key)?.value : undefined;
    if (name?.kind !== 'leaf' || name.value === null) return false;
    names.add(prints.of(name, 'data'));
  }
  return names.size === values.length && values.length > 0;
}

interface Naming {
  readonly gap: Gap;
  readonly name: string;
  readonly prints: Fingerprints;
}

function matchNamed(
  one: readonly Value[],
  other: readonly Value[],
  { gap, name, prints }: Naming,
  found: Matching,
): void {
  const places = new Map<number, number>();
  for (let at = gap.otherFrom; at < gap.otherTo; at++) places.set(nameOf(other[at], name, prints), at);
  const pairs: (readonly [number, number])[] = [];
  for (let at = gap.from; at < gap.to; at++) {
    const otherAt = places.get(nameOf(one[at], name, prints));
    if (otherAt !== undefined) pairs.push([at, otherAt]);
  }
  for (const [at, otherAt] of longestRising(pairs)) found[at] = otherAt;
}

function nameOf(value: Value | undefined, key: string, prints: Fingerprints): number {
  return value?.kind === 'branch' ? prints.of(itemOf(value, key)?.value, 'data') : 0;
}

function matchPlaced(one: readonly Value[], other: readonly Value[], gap: Gap, found: Matching): void {
  for (let at = gap.from; at < gap.to; at++) {
    const otherAt = gap.otherFrom + at - gap.from;
    if (one[at]?.kind === other[otherAt]?.kind) found[at] = otherAt;
  }
}

/** So many items that have no like are held against each other: it takes all pairs of them. */
const MOST_ALIKE = 64;

interface Likeness {
  readonly gap: Gap;
  readonly prints: Fingerprints;
}

/** Matches maps and lists of which half is the same, where items were added or taken out beside them: each with the one that is most like it. */
function matchAlike(one: readonly Value[], other: readonly Value[], { gap, prints }: Likeness, found: Matching): void {
  if (gap.to - gap.from > MOST_ALIKE || gap.otherTo - gap.otherFrom > MOST_ALIKE) return;
  const [own, others] = [one.slice(gap.from, gap.to), other.slice(gap.otherFrom, gap.otherTo)].map((values) =>
    values.map((value) => partsOf(value, prints)),
  ) as [Parts[], Parts[]];
  const pairs = own.flatMap((parts, at): (readonly [number, number])[] => {
    const match = mostAlike(parts, others);
    return match >= 0 && mostAlike(others[match] as Parts, own) === at ? [[gap.from + at, gap.otherFrom + match]] : [];
  });
  for (const [at, otherAt] of longestRising(pairs)) found[at] = otherAt;
}

interface Parts {
  readonly kind: Value['kind'];
  readonly parts: ReadonlySet<string>;
}

function partsOf(value: Value, prints: Fingerprints): Parts {
  const parts = new Set<string>();
  for (const entry of value.kind === 'leaf' ? [] : value.items) {
    if (entry.kind === 'item') parts.add(`${prints.of(entry.value, 'data')} ${entry.key}`);
    else if (entry.kind !== 'comment') parts.add(String(prints.of(entry, 'data')));
  }
  return { kind: value.kind, parts };
}

/** The one that shares most with another, at least half; -1 for none, and where two share as much. */
function mostAlike({ kind, parts }: Parts, others: readonly Parts[]): number {
  let best = -1;
  let most = 0;
  for (const [at, other] of others.entries()) {
    if (other.kind !== kind || parts.size === 0) continue;
    const shared = [...parts].filter((part) => other.parts.has(part)).length;
    const share = shared / Math.max(parts.size, other.parts.size);
    if (share < 0.5 || share < most) continue;
    best = share === most ? -1 : at;
    most = share;
  }
  return best;
}
