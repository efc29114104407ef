/** Which entries of two lists belong together, so that one that was put in or taken out does not move all after it. */

/** An entry of either list, or of both. */
export interface ListPair<T> {
  readonly before?: T;
  readonly after?: T;
  /** Its place in the list that has it; in the new one if both have. */
  readonly at: number;
}

/**
 * Pairs the entries of two lists: equal ones at both ends, then those that are equal and unique, as many as can be in one order; what is left
 * between two pairs is paired in order. Linear but for one sort.
 * @param mark a text that equal entries share.
 */
export function pairEntries<T>(before: readonly T[], after: readonly T[], mark: (entry: T) => string): ListPair<T>[] {
  const [old, now] = [before.map(mark), after.map(mark)];
  const anchors = anchorsIn(old, now);
  const pairs: ListPair<T>[] = [];
  let [from, to] = [0, 0];
  for (const [oldAt, nowAt] of [...anchors, [old.length, now.length] as const]) {
    for (; from < oldAt || to < nowAt; from++, to++) {
      const one = from < oldAt ? before[from] : undefined;
      const other = to < nowAt ? after[to] : undefined;
      pairs.push({
        ...(one === undefined ? {} : { before: one }),
        ...(other === undefined ? {} : { after: other }),
        at: other === undefined ? from : to,
      });
    }
    const [one, other] = [before[oldAt], after[nowAt]];
    if (one !== undefined && other !== undefined) pairs.push({ before: one, after: other, at: nowAt });
    [from, to] = [oldAt + 1, nowAt + 1];
  }
  return pairs;
}

type Anchor = readonly [before: number, after: number];

/** Equal entries in rising order of both places. */
function anchorsIn(old: readonly string[], now: readonly string[]): Anchor[] {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  const most = Math.min(old.length, now.length) - head;
  while (tail < most && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  const middle = uniqueIn(old, now, head, tail);
  return [
    ...Array.from({ length: head }, (_, at): Anchor => [at, at]),
    ...longestRise(middle),
    ...Array.from({ length: tail }, (_, at): Anchor => [old.length - tail + at, now.length - tail + at]),
  ];
}

/** Between the equal ends: what each list has once. In order of the new list. */
function uniqueIn(old: readonly string[], now: readonly string[], head: number, tail: number): Anchor[] {
  const places = (of: readonly string[]): Map<string, number> => {
    const found = new Map<string, number>();
    for (let at = head; at < of.length - tail; at++) {
      const text = of[at] ?? '';
      found.set(text, found.has(text) ? -1 : at);
    }
    return found;
  };
  const inOld = places(old);
  return [...places(now)].flatMap(([text, nowAt]): Anchor[] => {
    const oldAt = inOld.get(text) ?? -1;
    return nowAt < 0 || oldAt < 0 ? [] : [[oldAt, nowAt]];
  });
}

/** The longest row of anchors whose old places rise as well (patience sorting). */
function longestRise(anchors: readonly Anchor[]): Anchor[] {
  const tops: number[] = [];
  const below: number[] = [];
  for (const [index, [oldAt]] of anchors.entries()) {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((anchors[tops[middle] ?? 0]?.[0] ?? 0) < oldAt) low = middle + 1;
      else high = middle;
    }
    below[index] = low > 0 ? (tops[low - 1] ?? -1) : -1;
    tops[low] = index;
  }
  const rise: Anchor[] = [];
  for (let index = tops.at(-1) ?? -1; index >= 0; index = below[index] ?? -1) {
    const anchor = anchors[index];
    if (anchor) rise.push(anchor);
  }
  return rise.reverse();
}
