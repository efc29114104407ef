/** Which decisions of a merge belong together, though they stand apart: a side took a value out of one place and put it into another. */
import { nodes } from '../../tree/leaves.js';
import type { Branch, Value } from '../../tree/tree.js';
import { addUnder, append } from '../../util/lists.js';
import type { Fingerprints } from './fingerprints.js';
import { nameIn } from './list-alignment.js';

/** A place that a merge decides as a whole, with what stands there on each side. */
export interface Decided {
  readonly base: readonly Value[];
  readonly ours: readonly Value[];
  readonly theirs: readonly Value[];
  /** The key of the values; empty in a list. */
  readonly key: string;
  readonly isConflict: boolean;
  /** Of a part of a list: the whole list. */
  readonly list?: DecidedList;
}

/** The items of a list on each side. */
export interface DecidedList {
  readonly base: readonly { readonly value: Value }[];
  readonly ours: readonly { readonly value: Value }[];
  readonly theirs: readonly { readonly value: Value }[];
}

/**
 * The decisions of a merge in the order in which it comes to them. It is done twice: first to know them all, then with those as conflicts
 * that are drawn into others.
 */
export class Decisions {
  readonly all: Decided[] = [];
  private count = 0;

  /** `drawn` are the numbers of those that are to be conflicts; absent the first time. */
  constructor(private readonly drawn?: ReadonlySet<number>) {}

  /** Whether what one side alone changed is gone into, so that there is a decision for each of its parts. */
  get areFine(): boolean {
    return this.drawn?.size !== 0;
  }

  /** Whether a decision is to be a conflict, though it is none by itself. */
  draws(decided: Decided): boolean {
    if (!this.drawn) this.all.push(decided);
    return this.drawn?.has(this.count++) === true;
  }
}

/** The documents of each side. */
interface Documents {
  readonly base: readonly Branch[] | null;
  readonly ours: readonly Branch[];
  readonly theirs: readonly Branch[];
}

/** What moved in a merge. */
export interface Moved {
  /** The decisions that are to be conflicts, by their numbers. */
  readonly drawn: ReadonlySet<number>;
  /** Whether both sides moved a value, each into another map or list. */
  readonly isMovedTwice: boolean;
}

/**
 * Finds the decisions that are to be conflicts: because others are, or because both sides moved one item of a list, each to another place
 * in it. Where a value moves into a conflict, or out of one, whoever takes a side must get both halves of the move or none: with one half
 * the value would be lost, or stand there twice.
 */
export function movedIn(decided: readonly Decided[], trees: Documents, prints: Fingerprints): Moved {
  const moves = movesBetween(decided, new Marks(trees, prints));
  const again = twice(moves, ANYWHERE);
  const found = new Set([...decided.filter(({ isConflict }) => isConflict), ...twice(moves, IN_LIST)]);
  const pending = [...found];
  for (let one = pending.pop(); one; one = pending.pop()) {
    for (const mark of moves.within.get(one) ?? []) {
      for (const other of moves.of.get(mark) ?? []) {
        if (found.has(other)) continue;
        found.add(other);
        pending.push(other);
      }
      moves.of.delete(mark);
    }
  }
  const isDrawn = (one: Decided): boolean => found.has(one) && !one.isConflict && !isAlike(one, prints);
  const drawn = new Set(decided.flatMap((one, number) => (isDrawn(one) ? [number] : [])));
  return { drawn, isMovedTwice: again.some((one) => !found.has(one)) };
}

function isAlike({ ours, theirs }: Decided, prints: Fingerprints): boolean {
  return prints.ofRow(ours, 'data') === prints.ofRow(theirs, 'data');
}

/** Decisions by the side and the mark of what went out there and came in elsewhere. */
interface Moves {
  readonly of: Map<string, readonly Decided[]>;
  readonly come: ReadonlyMap<string, readonly Decided[]>;
  readonly within: ReadonlyMap<Decided, readonly string[]>;
}

