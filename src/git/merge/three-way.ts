/** The three-way comparison of sequences: which parts of a base one side, the other, or both changed. */
import type { Matching } from './matching.js';

/** A part of the three sequences that belongs together; ends are exclusive. */
export interface Region {
  readonly base: Stretch;
  readonly ours: Stretch;
  readonly theirs: Stretch;
  readonly changed: 'none' | 'ours' | 'theirs' | 'both';
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A change of one side: a part of the base gives way to a part of the side. */
interface Change {
  readonly base: Stretch;
  readonly side: Stretch;
}

/**
 * The regions of three sequences, in order and without gaps. Changes of both sides that overlap are one region; so are two
 * insertions at one place. `touching` says whether changes that only touch are one region, too, as in `git merge-file`.
 */
export function regionsOf(
  ours: Matching,
  theirs: Matching,
  lengths: { readonly ours: number; readonly theirs: number },
  touching: 'apart' | 'together',
): Region[] {
  const mine = changesOf(ours, lengths.ours);
  const other = changesOf(theirs, lengths.theirs);
  const regions: Region[] = [];
  const at = { base: 0, ours: 0, theirs: 0 };
  const push = (base: number, ourEnd: number, theirEnd: number, changed: Region['changed']): void => {
    if (base === at.base && ourEnd === at.ours && theirEnd === at.theirs) return;
    regions.push({
      base: { from: at.base, to: base },
      ours: { from: at.ours, to: ourEnd },
      theirs: { from: at.theirs, to: theirEnd },
      changed,
    });
    Object.assign(at, { base, ours: ourEnd, theirs: theirEnd });
  };
  for (const group of groupsOf(mine, other, touching)) {
    const quiet = group.base.from - at.base;
    push(group.base.from, at.ours + quiet, at.theirs + quiet, 'none');
    const width = group.base.to - group.base.from;
    push(group.base.to, at.ours + width + group.ourGrowth, at.theirs + width + group.theirGrowth, group.changed);
  }
  const rest = ours.length - at.base;
  push(ours.length, at.ours + rest, at.theirs + rest, 'none');
  return regions;
}

interface Group {
  readonly base: Stretch;
  readonly ourGrowth: number;
  readonly theirGrowth: number;
  readonly changed: 'ours' | 'theirs' | 'both';
}

function changesOf(matching: Matching, sideLength: number): Change[] {
  const changes: Change[] = [];
  let base = 0;
  let side = 0;
  for (let at = 0; at <= matching.length; at++) {
    const match = at === matching.length ? sideLength : (matching[at] as number);
    if (match < 0) continue;
    if (at > base || match > side) changes.push({ base: { from: base, to: at }, side: { from: side, to: match } });
    base = at + 1;
    side = match + 1;
  }
  return changes;
}

function groupsOf(ours: readonly Change[], theirs: readonly Change[], touching: 'apart' | 'together'): Group[] {
  const groups: Group[] = [];
  let mine = 0;
  let other = 0;
  while (mine < ours.length || other < theirs.length) {
    const first = isFirst(ours[mine], theirs[other]) ? ours[mine] : theirs[other];
    if (!first) break;
    const base = { ...first.base };
    const start = [mine, other] as const;
    for (;;) {
      const next = [ours[mine], theirs[other]].map((change) => change && isTogether(base, change.base, touching));
      const change = next[0] ? ours[mine++] : next[1] ? theirs[other++] : undefined;
      if (!change) break;
      base.to = Math.max(base.to, change.base.to);
    }
    const growth = (changes: readonly Change[]): number =>
      changes.reduce(
        (sum, change) => sum + (change.side.to - change.side.from) - (change.base.to - change.base.from),
        0,
      );
    const [mineBefore, otherBefore] = start;
    const changed = mine === mineBefore ? 'theirs' : other === otherBefore ? 'ours' : 'both';
    groups.push({
      base,
      ourGrowth: growth(ours.slice(mineBefore, mine)),
      theirGrowth: growth(theirs.slice(otherBefore, other)),
      changed,
    });
  }
  return groups;
}

/** Whether the change of the first side comes first; of two that begin at one place the insertion does. */
function isFirst(one: Change | undefined, other: Change | undefined): boolean {
  if (!one || !other) return one !== undefined;
  if (one.base.from !== other.base.from) return one.base.from < other.base.from;
  return one.base.to <= other.base.to;
}

function isTogether(group: Stretch, next: Stretch, touching: 'apart' | 'together'): boolean {
  if (group.from === next.from && group.to === next.to) return true;
  if (touching === 'together') return next.from <= group.to && next.to >= group.from;
  return next.from < group.to && next.to > group.from;
}
