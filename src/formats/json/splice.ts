/** The replacements that bring a JSON text up to date with its tree. */
import { sameLeafValue } from '../../tree/equality.js';
import { type Branch, branch, type Item, item, type Leaf, type List, list, type Value } from '../../tree/tree.js';
import type { Edit } from '../store.js';
import { JsonLayout, type Placement, valueStartOf } from './layout.js';
import type { JsonEntry, JsonText } from './read.js';
import { type JsonStyle, jsonScalar, jsonString, printJson } from './write.js';

/** An entry that a container shall hold: what identifies it, and its value. */
interface Wanted {
  readonly node: Item | Value;
  readonly value: Value;
}

/** A text, what was read from it, and what its root shall hold as metadata. */
export interface JsonTarget {
  readonly text: string;
  readonly json: JsonText;
  /** The item of the metadata as it was read. */
  readonly sops: Item | null;
  /** The metadata to be written; null for none. */
  readonly metadata: Branch | null;
}

/**
 * The replacements for a text whose tree may have changed, sorted. What is added looks like the rest of the file, or when
 * that is `{}` has the style given. Throws `output-format`.
 */
export function spliceJson(target: JsonTarget, style: JsonStyle): Edit[] {
  return new JsonSplicer(target, style).splice();
}

class JsonSplicer {
  private readonly edits: Edit[] = [];
  /** Containers still to be looked at; no recursion, since nesting may be deep. */
  private readonly pending: (Branch | List)[] = [];
  private readonly layout: JsonLayout;
  private readonly sealed: boolean;

  constructor(
    private readonly target: JsonTarget,
    style: JsonStyle,
  ) {
    this.layout = new JsonLayout(target.text, target.json, style);
    this.sealed = target.metadata !== null;
  }

  splice(): Edit[] {
    const { root } = this.target.json;
    this.spliceStructure(root, this.wantedInRoot());
    for (let node = this.pending.pop(); node; node = this.pending.pop()) this.spliceContainer(node);
    this.dropTrailingText();
    return this.edits.sort((one, other) => one.start - other.start || one.end - other.end);
  }

  /** The root's entries, with the metadata where it stood, or last. */
  private wantedInRoot(): Wanted[] {
    const { sops, metadata, json } = this.target;
    const wanted = wantedIn(json.root);
    if (!metadata) return wanted;
    const { entries } = this.layout.containerOf(json.root);
    const kept = new Set(wanted.map((entry) => entry.node));
    const own = entries.findIndex((entry) => entry.node === sops);
    const next = own < 0 ? undefined : entries.slice(own + 1).find((entry) => kept.has(entry.node));
    const at = next ? wanted.findIndex((entry) => entry.node === next.node) : wanted.length;
    wanted.splice(at, 0, { node: sops ?? item('sops', metadata), value: metadata });
    return wanted;
  }

  private spliceContainer(of: Branch | List): void {
    const { entries } = this.layout.containerOf(of);
    const { items } = of;
    if (items.length !== entries.length || entries.some(({ node }, index) => node !== items[index])) {
      this.spliceStructure(of, wantedIn(of));
      return;
    }
    for (const [index, entry] of entries.entries()) {
      const value = entry.node.kind === 'item' ? entry.node.value : entry.node;
      this.spliceValue(of, index, entry, value);
    }
  }

  /** Entries may have come or gone: the others stay as they are written. */
  private spliceStructure(of: Branch | List, wanted: readonly Wanted[]): void {
    const { entries } = this.layout.containerOf(of);
    const places = new Map(entries.map(({ node }, index) => [node, index]));
    const kept = wanted.map(({ node }) => places.get(node)).filter((index) => index !== undefined);
    const first = kept[0];
    if (wanted.length === 0 && entries.length === 0) return;
    if (first === undefined || kept.some((index, at) => index <= (kept[at - 1] ?? -1))) {
      this.reprint(of, wanted);
      return;
    }
    this.removeEntries(entries, new Set(kept), first);
    let previous = -1;
    for (const { node, value } of wanted) {
      const index = places.get(node);
      const entry = index === undefined ? undefined : entries[index];
      if (index === undefined || !entry) {
        this.addEntry(of, entries, { previous, first }, node, value);
      } else {
        this.spliceValue(of, index, entry, value);
        previous = index;
      }
    }
  }

  /** Removes entries with one comma each: the one before, or for those before the first that stays, the one behind. */
  private removeEntries(entries: readonly JsonEntry[], kept: ReadonlySet<number>, first: number): void {
    for (const [index, { start, end }] of entries.entries()) {
      if (kept.has(index)) continue;
      const previous = entries[index - 1];
      const next = entries[index + 1];
      if (index > first && previous) this.replace(previous.end, end, '');
      else if (next) this.replace(start, next.start, '');
    }
  }

  /** Adds an entry behind the one at `previous`, or when that is -1 before the first one that stays. */
  private addEntry(
    of: Branch | List,
    entries: readonly JsonEntry[],
    { previous, first }: { previous: number; first: number },
    node: Item | Value,
    value: Value,
  ): void {
    const placement = this.layout.placement(of, previous < 0 ? first : previous);
    const key = node.kind === 'item' ? jsonString(node.key) + placement.style.colon : '';
    const text = key + this.print(value, placement);
    const at = previous < 0 ? entries[first]?.start : entries[previous]?.end;
    if (at === undefined) throw new TypeError('an entry has no neighbour');
    this.replace(at, at, previous < 0 ? text + placement.separator : placement.separator + text);
  }

  private spliceValue(of: Branch | List, index: number, entry: JsonEntry, value: Value): void {
    const old = entry.value;
    if (value === old && value.kind !== 'leaf') {
      this.pending.push(value);
    } else if (value.kind === 'leaf' && old.kind === 'leaf') {
      this.spliceLeaf(old, value);
    } else {
      const start = valueStartOf(old, this.target.json) ?? entry.start;
      this.replace(start, entry.end, this.print(value, this.layout.placement(of, index)));
    }
  }

  private spliceLeaf({ source }: Leaf, { value }: Leaf): void {
    if (source && !sameLeafValue(value, source.value)) {
      this.edits.push({ start: source.start, end: source.end, text: jsonScalar(value, this.sealed) });
    }
  }

  /** Writes a container anew: nothing of it stayed, or its order changed. */
  private reprint(of: Branch | List, wanted: readonly Wanted[]): void {
    const { start, end } = this.layout.containerOf(of);
    const placement = this.layout.placement(of, 0);
    const values = wanted.map(({ value }) => value);
    const keys = wanted.map(({ node }) => (node.kind === 'item' ? node.key : ''));
    const copy =
      of.kind === 'list' ? list(values) : branch(values.map((value, index) => item(keys[index] ?? '', value)));
    this.replace(start, end, printJson(copy, placement.style, placement.outer, this.sealed));
  }

  private print(value: Value, { style, indent }: Placement): string {
    return printJson(value, style, indent, this.sealed);
  }

  /**
   * What stands behind the root's closing brace is no part of the tree: SOPS drops it, and plaintext must
   * not stay there in an encrypted file. White space stays.
   */
  private dropTrailingText(): void {
    const { text, json } = this.target;
    const { end } = this.layout.containerOf(json.root);
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
