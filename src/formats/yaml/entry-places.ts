/** Where the entries of a YAML text stand, and what its collections held when it was read: what edits of whole entries need. */
import { nodes } from '../../tree/leaves.js';
import type { Branch, Comment, Item, Leaf, List, Value } from '../../tree/tree.js';
import type { NodeWatcher } from './node.js';

/** An item of a map from its key, an entry of a list from its dash, to the end of its value. */
export interface EntryPlace {
  readonly start: number;
  readonly end: number;
  readonly inFlow: boolean;
}

export type PlacedNode = Item | Value;

/** What one reading of a text came to. */
export class EntryPlaces {
  private readonly places = new Map<PlacedNode, EntryPlace>();
  private readonly held = new Map<Branch | List, readonly (PlacedNode | Comment)[]>();
  private readonly values = new Map<PlacedNode, Value>();

  /** Notes places while a text is read. */
  readonly watcher: NodeWatcher;

  /** @param asData whether the text is not a file of SOPS. */
  constructor(asData = false) {
    this.watcher = {
      entry: (of, start, end, inFlow) => void this.places.set(of, { start, end, inFlow }),
      anchor: () => undefined,
      asData,
    };
  }

  /** Notes what the collections of a document hold; to be called once it is read. */
  note(document: Branch): void {
    for (const value of valuesBelow(document)) {
      if (value.kind === 'leaf') continue;
      this.held.set(value, [...value.items]);
      for (const entry of value.items) if (entry.kind === 'item') this.values.set(entry, entry.value);
    }
  }

  /** The place of an entry that was read; undefined for one that has come since. */
  of(entry: PlacedNode | Comment): EntryPlace | undefined {
    return entry.kind === 'comment' ? undefined : this.places.get(entry);
  }

  /** What a collection held, comments included. */
  heldBy(of: Branch | List): readonly (PlacedNode | Comment)[] {
    return this.held.get(of) ?? [];
  }

  /** The values of an entry as it was read, whatever has gone from it since. */
  *valuesReadBelow(entry: PlacedNode): Generator<Value> {
    const pending = [this.valueOf(entry)];
    for (let value = pending.pop(); value; value = pending.pop()) {
      yield value;
      if (value.kind === 'leaf' || value.alias) continue;
      for (const each of this.heldBy(value)) if (each.kind !== 'comment') pending.push(this.valueOf(each));
    }
  }

  /** Whether an entry ends in a block scalar that has the line break after it in its value. */
  takesBreak(entry: PlacedNode): boolean {
    let value = this.valueOf(entry);
    while (value && value.kind !== 'leaf') {
      const last: PlacedNode | Comment | undefined = this.heldBy(value).at(-1);
      value = last && last.kind !== 'comment' ? this.valueOf(last) : undefined;
    }
    const isBlock = value?.source?.style === 'literal' || value?.source?.style === 'folded';
    return isBlock && String(value?.value).endsWith('\n');
  }

  /** The leaf that ended an entry when it was read, if one did. */
  lastLeafOf(entry: PlacedNode): Leaf | undefined {
    let value = this.valueOf(entry);
    while (value && value.kind !== 'leaf') {
      const last = this.heldBy(value).findLast((each) => each.kind !== 'comment');
      value = last && this.valueOf(last as PlacedNode);
    }
    return value;
  }

  /** The value that an entry was read with. */
  valueOf(entry: PlacedNode): Value | undefined {
    return entry.kind === 'item' ? this.values.get(entry) : entry;
  }
}

/** A value and all below it; what aliases stand for is left out. */
export function* valuesBelow(root: Value): Generator<Value> {
  for (const place of nodes([root])) {
    const { node } = place;
    if (node.kind === 'comment') continue;
    yield node;
    if (node.alias) place.passOver();
  }
}
