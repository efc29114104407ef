/** Where the parts of a JSON text stand, in compact objects: a large file has a hundred thousand of them. */
import type { Branch, Item, Leaf, LeafValue, List, Source, Value } from '../../tree/tree.js';

/** What a text holds, as it was read: a member of an object or an element of an array, but for the root. */
export type JsonEntry = JsonLeaf | JsonContainer;

/** A leaf as it was read, with its place in one object. */
export class JsonLeaf implements Leaf {
  readonly kind = 'leaf';
  /** What it is the value of, in an object. */
  item: Item | null = null;

  /**
   * @param start offset of its first UTF-16 unit
   * @param end offset after the last one
   * @param entryStart offset of its key, in an array its own
   * @param written the value that stands there
   */
  constructor(
    public value: LeafValue,
    readonly start: number,
    readonly end: number,
    readonly entryStart: number,
    readonly written: LeafValue,
  ) {}

  /** The place is fixed: JSON has no styles that another could be given for. */
  get source(): Source {
    const { start, end, written } = this;
    return { start, end, style: typeof written === 'string' ? 'string' : 'bare', value: written };
  }

  /** What tells whether the tree still holds this entry. */
  get node(): Item | Value {
    return this.item ?? this;
  }
}

/** An object or an array as it was read, braces included. */
export class JsonContainer {
  readonly kind = 'container';
  /** What it is the value of, in an object. */
  item: Item | null = null;

  /**
   * @param tree what it became
   * @param entries what it held
   */
  constructor(
    readonly tree: Branch | List,
    readonly entries: readonly JsonEntry[],
    readonly start: number,
    readonly end: number,
    readonly entryStart: number,
  ) {}

  get node(): Item | Value {
    return this.item ?? this.tree;
  }

  /** How many entries it holds if those are the first ones that it was read with, whatever their values; else -1. */
  get kept(): number {
    const { entries } = this;
    const { items } = this.tree;
    if (items.length > entries.length) return -1;
    for (let index = 0; index < items.length; index++) if (items[index] !== entries[index]?.node) return -1;
    return items.length;
  }
}

/** All that a container holds, and what is in that. */
export function entriesIn(container: JsonContainer): JsonEntry[] {
  const found = [...container.entries];
  // It grows while it is gone through; no recursion, since nesting may be deep.
  for (const entry of found) if (entry.kind === 'container') for (const inner of entry.entries) found.push(inner);
  return found;
}
