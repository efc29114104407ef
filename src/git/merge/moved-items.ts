/** Which parts of a list belong to one decision, though they stand apart: a side took an item out of one and put it into the other. */
import type { Value } from '../../tree/tree.js';
import { addUnder, append } from '../../util/lists.js';
import type { Entry } from './entries.js';
import type { Fingerprints } from './fingerprints.js';
import { nameIn } from './list-alignment.js';
import type { Region, Stretch } from './three-way.js';

export interface MovedIn {
  readonly base: readonly Entry[];
  readonly ours: readonly Entry[];
  readonly theirs: readonly Entry[];
}

/**
 * The parts that are to be conflicts: because others are, or because both sides moved one item, each to another place. Where an item
 * moves into a conflict, or out of one, whoever takes a side must get both halves of the move or none: with one half the item would be
 * lost, or stand there twice.
 */
export function drawnIn(
  regions: readonly Region[],
  conflicts: readonly Region[],
  entries: MovedIn,
  prints: Fingerprints,
): ReadonlySet<Region> {
  const moves = movesBetween(regions, entries, prints);
  const found = new Set([...conflicts, ...moves.contested]);
  const pending = [...found];
  for (let region = pending.pop(); region; region = pending.pop()) {
    for (const item of moves.within.get(region) ?? []) {
      for (const other of moves.of.get(item) ?? []) {
        if (found.has(other)) continue;
        found.add(other);
        pending.push(other);
      }
      moves.of.delete(item);
    }
  }
  return found;
}

interface Moves {
  /** The parts of which an item went out, or into which it came, by side and item. */
  readonly of: Map<string, readonly Region[]>;
  readonly within: ReadonlyMap<Region, readonly string[]>;
  /** The parts into which one side moved what the other moved elsewhere. */
  readonly contested: readonly Region[];
}

function movesBetween(regions: readonly Region[], entries: MovedIn, prints: Fingerprints): Moves {
  const marks = new Marks(entries, prints);
  const [gone, come] = [new Map<string, Region[]>(), new Map<string, Region[]>()];
  for (const region of regions) {
    for (const side of ['ours', 'theirs'] as const) {
      if (region.changed !== side && region.changed !== 'both') continue;
      const [before, after] = [marks.of('base', region.base), marks.of(side, region[side])];
      for (const mark of before) if (!after.has(mark)) addUnder(gone, `${side} ${mark}`, region);
      for (const mark of after) if (!before.has(mark)) addUnder(come, `${side} ${mark}`, region);
    }
  }
  const of = new Map<string, readonly Region[]>();
  const within = new Map<Region, string[]>();
  for (const [item, from] of gone) {
    const to = come.get(item);
    if (!to) continue;
    of.set(item, [...from, ...to]);
    for (const region of [...from, ...to]) addUnder(within, region, item);
  }
  return { of, within, contested: contestedIn(of, come) };
}

function contestedIn(moved: ReadonlyMap<string, unknown>, come: ReadonlyMap<string, readonly Region[]>): Region[] {
  const found: Region[] = [];
  for (const [item, own = []] of come) {
    if (!item.startsWith('ours ') || !moved.has(item)) continue;
    const others = item.replace('ours', 'theirs');
    const other = moved.has(others) ? (come.get(others) ?? []) : own;
    if (other.some((region) => !own.includes(region))) append(found, [...own, ...other]);
  }
  return found;
}

/** By what items are known again: by their content, and by their name where all have one. */
class Marks {
  private readonly name: string | undefined;

  constructor(
    private readonly entries: MovedIn,
    private readonly prints: Fingerprints,
  ) {
    const rows = [entries.base, entries.ours, entries.theirs].map((row) => row.map(({ value }) => value));
    this.name = nameIn(
      rows.filter((row) => row.length > 0),
      prints,
    );
  }

  of(side: keyof MovedIn, { from, to }: Stretch): ReadonlySet<string> {
    return new Set(this.entries[side].slice(from, to).map(({ value }) => this.mark(value)));
  }

  private mark(value: Value): string {
    const { name, prints } = this;
    return name === undefined ? `${prints.of(value, 'data')}` : `${name} ${prints.named(value, name)}`;
  }
}
