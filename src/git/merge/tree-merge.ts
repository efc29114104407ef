/** The three-way merge of trees of plaintext: what each side changed, and the places where both did. */

import { type Branch, branch, type Comment, type Item, item, type List, list, type Value } from '../../tree/tree.js';
import { type Steps, settle } from '../../util/flat-recursion.js';
import { append } from '../../util/lists.js';
import {
  commentLines,
  type Entries,
  type Entry,
  entriesOf,
  mergedComments,
  NO_ENTRIES,
  newComments,
  oneComment,
  withComments,
} from './entries.js';
import { Fingerprints } from './fingerprints.js';
import { mergedOrder } from './key-order.js';
import { keyedEntries } from './keyed-entries.js';
import { alignedItems } from './list-alignment.js';
import { type Matching, matching } from './matching.js';
import type { Choice, MergeForm, MergeNote, Side, TreeConflict, TreeMerge, Trees } from './merge-contract.js';
import { type Decided, movedIn } from './moved-values.js';
import { type Region, regionsOf, type Stretch } from './three-way.js';

/**
 * Merges trees. What only one side changed is as there, what both changed alike stands once; of the rest `choose` says what stands
 * there. Nothing of the trees is changed, but parts of them are in the result. Linear in their size.
 */
export function mergeTrees(trees: Trees, choose: Choice, form: MergeForm = {}): TreeMerge {
  const prints = new Fingerprints();
  const merger = new TreeMerger(choose, form, prints);
  const first = merger.merge(trees);
  const { drawn, isMovedTwice } = movedIn(merger.decided, trees, prints);
  const merged = drawn.size === 0 ? first : new TreeMerger(choose, form, prints, drawn).merge(trees);
  return isMovedTwice ? { ...merged, notes: new Set<MergeNote>([...merged.notes, 'moved-twice']) } : merged;
}

/** Three versions of one place. */
interface Versions<T> {
  readonly base: T | undefined;
  readonly ours: T | undefined;
  readonly theirs: T | undefined;
}

class TreeMerger {
  /** The decisions in the order in which they were come to. */
  readonly decided: Decided[] = [];
  private readonly conflicts: TreeConflict[] = [];
  private readonly notes = new Set<MergeNote>();
  private readonly path: (string | number)[] = [];
  private document = 0;
  private isOrderTheirs = false;
  private isGuessed = false;

  constructor(
    private readonly choose: Choice,
    private readonly form: MergeForm,
    private readonly prints: Fingerprints,
    /** The numbers of decisions that are to be conflicts, though they would not be by themselves. */
    private readonly drawn: ReadonlySet<number> = new Set(),
  ) {}

  merge({ base, ours, theirs, isGuessed = false }: Trees): TreeMerge {
    this.isGuessed = isGuessed;
    const isAligned = ours.length === theirs.length && (base === null || base.length === ours.length);
    const documents = isAligned
      ? ours.map((own, at) => {
          this.document = at;
          return settle(this.branches({ base: base?.[at], ours: own, theirs: theirs[at] as Branch }))[0] as Branch;
        })
      : this.lists({ base: base ? list([...base]) : undefined, ours: list([...ours]), theirs: list([...theirs]) });
    const { conflicts, notes, isOrderTheirs } = this;
    return { documents: documents as Branch[], conflicts, notes, isOrderTheirs };
  }

  private lists(of: Versions<List>): Value[] {
    const [merged] = settle(this.sequences(of));
    return merged?.kind === 'list' ? merged.items.filter((one) => one.kind === 'branch') : [];
  }

  /** What stands at a place, under a key unless it is in a list: at most one value, but for a choice of several. */
  private *values(of: Versions<Value>, key = ''): Steps<readonly Value[]> {
    const { base, ours, theirs } = of;
    const rows = { base: rowOf(base), ours: rowOf(ours), theirs: rowOf(theirs) };
    const simple = this.oneSided(of);
    if (simple && !this.isOnlyWithin(of)) {
      return this.draws({ ...rows, key, isConflict: false }) ? this.conflict(rows, true) : simple;
    }
    const parts = this.partsOf(of);
    if (parts) {
      const { isGuessed, isOrderTheirs } = this;
      // Of what one side alone changed it is known who did, and its order is not that of the text.
      if (simple) this.isGuessed = false;
      const merged = yield parts;
      this.isGuessed = isGuessed;
      if (simple) this.isOrderTheirs = isOrderTheirs;
      return merged;
    }
    const merged = ours && theirs && this.form.leafMerge?.(base, ours, theirs);
    if (merged) return [merged];
    this.draws({ ...rows, key, isConflict: true });
    return this.conflict(rows, false);
  }

