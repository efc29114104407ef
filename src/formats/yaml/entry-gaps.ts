/** Which entries of a map or list have gone and which have come, by where among those that stay. */
import type { PlacedNode } from './entry-places.js';

/** What has gone and what has come between two entries that stay. */
export interface EntryGap {
  /** The entry in front of it; undefined at the beginning. */
  readonly previous: PlacedNode | undefined;
  /** The one behind what has gone; undefined at the end. */
  readonly next: PlacedNode | undefined;
  readonly removed: readonly PlacedNode[];
  readonly added: readonly PlacedNode[];
}

/** The gaps between the entries that were there before and are there now, in which something is another. */
export function* gapsBetween(before: readonly PlacedNode[], now: readonly PlacedNode[]): Generator<EntryGap> {
  const old = new Set(before);
  const removed = removedIn(before, new Set(now));
  let previous: PlacedNode | undefined;
  let added: PlacedNode[] = [];
  for (const entry of [...now, undefined]) {
    if (entry && !old.has(entry)) {
      added.push(entry);
      continue;
    }
    const gone = removed.get(previous);
    if (gone || added.length > 0) yield { previous, next: gone?.next, removed: gone?.entries ?? [], added };
    previous = entry;
    added = [];
  }
}

interface Run {
  readonly entries: readonly PlacedNode[];
  readonly next: PlacedNode | undefined;
}

/** The runs of entries that have gone, by the one that stays in front of them; each with the one that stays behind it. */
function removedIn(before: readonly PlacedNode[], present: ReadonlySet<PlacedNode>): Map<PlacedNode | undefined, Run> {
  const runs = new Map<PlacedNode | undefined, Run>();
  let entries: PlacedNode[] = [];
  let previous: PlacedNode | undefined;
  for (const entry of [...before, undefined]) {
    if (entry && !present.has(entry)) {
      entries.push(entry);
      continue;
    }
    if (entries.length > 0) runs.set(previous, { entries, next: entry });
    previous = entry;
    entries = [];
  }
  return runs;
}
