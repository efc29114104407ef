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

/** Who can move something. */
const MOVERS = ['ours', 'theirs'] as const;
type Mover = (typeof MOVERS)[number];

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
 * the value would be lost, or stand there twice. `decided` are all decisions of the merge, in the order in which it came to them.
 */
export function movedIn(decided: readonly Decided[], trees: Documents, prints: Fingerprints): Moved {
  const marks = new Marks(trees, prints);
  const moves = { ours: movesOf('ours', decided, marks), theirs: movesOf('theirs', decided, marks) };
  const found = new Set([...decided.filter(({ isConflict }) => isConflict), ...movedTwice(moves, 'in-list')]);
  const within = movesByDecision([...moves.ours.values(), ...moves.theirs.values()]);
  const followed = new Set<Move>();
  const pending = [...found];
  for (let one = pending.pop(); one; one = pending.pop()) {
    for (const move of within.get(one) ?? []) {
      if (followed.has(move)) continue;
      followed.add(move);
      for (const other of [...move.from, ...move.to]) {
        if (found.has(other)) continue;
        found.add(other);
        pending.push(other);
      }
    }
  }
  const isDrawn = (one: Decided): boolean => found.has(one) && !one.isConflict && !isAlike(one, prints);
  const drawn = new Set(decided.flatMap((one, number) => (isDrawn(one) ? [number] : [])));
  return { drawn, isMovedTwice: movedTwice(moves, 'anywhere').some((one) => !found.has(one)) };
}

function isAlike({ ours, theirs }: Decided, prints: Fingerprints): boolean {
  return prints.ofRow(ours, 'data') === prints.ofRow(theirs, 'data');
}

/** The decisions out of which a side took a value, and those into which it put it. */
interface Move {
  readonly from: Decided[];
  readonly to: Decided[];
}

type Moves = ReadonlyMap<Mark, Move>;

function movesOf(side: Mover, decided: readonly Decided[], marks: Marks): Moves {
  const found = new Map<Mark, Move>();
  const moveOf = (mark: Mark): Move => {
    const move = found.get(mark) ?? { from: [], to: [] };
    found.set(mark, move);
    return move;
  };
  for (const one of decided) {
    const [before, after] = [marks.of(one, 'base'), marks.of(one, side)];
    for (const mark of before) if (!after.has(mark)) moveOf(mark).from.push(one);
    for (const mark of after) if (!before.has(mark)) moveOf(mark).to.push(one);
  }
  const isMove = ([mark, { from, to }]: [Mark, Move]): boolean =>
    from.length > 0 && to.length > 0 && marks.isSure(mark, side);
  return new Map([...found].filter(isMove));
}

function movesByDecision(moves: readonly Move[]): Map<Decided, Move[]> {
  const within = new Map<Decided, Move[]>();
  for (const move of moves) for (const one of [...move.from, ...move.to]) addUnder(within, one, move);
  return within;
}

/** The decisions into which one side moved what the other moved elsewhere, by marks of one kind. */
function movedTwice({ ours, theirs }: Readonly<Record<Mover, Moves>>, kind: Mark['kind']): Decided[] {
  const found: Decided[] = [];
  for (const [mark, { to }] of ours) {
    const others = mark.kind === kind ? (theirs.get(mark)?.to ?? []) : [];
    const here = new Set(to);
    if (others.some((one) => !here.has(one))) append(found, [...to, ...others]);
  }
  return found;
}

/** By what a value is known again: within its list, by its content under its key, or by its content alone. The same object for the same. */
interface Mark {
  readonly kind: 'in-list' | 'under-key' | 'anywhere';
}

/** A value as short as `true` or `8080` is known again under its key alone, or not at all; one as long as this wherever it stands. */
const [SHORT, LONG] = [4, 6];

/** Marks of one kind, by numbers of contents. */
class KnownMarks {
  private readonly known = new Map<number, Mark>();

  constructor(private readonly kind: Mark['kind']) {}

  of(content: number): Mark {
    const mark = this.known.get(content) ?? { kind: this.kind };
    this.known.set(content, mark);
    return mark;
  }
}

/** The marks of the items of one list: by the name, where all have one. */
interface ListMarks {
  readonly marks: KnownMarks;
  readonly name: string | undefined;
}

/**
 * By what values are known again: items within their list by their content, and by their name where all have one; values by their content
 * and key, and long ones by their content alone where nothing else has it.
 */
class Marks {
  private readonly lists = new Map<DecidedList, ListMarks>();
  private readonly keys = new Map<string, KnownMarks>();
  private readonly anywhere = new KnownMarks('anywhere');
  private readonly counts = new Map<keyof Documents, ReadonlyMap<Mark, number>>();

  constructor(
    private readonly trees: Documents,
    private readonly prints: Fingerprints,
  ) {}

  of({ key, list, ...decided }: Decided, side: keyof Documents): ReadonlySet<Mark> {
    const marks = new Set<Mark>();
    for (const mark of this.within(decided[side], key)) marks.add(mark);
    if (list) for (const value of decided[side]) marks.add(this.inList(value, list));
    return marks;
  }

  /** Whether a mark is that of one value, before and on a side. */
  isSure(mark: Mark, side: Mover): boolean {
    return mark.kind !== 'anywhere' || (this.count(mark, 'base') === 1 && this.count(mark, side) === 1);
  }

  private *within(values: readonly Value[], key: string): Generator<Mark> {
    for (const { node, item, depth } of nodes(values)) {
      if (node.kind === 'comment') continue;
      const [own, length] = [depth === 0 ? key : (item?.key ?? ''), lengthOf(node)];
      const content = this.prints.of(node, 'data');
      if (length >= (own === '' ? 1 : SHORT)) yield this.underKey(own).of(content);
      if (length >= LONG && node.kind === 'leaf') yield this.anywhere.of(content);
    }
  }

  private underKey(key: string): KnownMarks {
    const known = this.keys.get(key) ?? new KnownMarks('under-key');
    this.keys.set(key, known);
    return known;
  }

  private inList(value: Value, list: DecidedList): Mark {
    const { marks, name } = this.lists.get(list) ?? this.marksOf(list);
    return marks.of(name === undefined ? this.prints.of(value, 'data') : this.prints.named(value, name));
  }

  private marksOf(list: DecidedList): ListMarks {
    const rows = [list.base, list.ours, list.theirs].map((row) => row.map((one) => one.value));
    const full = rows.filter((row) => row.length > 0);
    const made = { marks: new KnownMarks('in-list'), name: nameIn(full, this.prints) };
    this.lists.set(list, made);
    return made;
  }

  private count(mark: Mark, side: keyof Documents): number {
    const counts = this.counts.get(side) ?? this.counted(side);
    return counts.get(mark) ?? 0;
  }

  private counted(side: keyof Documents): ReadonlyMap<Mark, number> {
    const counts = new Map<Mark, number>();
    for (const mark of this.within(this.trees[side] ?? [], '')) {
      if (mark.kind === 'anywhere') counts.set(mark, (counts.get(mark) ?? 0) + 1);
    }
    this.counts.set(side, counts);
    return counts;
  }
}

/** How long a value is as a text; 0 for what everybody writes, e.g. `true`, and for what holds nothing. A map or list that holds something is as long as any. */
function lengthOf(value: Value): number {
  if (value.kind !== 'leaf') return value.items.length > 0 ? Number.POSITIVE_INFINITY : 0;
  return value.value === null || typeof value.value === 'boolean' ? 0 : String(value.value).length;
}
