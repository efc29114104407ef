/** The order of a merged map's keys: that of the side that changed it, with what the other side added in its places. */
import { addUnder, append } from '../../util/lists.js';

export interface KeyOrders {
  /** Undefined when there is no base. */
  readonly base: readonly string[] | undefined;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

export interface MergedOrder {
  readonly keys: readonly string[];
  /** Whether the keys stand in an order that theirs gave them. */
  readonly isTheirs: boolean;
  /** Whether both sides changed the order, each in its way: then it is ours. */
  readonly both: boolean;
}

/** Puts the keys of both sides that are to stay in order. At one place ours stand first. */
export function mergedOrder({ base, ours, theirs }: KeyOrders, stays: (key: string) => boolean): MergedOrder {
  const reordered = [ours, theirs].map((side) => base !== undefined && !isSameOrder(base, side));
  const both = reordered[0] === true && reordered[1] === true && !isSameOrder(ours, theirs);
  const isTheirs = reordered[1] === true && reordered[0] === false;
  const [first, second] = isTheirs ? [theirs, ours] : [ours, theirs];
  const known = new Set(first);
  const old = new Set([...(base ?? []), ...second]);
  const behind = new Map<string | null, string[]>();
  let previous: string | null = null;
  for (const key of second) {
    if (known.has(key)) {
      previous = key;
      continue;
    }
    if (!stays(key)) continue;
    addUnder(behind, previous, key);
  }
  const keys: string[] = [];
  let waiting = [...(behind.get(null) ?? [])];
  const flush = (): void => {
    append(keys, waiting);
    waiting = [];
  };
  if (isTheirs) flush();
  for (const key of first) {
    // What ours added at this place goes before what theirs did.
    if (isTheirs || old.has(key)) flush();
    if (stays(key)) keys.push(key);
    const next = behind.get(key);
    if (next) append(waiting, next);
    if (isTheirs) flush();
  }
  flush();
  return { keys, isTheirs, both };
}

/** Whether the keys that two orders share stand in the same order in both. */
function isSameOrder(one: readonly string[], other: readonly string[]): boolean {
  const [left, right] = [new Set(one), new Set(other)];
  const shared = one.filter((key) => right.has(key));
  const others = other.filter((key) => left.has(key));
  return shared.every((key, at) => key === others[at]);
}
