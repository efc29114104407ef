/** Which elements of one sequence stand in another, in the same order: by elements that are unique in both, then by the shortest edit. */

/** For each element of the first sequence the index of its like in the second, or -1; the indexes grow. */
export type Matching = Int32Array;

/** How many differences are looked through for the shortest edit between elements that are unique: bounds time and memory. */
const MOST_DIFFERENCES = 200;
/** How often a range is divided by unique elements: hostile sequences cannot take more than so many passes. */
const MOST_DIVISIONS = 48;

interface Range {
  readonly from: number;
  readonly to: number;
  readonly otherFrom: number;
  readonly otherTo: number;
  readonly depth: number;
}

/** Matches two sequences of numbers that stand for elements; equal numbers are equal elements. */
export function matching(one: readonly number[], other: readonly number[]): Matching {
  const found = new Int32Array(one.length).fill(-1);
  const pending: Range[] = [{ from: 0, to: one.length, otherFrom: 0, otherTo: other.length, depth: 0 }];
  for (let range = pending.pop(); range; range = pending.pop()) {
    const inner = trimmed(one, other, range, found);
    if (inner.from === inner.to || inner.otherFrom === inner.otherTo) continue;
    const anchors = inner.depth < MOST_DIVISIONS ? uniqueMatches(one, other, inner) : [];
    if (anchors.length === 0) {
      matchShortest(one, other, inner, found);
      continue;
    }
    let { from, otherFrom } = inner;
    for (const [at, otherAt] of [...anchors, [inner.to, inner.otherTo] as const]) {
      if (at < inner.to) found[at] = otherAt;
      pending.push({ from, to: at, otherFrom, otherTo: otherAt, depth: inner.depth + 1 });
      from = at + 1;
      otherFrom = otherAt + 1;
    }
  }
  return found;
}

/** Matches what is the same at both ends of a range, and returns the rest. */
function trimmed(one: readonly number[], other: readonly number[], range: Range, found: Matching): Range {
  let { from, to, otherFrom, otherTo } = range;
  while (from < to && otherFrom < otherTo && one[from] === other[otherFrom]) found[from++] = otherFrom++;
  while (from < to && otherFrom < otherTo && one[to - 1] === other[otherTo - 1]) found[--to] = --otherTo;
  return { ...range, from, to, otherFrom, otherTo };
}

/** The pairs of elements that stand once in each range, as many as keep their order. */
function uniqueMatches(one: readonly number[], other: readonly number[], range: Range): (readonly [number, number])[] {
  const places = new Map<number, { count: number; otherCount: number; at: number; otherAt: number }>();
  for (let at = range.from; at < range.to; at++) {
    const place = places.get(one[at] as number);
    if (place) place.count += 1;
    else places.set(one[at] as number, { count: 1, otherCount: 0, at, otherAt: -1 });
  }
  for (let at = range.otherFrom; at < range.otherTo; at++) {
    const place = places.get(other[at] as number);
    if (!place) continue;
    place.otherCount += 1;
    place.otherAt = at;
  }
  const pairs = [...places.values()].filter(({ count, otherCount }) => count === 1 && otherCount === 1);
  return longestRising(pairs.map(({ at, otherAt }) => [at, otherAt] as const));
}

/** The longest run of pairs, sorted by their first numbers, whose second numbers rise, too. */
export function longestRising(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const tails: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  for (const [index, [, value]] of pairs.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] as number]?.[1] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? (tails[low - 1] as number) : -1;
    tails[low] = index;
  }
  const run: (readonly [number, number])[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at] as number)
    run.push(pairs[at] as readonly [number, number]);
  return run.reverse();
}

/** Matches a range by the shortest edit (Myers 1986), if that is within bounds; else nothing of it. */
function matchShortest(one: readonly number[], other: readonly number[], range: Range, found: Matching): void {
  const width = range.to - range.from;
  const height = range.otherTo - range.otherFrom;
  const rounds: Int32Array[] = [];
  const most = Math.min(MOST_DIFFERENCES, width + height);
  let reach = new Int32Array(3);
  for (let edits = 0; edits <= most; edits++) {
    const next = new Int32Array(2 * edits + 3);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = startOf(reach, edits, diagonal);
      let x = at;
      let y = x - diagonal;
      while (x < width && y < height && one[range.from + x] === other[range.otherFrom + y]) {
        x += 1;
        y += 1;
      }
      next[diagonal + edits + 1] = x;
      if (x >= width && y >= height) {
        rounds.push(next);
        trace(rounds, { edits, width, height }, range, found);
        return;
      }
    }
    rounds.push(next);
    reach = next;
  }
}

/** Where a diagonal begins in a round: one step right or down from a neighbour of the round before. */
function startOf(reach: Int32Array, edits: number, diagonal: number): number {
  if (edits === 0) return 0;
  const below = reach[diagonal - 1 + edits] ?? 0;
  const above = reach[diagonal + 1 + edits] ?? 0;
  const isDown = diagonal === -edits || (diagonal !== edits && below < above);
  return isDown ? above : below + 1;
}

interface Trace {
  readonly edits: number;
  readonly width: number;
  readonly height: number;
}

/** Goes back through the rounds, matching what was equal on the way. */
function trace(rounds: readonly Int32Array[], { edits, width, height }: Trace, range: Range, found: Matching): void {
  let x = width;
  let y = height;
  for (let round = edits; round >= 0; round--) {
    const diagonal = x - y;
    const reach = round === 0 ? new Int32Array(3) : (rounds[round - 1] as Int32Array);
    const start = startOf(reach, round, diagonal);
    while (x > start && y > start - diagonal) {
      x -= 1;
      y -= 1;
      found[range.from + x] = range.otherFrom + y;
    }
    if (round === 0) return;
    const below = reach[diagonal - 1 + round] ?? 0;
    const above = reach[diagonal + 1 + round] ?? 0;
    const isDown = diagonal === -round || (diagonal !== round && below < above);
    if (isDown) y -= 1;
    else x -= 1;
  }
}