  /** Notes a decision. Whether it is to be a conflict, though it is not one by itself. */
  private draws(decided: Decided): boolean {
    return this.drawn.has(this.decided.push(decided) - 1);
  }

  /** Whether the sides differ within a map or list alone, so that each part of it is decided. */
  private isOnlyWithin({ base, ours, theirs }: Versions<Value>): boolean {
    if (!base || base.kind === 'leaf' || base.kind !== ours?.kind || base.kind !== theirs?.kind) return false;
    return this.prints.of(ours, 'all') !== this.prints.of(theirs, 'all');
  }

  /** The merge of the parts of two maps or two lists; undefined for anything else. */
  private partsOf({ base, ours, theirs }: Versions<Value>): Steps<readonly Value[]> | undefined {
    if (ours?.kind === 'branch' && theirs?.kind === 'branch') {
      return this.branches({ base: base?.kind === 'branch' ? base : undefined, ours, theirs });
    }
    if (ours?.kind === 'list' && theirs?.kind === 'list') {
      return this.sequences({ base: base?.kind === 'list' ? base : undefined, ours, theirs });
    }
    return undefined;
  }

  /** What stands at a place that one side alone changed, or both alike. */
  private oneSided({ base, ours, theirs }: Versions<Value>): readonly Value[] | undefined {
    const { prints } = this;
    const [before, own, other] = [base, ours, theirs].map((value) => prints.of(value, 'all'));
    if (this.isGuessed && !base && !(ours && theirs)) return undefined;
    if (own === other || before === other) return rowOf(ours);
    if (before === own) return rowOf(theirs);
    const bare = [base, ours, theirs].map((value) => prints.of(value, 'data'));
    // Comments alone keep nothing that the other side took away or replaced by something else.
    const isOurs = bare[0] === bare[2] && (!ours || ours.kind !== theirs?.kind);
    const isTheirs = bare[0] === bare[1] && (!theirs || ours?.kind !== theirs.kind);
    if (!isOurs && !isTheirs) return undefined;
    this.notes.add('comments-dropped');
    return rowOf(isOurs ? ours : theirs);
  }

  private conflict(of: Rows, isDrawn: boolean): readonly Value[] {
    const conflict = { document: this.document, path: [...this.path], ...of, isDrawn };
    const chosen = this.choose(conflict, this.conflicts.length);
    this.conflicts.push(conflict);
    return typeof chosen === 'string' ? conflict[chosen] : chosen;
  }

  private comments(base: readonly Comment[], ours: readonly Comment[], theirs: readonly Comment[]): readonly Comment[] {
    const isJoined = this.form.commentsFollow === true;
    const [before, own, other] = [base, ours, theirs].map((of) => (isJoined ? commentLines(of) : of));
    const { comments, both } = mergedComments(before ?? [], own ?? [], other ?? []);
    if (both) this.notes.add('comments-changed-twice');
    return isJoined ? oneComment(comments, [...ours, ...theirs]) : comments;
  }

  private *branches(of: Versions<Branch>): Steps<readonly Value[]> {
    const { commentsFollow } = this.form;
    const [base = NO_ENTRIES, ours = NO_ENTRIES, theirs = NO_ENTRIES] = [of.base, of.ours, of.theirs].map((one) =>
      one ? entriesOf(one, commentsFollow) : NO_ENTRIES,
    );
    const sides = keyedEntries({ base, ours, theirs }, this.prints);
    const merged = new Map<string, readonly (Comment | Item)[]>();
    for (const id of new Set([...sides.ours.keys(), ...sides.theirs.keys(), ...sides.base.keys()])) {
      const [before, own, other] = [sides.base.get(id), sides.ours.get(id), sides.theirs.get(id)];
      const key = (own ?? other ?? before)?.item?.key ?? '';
      this.path.push(key);
      const values = yield* this.values({ base: before?.value, ours: own?.value, theirs: other?.value }, key);
      this.path.pop();
      if (values.length > 0) merged.set(id, this.items({ base: before, ours: own, theirs: other }, key, values));
      else if (newComments(before ? [before] : [], [own ?? other]).length > 0) this.notes.add('comments-dropped');
    }
    const order = mergedOrder(
      {
        base: of.base && [...sides.base.keys()],
        ours: [...sides.ours.keys()],
        theirs: [...sides.theirs.keys()],
      },
      (id) => merged.has(id),
    );
    if (order.both) this.notes.add('order-changed-twice');
    this.isOrderTheirs ||= order.isTheirs;
    const head = this.comments(base.head, ours.head, theirs.head);
    const tail = this.comments(base.tail, ours.tail, theirs.tail);
    return [branch([...head, ...order.keys.flatMap((id) => merged.get(id) ?? []), ...tail])];
  }

