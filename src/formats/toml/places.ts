/** Where the parts of a TOML text stand: what reading finds, and splicing goes by. */

import type { Branch, Comment, Item, List, Value } from '../../tree/tree.js';
import type { Span } from '../span.js';

/** A value as it was read: what it became, and what it holds if it is an array or an inline table. */
export interface TomlPlace extends Span {
  readonly tree: Value;
  /** What stands in brackets or braces; absent for scalars. */
  readonly inner?: readonly (TomlElement | TomlEntry)[];
}

/** An element of an array. */
export interface TomlElement {
  readonly kind: 'element';
  readonly place: TomlPlace;
}

/** A key and its value. A key with dots leads through branches of its own. */
export interface TomlEntry {
  readonly kind: 'entry';
  /** Where the key begins. */
  readonly start: number;
  /** From the branch that the key stands in to the one that holds the item. */
  readonly chain: readonly Branch[];
  /** The items that the key names, one for each part of it. */
  readonly items: readonly Item[];
  readonly place: TomlPlace;
}

/** A header with the keys below it, or what stands before the first header. */
export interface TomlSection {
  readonly header: Span | null;
  /** From the root to the section's own branch: maps, and lists of tables. */
  readonly chain: readonly (Branch | List)[];
  readonly branch: Branch;
  readonly entries: readonly TomlEntry[];
}

export interface TomlText {
  /** The document without its metadata. */
  readonly root: Branch;
  readonly metadata: Branch | null;
  /** In the order of the text, the one before the first header first. */
  readonly sections: readonly TomlSection[];
  /** All comments but those within the metadata, in the order of the text. */
  readonly comments: readonly Comment[];
  /** Where the metadata stands: sections with all that is in them, and single entries. */
  readonly sealed: readonly Span[];
  /** Branches that keys with dots made: no header may add to them. */
  readonly dotted: ReadonlySet<Branch>;
  /** Lists that `[[…]]` made. */
  readonly tables: ReadonlySet<List>;
}

/** The offset after the line of an offset, its line end included. */
export function behindLine(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  return found < 0 ? text.length : found + 1;
}

/** The offset at which the line of an offset begins, after the byte order mark. */
export function lineStart(text: string, at: number): number {
  const found = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  return found === 0 && text.startsWith('\ufeff') ? 1 : found;
}
