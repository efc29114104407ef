/** Where the parts of a JSON text stand, kept small: a large file has a hundred thousand of them. */
import type { Branch, Item, Leaf, LeafValue, List, Source, Value } from '../../tree/tree.js';

/** A leaf as it was read, with its place in one object. The place is fixed: JSON has no styles that another could be given for. */
export class JsonLeaf implements Leaf {
  readonly kind = 'leaf';

  /**
   * @param start offset of its first UTF-16 unit
   * @param end offset behind the last one
   * @param written the value that stands there
   */
  constructor(
    public value: LeafValue,
    readonly start: number,
    readonly end: number,
    readonly written: LeafValue,
  ) {}

  get source(): Source {
    const { start, end, written } = this;
    return { start, end, style: typeof written === 'string' ? 'string' : 'bare', value: written };
  }
}

/** Where an object or array stands, braces included. */
export interface JsonContainer {
  readonly kind: 'container';
  readonly node: Branch | List;
  readonly start: number;
  /** Offset behind the closing brace. */
  readonly end: number;
  /** The number of its first entry among those of the text. */
  readonly first: number;
  /** How many entries it held when it was read. */
  readonly count: number;
}

/** A member of an object or an element of an array, as it was read. */
export interface JsonEntry {
  /** The item of a branch, the value of a list: what tells whether the tree still holds this entry. */
  readonly node: Item | Value;
  readonly value: JsonLeaf | JsonContainer;
  /** Offset of the key, of a list's value. */
  readonly start: number;
  /** Offset behind the value. */
  readonly end: number;
}

/** The entries of containers, those of one side by side. By field, since an object for each would weigh more than they do. */
export class JsonEntries {
  private readonly nodes: (Item | Value)[] = [];
  private readonly values: (JsonLeaf | JsonContainer)[] = [];
  private readonly starts: number[] = [];

  get length(): number {
    return this.nodes.length;
  }

  push(node: Item | Value, value: JsonLeaf | JsonContainer, start: number): void {
    this.nodes.push(node);
    this.values.push(value);
    this.starts.push(start);
  }

  /** Takes the entries of others over, from the one at `first` on, and returns their nodes. */
  takeFrom(others: JsonEntries, first: number): (Item | Value)[] {
    const nodes = others.nodes.splice(first);
    for (let index = 0; index < nodes.length; index++) {
      this.push(nodes[index] as Item, others.values[first + index] as JsonLeaf, others.starts[first + index] ?? 0);
    }
    others.values.length = first;
    others.starts.length = first;
    return nodes;
  }

  all(): JsonEntry[] {
    return this.between(0, this.nodes.length);
  }

  /** The entries of a container. */
  of({ first, count }: JsonContainer): JsonEntry[] {
    return this.between(first, first + count);
  }

  /** One entry of a container; undefined for an index before the first or behind the last one. */
  at({ first, count }: JsonContainer, index: number): JsonEntry | undefined {
    return index >= 0 && index < count ? this.between(first + index, first + index + 1)[0] : undefined;
  }

  /** The value of {@link at} alone. */
  valueAt({ first, count }: JsonContainer, index: number): JsonLeaf | JsonContainer | undefined {
    return index < count ? this.values[first + index] : undefined;
  }

  /** How many entries a container holds if those are the first ones that it was read with, whatever their values; else -1. */
  keptIn({ node, first, count }: JsonContainer): number {
    const { items } = node;
    if (items.length > count) return -1;
    for (let index = 0; index < items.length; index++) if (items[index] !== this.nodes[first + index]) return -1;
    return items.length;
  }

  private between(from: number, to: number): JsonEntry[] {
    return this.nodes.slice(from, to).map((node, index) => {
      const value = this.values[from + index] as JsonLeaf | JsonContainer;
      return { node, value, start: this.starts[from + index] as number, end: value.end };
    });
  }
}
