/** The replacements that bring a JSON text up to date with its tree. */
import { sameLeafValue } from '../../tree/equality.js';
import { type Branch, branch, type Item, item, type Leaf, type List, list, type Value } from '../../tree/tree.js';
import type { Edit } from '../store.js';
import { JsonLayout, type Placement } from './layout.js';
import type { JsonContainer, JsonEntry, JsonLeaf } from './places.js';
import type { JsonText } from './read.js';
import { type FloatForm, isPlainText, type JsonStyle, jsonScalar, jsonString, printJson } from './write.js';

/** An entry that a container shall hold: what identifies it, and its value. */
interface Wanted {
  readonly node: Item | Value;
  readonly value: Value;
}

/** A container being looked at, and its next entry. */
interface Cursor {
  readonly container: JsonContainer;
  next: number;
}

/** A text, what was read from it, and what its root shall hold as metadata. */
export interface JsonTarget {
  readonly text: string;
  readonly json: JsonText;
  /** The metadata to be written; null for none. */
  readonly metadata: Branch | null;
  readonly floats: FloatForm;
}

/**
 * The replacements for a text whose tree may have changed, sorted. What is added looks like the rest of the file. The metadata
 * comes last and has the style given, SOPS's: other programs know encrypted files by how it prints them. Throws
 * `output-format`.
 */
export function spliceJson(target: JsonTarget, style: JsonStyle): Edit[] {
  return new JsonSplicer(target, style).splice();
}

class JsonSplicer {
  private readonly edits: Edit[] = [];
  /** The way down to where the splicer is, and containers still to be looked at; no recursion, since nesting may be deep. */
  private readonly pending: Cursor[] = [];
  private readonly layout: JsonLayout;

  constructor(
    private readonly target: JsonTarget,
    private readonly canonical: JsonStyle,
  ) {
    this.layout = new JsonLayout(target.text, target.json.place, canonical);
  }

  splice(): Edit[] {
    const { json, metadata } = this.target;
    if (metadata) this.spliceSealed(json.place, metadata);
    else this.pending.push({ container: json.place, next: 0 });
    for (let cursor = this.pending.at(-1); cursor; cursor = this.pending.at(-1)) this.spliceContainer(cursor);
    this.dropTrailingText();
    return this.edits.sort((one, other) => one.start - other.start || one.end - other.end);
  }

  /** The root of an encrypted file: its entries, and the metadata after the last one. */
  private spliceSealed(place: JsonContainer, metadata: Branch): void {
    const wanted = wantedIn(this.target.json.root);
    const kept = new Set<Item | Value>(wanted.map(({ node }) => node));
    const last = place.entries.findLast(({ node }) => kept.has(node));
    const { newline } = this.layout;
    const style = { ...this.canonical, newline };
    if (!last) {
      const items = [...this.target.json.root.items, item('sops', metadata)];
      this.replace(place.start, place.end, printJson(branch(items), style, '', this.target.floats));
      return;
    }
    this.spliceStructure(place, wanted);
    const { unit, colon } = style;
    const text = `,${newline}${unit}"sops"${colon}${printJson(metadata, style, unit, this.target.floats)}`;
    this.edits.push({ start: last.end, end: last.end, text });
  }

  /** Goes on with a container until one of its entries is a container itself, which comes first. */
  private spliceContainer(cursor: Cursor): void {
    const { container } = cursor;
    const { items } = container.tree;
    const count = container.entries.length;
    const kept = cursor.next === 0 ? container.kept : count;
    if (kept < Math.min(count, 1)) {
      this.pending.pop();
      this.spliceStructure(container, wantedIn(container.tree));
      return;
    }
    // SOPS puts the metadata at the end.
    if (kept < count) this.removeBehind(container, kept);
    while (cursor.next < items.length) {
      const index = cursor.next++;
      const entry = items[index];
      if (!entry || entry.kind === 'comment') continue;
      const inner = this.spliceValue(container, index, entry.kind === 'item' ? entry.value : entry);
      if (!inner) continue;
      this.pending.push({ container: inner, next: 0 });
      return;
    }
    this.pending.pop();
  }

  /** Removes the entries after the first ones of a container. */
  private removeBehind({ entries }: JsonContainer, kept: number): void {
    const previous = entries[kept - 1];
    const last = entries.at(-1);
    if (previous && last) this.replace(previous.end, last.end, '');
  }