function movesBetween(decided: readonly Decided[], marks: Marks): Moves {
  const [gone, come] = [new Map<string, Decided[]>(), new Map<string, Decided[]>()];
  for (const one of decided) {
    const before = marks.of(one, 'base');
    for (const side of ['ours', 'theirs'] as const) {
      const after = marks.of(one, side);
      for (const mark of before) if (!after.has(mark)) addUnder(gone, `${side} ${mark}`, one);
      for (const mark of after) if (!before.has(mark)) addUnder(come, `${side} ${mark}`, one);
    }
  }
  const of = new Map<string, readonly Decided[]>();
  const within = new Map<Decided, string[]>();
  for (const [item, from] of gone) {
    const to = come.get(item);
    if (!to || !marks.areSure(item)) continue;
    of.set(item, [...from, ...to]);
    for (const one of [...from, ...to]) addUnder(within, one, item);
  }
  return { of, come, within };
}

/** The decisions into which one side moved what the other moved elsewhere, by marks of one kind. */
function twice({ of, come }: Moves, kind: string): Decided[] {
  const found: Decided[] = [];
  for (const [item, own = []] of come) {
    if (!item.startsWith(`ours ${kind}`) || !of.has(item)) continue;
    const others = item.replace('ours', 'theirs');
    const [here, other] = [new Set(own), of.has(others) ? (come.get(others) ?? []) : []];
    if (other.some((one) => !here.has(one))) append(found, [...own, ...other]);
  }
  return found;
}

const [IN_LIST, UNDER_KEY, ANYWHERE] = ['l', 'k', 'u'];
/** A value as short as `true` or `8080` is known again under its key alone, or not at all; one as long as this wherever it stands. */
const [SHORT, LONG] = [4, 6];

/**
 * By what values are known again: items within their list by their content, and by their name where all have one; values by their content
 * and key, and long ones by their content alone where nothing else has it.
 */
class Marks {
  private readonly names = new Map<DecidedList, { readonly prefix: string; readonly name: string | undefined }>();
  private readonly counts: Readonly<Record<'base' | 'ours' | 'theirs', ReadonlyMap<string, number>>>;

  constructor(
    trees: Documents,
    private readonly prints: Fingerprints,
  ) {
    this.counts = {
      base: this.counted(trees.base ?? []),
      ours: this.counted(trees.ours),
      theirs: this.counted(trees.theirs),
    };
  }

  of({ key, list, ...decided }: Decided, side: 'base' | 'ours' | 'theirs'): ReadonlySet<string> {
    const marks = new Set<string>();
    for (const mark of this.within(decided[side], key)) marks.add(mark);
    if (list) for (const value of decided[side]) marks.add(this.inList(value, list));
    return marks;
  }

  /** Whether a mark, after its side, is that of one value. */
  areSure(item: string): boolean {
    const [side, mark] = item.startsWith('ours ')
      ? (['ours', item.slice(5)] as const)
      : (['theirs', item.slice(7)] as const);
    return !mark.startsWith(ANYWHERE) || (this.counts.base.get(mark) === 1 && this.counts[side].get(mark) === 1);
  }

  private *within(values: readonly Value[], key: string): Generator<string> {
    for (const { node, item, depth } of nodes(values)) {
      if (node.kind === 'comment') continue;
      const [own, length] = [depth === 0 ? key : (item?.key ?? ''), lengthOf(node)];
      if (length >= (own === '' ? 1 : SHORT)) yield `${UNDER_KEY}${this.prints.of(node, 'data')}:${own}`;
      if (length >= LONG && node.kind === 'leaf') yield `${ANYWHERE}${this.prints.of(node, 'data')}`;
    }
  }

  private inList(value: Value, list: DecidedList): string {
    let known = this.names.get(list);
    if (!known) {
      const rows = [list.base, list.ours, list.theirs].map((row) => row.map((one) => one.value));
      const full = rows.filter((row) => row.length > 0);
      known = { prefix: `${IN_LIST}${this.names.size}`, name: nameIn(full, this.prints) };
      this.names.set(list, known);
    }
    const { prefix, name } = known;
    const { prints } = this;
    return name === undefined
      ? `${prefix}:${prints.of(value, 'data')}`
      : `${prefix}:${name}:${prints.named(value, name)}`;
  }

  private counted(documents: readonly Branch[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const mark of this.within(documents, '')) {
      if (mark.startsWith(ANYWHERE)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
    }
    return counts;
  }
}

/** How long a value is as a text; 0 for what everybody writes, e.g. `true`, and for what holds nothing. A map or list that holds something is as long as any. */
function lengthOf(value: Value): number {
  if (value.kind !== 'leaf') return value.items.length > 0 ? Number.POSITIVE_INFINITY : 0;
  return value.value === null || typeof value.value === 'boolean' ? 0 : String(value.value).length;
}
