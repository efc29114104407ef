/** What the three-way merge of trees is given, and what it comes to. */
import type { Branch, Value } from '../../tree/tree.js';

/** Whose something is. */
export type Side = 'ours' | 'theirs' | 'base';

/** A place where both sides changed the same thing in different ways, or that belongs to such a place since a value was moved between them. */
export interface TreeConflict {
  /** The document, counted from 0. */
  readonly document: number;
  /** Keys, and indexes of list items in ours (in theirs where ours has none). */
  readonly path: readonly (string | number)[];
  /** What stands there on each side: nothing, one value, or in a list several. */
  readonly base: readonly Value[];
  readonly ours: readonly Value[];
  readonly theirs: readonly Value[];
  /** Whether it is one only because a value was moved into it or out of it: at most one side changed it. */
  readonly isDrawn: boolean;
}

export interface TreeMerge {
  readonly documents: Branch[];
  /** In the order of the documents; the same whatever is chosen. */
  readonly conflicts: readonly TreeConflict[];
  readonly notes: ReadonlySet<MergeNote>;
  /** Whether theirs gave keys their order. */
  readonly isOrderTheirs: boolean;
}

/** What the user should know of a merge beside its conflicts. */
export type MergeNote = 'order-changed-twice' | 'comments-changed-twice' | 'comments-dropped' | 'moved-twice';

export interface Trees {
  /** Null when there is none. */
  readonly base: readonly Branch[] | null;
  readonly ours: readonly Branch[];
  readonly theirs: readonly Branch[];
  /** Whether, where there is no base, what stands on one side alone is a conflict: it may have been added there, or taken out on the other. */
  readonly isGuessed?: boolean | undefined;
}

/**
 * What becomes of a conflict: the side whose values stand there, or values. `index` counts conflicts from 0. All are asked about again,
 * and counted anew, where a move draws more into them.
 */
export type Choice = (conflict: TreeConflict, index: number) => Side | readonly Value[];

/** What two sides make of one value where merging its parts makes no sense, e.g. lines of a text; undefined for a conflict. */
export type LeafMerge = (base: Value | undefined, ours: Value, theirs: Value) => Value | undefined;

/** What a format has of its own. */
export interface MergeForm {
  readonly leafMerge?: LeafMerge | undefined;
  /** Whether the comments of an entry stand after it in the tree. */
  readonly commentsFollow?: boolean | undefined;
}