  private items(of: Versions<Entry>, key: string, values: readonly Value[]): (Comment | Item)[] {
    const [comments, items] = [this.commentsOf(of), values.map((value) => item(key, value))];
    return this.form.commentsFollow ? [...items, ...comments] : [...comments, ...items];
  }

  /** The comments of an entry that stays. One that a side took away says nothing about them. */
  private commentsOf({ base, ours, theirs }: Versions<Entry>): readonly Comment[] {
    if (!ours || !theirs) return (ours ?? theirs)?.comments ?? [];
    return this.comments(base?.comments ?? [], ours.comments, theirs.comments);
  }

  private *sequences(of: Versions<List>): Steps<readonly Value[]> {
    const [ours, theirs] = [of.ours, of.theirs].map((one) => (one ? entriesOf(one) : NO_ENTRIES)) as [Entries, Entries];
    const base = of.base ? entriesOf(of.base) : this.shared(ours, theirs);
    const [before, own, other] = [base, ours, theirs].map(({ entries }) => valuesOf(entries));
    const sides = {
      base: base.entries,
      ours: ours.entries,
      theirs: theirs.entries,
      ourMatches: alignedItems(before ?? [], own ?? [], this.prints),
      theirMatches: alignedItems(before ?? [], other ?? [], this.prints),
      isMadeUp: !of.base,
      isGuessed: this.isGuessed && !of.base,
    };
    const lengths = { ours: ours.entries.length, theirs: theirs.entries.length };
    const items: (Value | Comment)[] = [];
    for (const [region, verdict] of this.verdicts(
      regionsOf(sides.ourMatches, sides.theirMatches, lengths, 'apart'),
      sides,
    )) {
      append(items, yield* this.region(region, sides, verdict));
    }
    return [list([...items, ...this.comments(base.tail, ours.tail, theirs.tail)])];
  }

  /** Without a base what both lists hold stands for it. */
  private shared(ours: Entries, theirs: Entries): Entries {
    const [own, other] = [ours, theirs].map(({ entries }) => entries.map(({ value }) => this.prints.of(value, 'data')));
    const matches: Matching = matching(own ?? [], other ?? []);
    return { ...NO_ENTRIES, entries: ours.entries.filter((_, at) => (matches[at] ?? -1) >= 0) };
  }

  private verdicts(regions: readonly Region[], sides: Sequences): (readonly [Region, Verdict])[] {
    return regions.map((region) => {
      const rows = valuesIn(region, sides);
      const verdict = this.verdictOn(region, rows, sides);
      if (verdict === 'pairs') return [region, verdict];
      const isDrawn = this.draws({ ...rows, key: '', isConflict: verdict === 'conflict', list: sides });
      return [region, isDrawn && verdict !== 'conflict' ? 'drawn' : verdict];
    });
  }

  private verdictOn(region: Region, { base, ours, theirs }: Rows, { isGuessed }: Sequences): Verdict {
    if (region.changed === 'none') return 'pairs';
    const [before, own, other] = [base, ours, theirs].map((row) => this.prints.ofRow(row, 'data'));
    if (own === other) return 'alike';
    if (!isGuessed && before === other) return 'ours';
    return !isGuessed && before === own ? 'theirs' : 'conflict';
  }

  private *region(region: Region, sides: Sequences, verdict: Verdict): ItemSteps {
    if (verdict === 'pairs') return yield* this.pairs(region, sides);
    if (verdict === 'alike') return yield* this.alike(region, sides);
    const [base, ours, theirs] = [
      within(sides.base, region.base),
      within(sides.ours, region.ours),
      within(sides.theirs, region.theirs),
    ];
    if (verdict === 'ours') return this.replaced(ours, base, theirs);
    if (verdict === 'theirs') return this.replaced(theirs, base, ours);
    return this.hunk(region, sides, verdict === 'drawn');
  }

