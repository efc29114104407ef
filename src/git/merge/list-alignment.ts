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
  const name = nameIn([one, other], prints);
  const moved = movedIn(one, other, found, prints);
  let from = 0;
  let otherFrom = 0;
  for (let at = 0; at <= found.length; at++) {
    const match = at === found.length ? other.length : (found[at] as number);
    if (match < 0) continue;
    const gap = { from, to: at, otherFrom, otherTo: match };
    if (name !== undefined) matchNamed(one, other, { gap, name, prints }, found);
    else if (gap.to - gap.from === gap.otherTo - gap.otherFrom) matchPlaced(one, other, { gap, moved }, found);
    else matchAlike(one, other, { gap, prints, moved }, found);
    from = at + 1;
    otherFrom = match + 1;
  }
  return found;
}

/** The key by which the maps of all these lists are told apart. */
export function nameIn(lists: readonly (readonly Value[])[], prints: Fingerprints): string | undefined {
  return NAMES.find((key) => lists.every((values) => areNamed(values, key, prints)));
}

/** Items that match nothing at their place but something elsewhere: they were moved and not changed. */
function movedIn(
  one: readonly Value[],
  other: readonly Value[],
  found: Matching,
  prints: Fingerprints,
): ReadonlySet<Value> {
  const matched = new Set(found);
  const left = one.filter((_, at) => (found[at] as number) < 0);
  const right = other.filter((_, at) => !matched.has(at));
  const [here, there] = [left, right].map((values) => new Set(values.map((value) => prints.of(value, 'data'))));
  const isIn = (of: ReadonlySet<number> | undefined) => (value: Value) => of?.has(prints.of(value, 'data')) === true;
  return new Set([...left.filter(isIn(there)), ...right.filter(isIn(here))]);
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
  for (let at = gap.otherFrom; at < gap.otherTo; at++) places.set(prints.named(other[at], name), at);
  const pairs: (readonly [number, number])[] = [];
  for (let at = gap.from; at < gap.to; at++) {
    const otherAt = places.get(prints.named(one[at], name));
    if (otherAt !== undefined) pairs.push([at, otherAt]);
  }
  for (const [at, otherAt] of longestRising(pairs)) found[at] = otherAt;
}

interface Placing {
  readonly gap: Gap;
  readonly moved: ReadonlySet<Value>;
}

function matchPlaced(one: readonly Value[], other: readonly Value[], { gap, moved }: Placing, found: Matching): void {
  for (let at = gap.from; at < gap.to; at++) {
    const otherAt = gap.otherFrom + at - gap.from;
    const [own, its] = [one[at] as Value, other[otherAt] as Value];
    if (own.kind === its.kind && !moved.has(own) && !moved.has(its)) found[at] = otherAt;
  }
}

/** At most so many unmatched items are compared with each other, since that takes all pairs. */
const MOST_ALIKE = 64;

interface Likeness extends Placing {
  readonly prints: Fingerprints;
}

/** Matches maps and lists of which half is the same, where items were added or taken out beside them: each with the one that is most like it. */
function matchAlike(
  one: readonly Value[],
  other: readonly Value[],
  { gap, prints, moved }: Likeness,
  found: Matching,
): void {
  if (gap.to - gap.from > MOST_ALIKE || gap.otherTo - gap.otherFrom > MOST_ALIKE) return;
  const [own, others] = [one.slice(gap.from, gap.to), other.slice(gap.otherFrom, gap.otherTo)].map((values) =>
    values.map((value) => (moved.has(value) ? { kind: value.kind, parts: new Set<string>() } : partsOf(value, prints))),
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
    if (other.kind !== kind || parts.size === 0 || other.parts.size === 0) continue;
    const shared = [...parts].filter((part) => other.parts.has(part)).length;
    const share = shared / Math.max(parts.size, other.parts.size);
    if (share < 0.5 || share < most) continue;
    best = share === most ? -1 : at;
    most = share;
  }
  return best;
}