  /** Entries may have come or gone: the others stay as they are written. */
  private spliceStructure(container: JsonContainer, wanted: readonly Wanted[]): void {
    const { entries } = container;
    const places = new Map(entries.map(({ node }, index) => [node, index]));
    const kept = wanted.map(({ node }) => places.get(node)).filter((index) => index !== undefined);
    const first = kept[0];
    if (wanted.length === 0 && entries.length === 0) return;
    if (first === undefined || kept.some((index, at) => index <= (kept[at - 1] ?? -1))) {
      this.reprint(container, wanted);
      return;
    }
    this.removeEntries(entries, new Set(kept), first);
    const inner: JsonContainer[] = [];
    let previous = -1;
    for (const { node, value } of wanted) {
      const index = places.get(node);
      if (index === undefined) {
        this.addEntry(container, { previous, first }, node, value);
      } else {
        const found = this.spliceValue(container, index, value);
        if (found) inner.push(found);
        previous = index;
      }
    }
    // The last one is looked at first.
    for (const one of inner.reverse()) this.pending.push({ container: one, next: 0 });
  }

  /** Removes entries with one comma each: the one before, or for those before the first that stays, the one behind. */
  private removeEntries(entries: readonly JsonEntry[], kept: ReadonlySet<number>, first: number): void {
    for (const [index, { entryStart, end }] of entries.entries()) {
      if (kept.has(index)) continue;
      const previous = entries[index - 1];
      const next = entries[index + 1];
      if (index > first && previous) this.replace(previous.end, end, '');
      else if (next) this.replace(entryStart, next.entryStart, '');
    }
  }

  /** Adds an entry after the one at `previous`, or when that is -1 before the first one that stays. */
  private addEntry(
    container: JsonContainer,
    { previous, first }: { previous: number; first: number },
    node: Item | Value,
    value: Value,
  ): void {
    const placement = this.layout.placement(container, previous < 0 ? first : previous);
    const key = node.kind === 'item' ? jsonString(node.key) + placement.style.colon : '';
    const text = key + this.print(value, placement);
    const before = container.entries[previous];
    const at = before ? before.end : container.entries[first]?.entryStart;
    if (at === undefined) throw new TypeError('an entry has no neighbour');
    this.replace(at, at, before ? placement.separator + text : text + placement.separator);
  }

  /** Updates a value; a container that stands where it stood is returned, since what it holds is still to be looked at. */
  private spliceValue(container: JsonContainer, index: number, value: Value): JsonContainer | undefined {
    const old = container.entries[index];
    if (!old) throw new TypeError('the entry is not of this file');
    if (old.kind === 'container' && value === old.tree) return old;
    if (value.kind === 'leaf' && old.kind === 'leaf') this.spliceLeaf(old, value);
    else this.replace(old.start, old.end, this.print(value, this.layout.placement(container, index)));
    return undefined;
  }

  private spliceLeaf({ start, end, written }: JsonLeaf, { value }: Leaf): void {
    if (sameLeafValue(value, written)) return;
    // From string to string, as nearly always, the quotes stay: copying them would double the work.
    const isWithinQuotes = typeof value === 'string' && typeof written === 'string' && isPlainText(value);
    this.edits.push(
      isWithinQuotes
        ? { start: start + 1, end: end - 1, text: value }
        : { start, end, text: jsonScalar(value, this.target.floats) },
    );
  }

  /** Writes a container anew: nothing of it stayed, or its order changed. */
  private reprint(container: JsonContainer, wanted: readonly Wanted[]): void {
    const { tree, start, end } = container;
    const placement = this.layout.placement(container, 0);
    const values = wanted.map(({ value }) => value);
    const keys = wanted.map(({ node }) => (node.kind === 'item' ? node.key : ''));
    const copy =
      tree.kind === 'list' ? list(values) : branch(values.map((value, index) => item(keys[index] ?? '', value)));
    this.replace(start, end, printJson(copy, placement.style, placement.outer, this.target.floats));
  }

  private print(value: Value, { style, indent }: Placement): string {
    return printJson(value, style, indent, this.target.floats);
  }

  /**
   * What stands after the root's closing brace is not part of the tree: SOPS drops it, and plaintext must
   * not stay there in an encrypted file. White space stays.
   */
  private dropTrailingText(): void {
    const { text, json } = this.target;
    const { end } = json.place;
    const rest = text.slice(end);
    if (/[^ \t\r\n]/.test(rest)) this.replace(end, text.length, /\r?\n?$/.exec(rest)?.[0] ?? '');
  }

  private replace(start: number, end: number, text: string): void {
    if (this.target.text.slice(start, end) !== text) this.edits.push({ start, end, text });
  }
}

function wantedIn(of: Branch | List): Wanted[] {
  const wanted: Wanted[] = [];
  for (const entry of of.items) {
    if (entry.kind !== 'comment') wanted.push({ node: entry, value: entry.kind === 'item' ? entry.value : entry });
  }
  return wanted;
}