  /** What both sides put in the place of something else, or took out; their comments may differ. */
  private *alike({ ours, theirs }: Region, sides: Sequences): ItemSteps {
    const items: (Value | Comment)[] = [];
    for (let offset = 0; offset < ours.to - ours.from; offset++) {
      const [own, other] = [sides.ours[ours.from + offset], sides.theirs[theirs.from + offset]];
      const values = yield* this.values({ base: undefined, ours: own?.value, theirs: other?.value });
      append(items, [...this.commentsOf({ base: undefined, ours: own, theirs: other }), ...values]);
    }
    return items;
  }

  /** What one side put in the place of items, of which the other changed the comments alone: what that one wrote stays, if anything does. */
  private replaced(kept: readonly Entry[], base: readonly Entry[], left: readonly Entry[]): ListItems {
    const fresh = newComments([...base, ...kept], left);
    const [before, after] = [base, left].map((entries) => this.prints.ofRow(valuesOf(entries), 'all'));
    if (before !== after || (fresh.length > 0 && kept.length === 0)) this.notes.add('comments-dropped');
    if (fresh.length === 0 || kept.length === 0) return withComments(kept);
    this.notes.add('comments-changed-twice');
    return [...fresh.map((one) => ({ ...one, inline: false })), ...withComments(kept)];
  }

  /** A part of a list that is in conflict. */
  private hunk(region: Region, sides: Sequences, isDrawn: boolean): ListItems {
    const at = region.ours.from < region.ours.to ? region.ours.from : region.theirs.from;
    this.path.push(at);
    const values = this.conflict(valuesIn(region, sides), isDrawn);
    this.path.pop();
    const entries = (['base', 'theirs', 'ours'] as const).flatMap((side) => within(sides[side], region[side]));
    const comments = new Map(entries.map((entry) => [entry.value, entry.comments]));
    return values.flatMap((value) => [...(comments.get(value) ?? []), value]);
  }

  /** Items that stand on all sides, though they may have changed. */
  private *pairs({ base, ours, theirs }: Region, sides: Sequences): ItemSteps {
    const items: (Value | Comment)[] = [];
    for (let offset = 0; offset < base.to - base.from; offset++) {
      const [before, own, other] = [
        sides.isMadeUp ? undefined : sides.base[base.from + offset],
        sides.ours[ours.from + offset],
        sides.theirs[theirs.from + offset],
      ];
      this.path.push(ours.from + offset);
      const values = yield* this.values({ base: before?.value, ours: own?.value, theirs: other?.value });
      this.path.pop();
      append(items, [...this.commentsOf({ base: before, ours: own, theirs: other }), ...values]);
    }
    return items;
  }
}

/** Steps like those for values, that come to items of a list. */
type ItemSteps = Generator<Steps<readonly Value[]>, ListItems, readonly Value[]>;
type ListItems = readonly (Value | Comment)[];

/** What becomes of a part of a list: merged item by item, as both have it, as one side has it, or a conflict, by itself or drawn into one. */
type Verdict = 'pairs' | 'alike' | 'ours' | 'theirs' | 'conflict' | 'drawn';

interface Sequences extends Readonly<Record<Side, readonly Entry[]>> {
  readonly ourMatches: Matching;
  readonly theirMatches: Matching;
  /** Whether the base was made up of what both sides hold: it says nothing of what was there before, as of comments. */
  readonly isMadeUp: boolean;
  /** Whether, with such a base, nothing tells what was added from what was taken out. */
  readonly isGuessed: boolean;
}

function rowOf(value: Value | undefined): readonly Value[] {
  return value ? [value] : [];
}

type Rows = Readonly<Record<Side, readonly Value[]>>;

function valuesIn(region: Region, sides: Sequences): Rows {
  const rowIn = (side: Side): Value[] => valuesOf(within(sides[side], region[side]));
  return { base: rowIn('base'), ours: rowIn('ours'), theirs: rowIn('theirs') };
}

function valuesOf(entries: readonly Entry[]): Value[] {
  return entries.map(({ value }) => value);
}

function within(entries: readonly Entry[], { from, to }: Stretch): readonly Entry[] {
  return entries.slice(from, to);
}
