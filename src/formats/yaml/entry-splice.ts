/** The edits for entries of a YAML text that have come, gone, or got a value of another kind. */
import {
  type Branch,
  branch,
  type Comment,
  type Item,
  item,
  type Leaf,
  type List,
  leaf,
  list,
  type Value,
} from '../../tree/tree.js';
import type { Edit } from '../store.js';
import { isBreak } from './characters.js';
import { withoutComments } from './copy.js';
import type { DocumentPlace } from './documents.js';
import { emitValue, emitYaml } from './emit.js';
import { commaBehind, emitFlow } from './emit-flow.js';
import { type EntryPlace, type EntryPlaces, type PlacedNode, valuesBelow } from './entry-places.js';
import { layScalar } from './scalar-text.js';

/** What becomes of the entries of one document. */
export interface SplicedEntries {
  readonly edits: Edit[];
  /** Values that leave the text, so that aliases cannot stand for them any more. */
  readonly gone: ReadonlySet<Value>;
}

/** A document whose entries may have changed. */
export interface ChangedDocument {
  readonly root: Branch;
  readonly place: DocumentPlace;
  /** Of what is written anew, as `--indent`. */
  readonly indent: number | undefined;
}

/** The edits of the entries of one document, unsorted. `entries` tells where they stood. Throws `output-format`. */
export function spliceEntries(text: string, entries: EntryPlaces, document: ChangedDocument): SplicedEntries {
  const splicer = new EntrySplicer(text, entries, document.root, document.indent);
  splicer.splice(document.place);
  return splicer;
}

/** Collects the edits of the entries of one document. */
class EntrySplicer implements SplicedEntries {
  readonly edits: Edit[] = [];
  readonly gone = new Set<Value>();
  private readonly lineBreak: string;
  private readonly indent: number | undefined;

  constructor(
    private readonly text: string,
    private readonly places: EntryPlaces,
    private readonly root: Branch,
    indent: number | undefined,
  ) {
    this.lineBreak = /\r?\n/.exec(text)?.[0] ?? '\n';
    this.indent = indent ?? this.indentOfText();
  }

  splice(place: DocumentPlace): void {
    const pending: (Branch | List)[] = [this.root];
    for (let of = pending.pop(); of; of = pending.pop()) {
      if (!this.spliceEntries(of)) {
        // Only the root comes here: other collections that cannot be spliced are written anew by what holds them.
        this.spliceRoot(place);
        continue;
      }
      for (const entry of of.items) {
        const value = entry.kind === 'item' ? entry.value : entry;
        if (value.kind === 'leaf' || value.kind === 'comment' || value.alias) continue;
        if (entry.kind !== 'comment' && this.places.of(entry) && !this.isReplaced(entry)) pending.push(value);
      }
    }
  }

  /** Splices what a collection holds; false when nothing of it stays, or nothing was there. */
  private spliceEntries(of: Branch | List): boolean {
    const before = this.entriesOf(this.places.heldBy(of));
    const present = new Set<PlacedNode | Comment>(of.items);
    const removed = before.filter((entry) => !present.has(entry));
    const added = this.entriesOf(of.items).filter((entry) => !this.places.of(entry));
    const kept = before.filter((entry) => present.has(entry));
    for (const entry of removed) this.noteGone(entry);
    if (
      of.kind === 'list' &&
      removed.length === 1 &&
      added.length === 1 &&
      before.length === this.entriesOf(of.items).length
    ) {
      this.rewrite(removed[0] as Value, added[0] as Value);
      return true;
    }
    if (kept.length === 0 && removed.length + added.length > 0) return false;
    for (const entry of kept) if (this.isReplaced(entry)) this.rewrite(entry, entry);
    for (const entry of removed) this.remove(entry, this.places.heldBy(of), before);
    const last = kept.at(-1);
    if (last && added.length > 0) this.append(added, last);
    return true;
  }

  /** Whether an entry that was read must be written anew: it has another value, or one of which no entry stays. */
  private isReplaced(entry: PlacedNode): boolean {
    const old = this.places.valueOf(entry);
    const value = entry.kind === 'item' ? entry.value : entry;
    if (value !== old) return true;
    if (value.kind === 'leaf' || value.alias) return false;
    const before = this.entriesOf(this.places.heldBy(value));
    const present = new Set<PlacedNode | Comment>(value.items);
    const now = this.entriesOf(value.items);
    return !before.some((one) => present.has(one)) && before.length + now.length > 0;
  }

  private entriesOf(items: readonly (PlacedNode | Comment)[]): PlacedNode[] {
    return items.filter((entry) => entry.kind !== 'comment');
  }

  private noteGone(entry: PlacedNode): void {
    const value = this.places.valueOf(entry);
    if (value) for (const each of valuesBelow(value)) this.gone.add(each);
  }

  /** Writes an entry in the place of one that was read; what stands behind that on its line stays there. */
  private rewrite(old: PlacedNode, entry: PlacedNode): void {
    const place = this.placeOf(old);
    this.noteGone(old);
    if (place.inFlow) {
      this.edits.push({ start: place.start, end: place.end, text: flowText(entry) });
      return;
    }
    const [first = '', ...rest] = this.blockLines(entry, this.columnOf(place.start));
    this.edits.push({ start: place.start, end: place.end, text: first });
    const lineEnd = this.lineEnd(place.end);
    const below = rest.map((line) => this.lineBreak + line).join('');
    if (below !== '') this.edits.push({ start: lineEnd, end: lineEnd, text: below });
  }

  /** Removes an entry with its lines and the comments right above it. */
  private remove(entry: PlacedNode, held: readonly (PlacedNode | Comment)[], before: readonly PlacedNode[]): void {
    const place = this.placeOf(entry);
    const next = before[before.indexOf(entry) + 1];
    const previous = before[before.indexOf(entry) - 1];
    const isFirstOfLine = /^[ \t]*$/.test(this.text.slice(this.lineStart(place.start), place.start));
    if (place.inFlow || !isFirstOfLine) {
      if (next) this.edits.push({ start: place.start, end: this.placeOf(next).start, text: '' });
      else this.edits.push({ start: previous ? this.placeOf(previous).end : place.start, end: place.end, text: '' });
      return;
    }
    let start = this.startWithComments(entry, held);
    const end = this.behindLines(entry, place);
    const isOpen = end === this.text.length && !isBreak(this.text.charCodeAt(end - 1));
    if (isOpen) start -= /\r?\n$/.exec(this.text.slice(Math.max(0, start - 2), start))?.[0].length ?? 0;
    this.edits.push({ start, end, text: '' });
  }

  /** The start of the lines of an entry, with the comment lines right above it. */
  private startWithComments(entry: PlacedNode, held: readonly (PlacedNode | Comment)[]): number {
    let start = this.lineStart(this.placeOf(entry).start);
    for (let at = held.indexOf(entry) - 1; at >= 0; at--) {
      const above = held[at];
      if (above?.kind !== 'comment' || !above.source) break;
      if (above.inline) continue;
      const line = this.lineStart(above.source.start);
      const isOwn = /^[ \t]*#$/.test(this.text.slice(line, above.source.start));
      if (!isOwn || this.behindLine(above.source.end) !== start) break;
      start = line;
    }
    return start;
  }

  /** Writes new entries below (in brackets: behind) one that was read. */
  private append(added: readonly PlacedNode[], last: PlacedNode): void {
    const place = this.placeOf(last);
    if (place.inFlow) {
      this.edits.push({
        start: place.end,
        end: place.end,
        text: commaBehind(this.text, place.end, last) + added.map(flowText).join(', '),
      });
      return;
    }
    const column = this.columnOf(place.start);
    this.insertLines(
      this.behindLines(last, place),
      added.flatMap((entry) =>
        this.blockLines(entry, column).map((line, at) => (at === 0 ? ' '.repeat(column) + line : line)),
      ),
    );
  }

  private insertLines(at: number, lines: readonly string[]): void {
    const { lineBreak, text } = this;
    const isOpen = at > 0 && !isBreak(text.charCodeAt(at - 1)) && text.charCodeAt(at - 1) !== 0xfeff;
    const written = lines.map((line) => (isOpen ? lineBreak + line : line + lineBreak)).join('');
    this.edits.push({ start: at, end: at, text: written });
  }

  /** A root that holds nothing any more, or held nothing before. */
  private spliceRoot(place: DocumentPlace): void {
    const before = this.entriesOf(this.places.heldBy(this.root));
    const added = this.entriesOf(this.root.items);
    const [first] = before;
    const last = before.at(-1);
    if (first && last) {
      const { start, inFlow } = this.placeOf(first);
      const written = added.length === 0 ? (inFlow ? '' : '{}') : undefined;
      if (written !== undefined) this.edits.push({ start, end: this.placeOf(last).end, text: written });
    } else if (place.flow) {
      this.edits.push({ start: place.flow.at, end: place.flow.at, text: added.map(flowText).join(', ') });
    } else {
      if (place.nullRoot) this.edits.push({ ...place.nullRoot, text: '' });
      const lines = added.flatMap((entry) => this.blockLines(entry, 0));
      this.insertLines(place.end, lines);
    }
  }

  /** The lines of an entry in block style; the first one begins at the column, and has no blanks in front. */
  private blockLines(entry: PlacedNode, column: number): string[] {
    const options = this.indent === undefined ? {} : { indent: this.indent };
    const written =
      entry.kind === 'item'
        ? emitYaml([branch([item(entry.key, withoutComments(entry.value))])], null, options)
        : emitValue(list([withoutComments(entry)]), options);
    const lines = written.split('\n');
    lines.pop();
    return lines.map((line, at) => (at === 0 || line === '' ? line : ' '.repeat(column) + line));
  }

  /** Behind the last line of an entry, with the empty lines that a block scalar at its end counts as its own. */
  private behindLines(entry: PlacedNode, { end }: EntryPlace): number {
    let at = this.behindLine(end);
    const last = lastLeafOf(this.places.valueOf(entry));
    const header = last?.source ? this.text.slice(last.source.start, last.source.start + 3) : '';
    if (!/^[|>][0-9]?\+/.test(header)) return at;
    while (at < this.text.length && /^[ \t]*$/.test(this.text.slice(at, this.lineEnd(at)))) at = this.behindLine(at);
    return at;
  }

  private placeOf(entry: PlacedNode): EntryPlace {
    const place = this.places.of(entry);
    if (!place) throw new TypeError('an entry has no place in the text');
    return place;
  }

  private columnOf(at: number): number {
    return at - this.lineStart(at);
  }

  private lineStart(at: number): number {
    let start = at;
    while (start > 0 && !isBreak(this.text.charCodeAt(start - 1)) && this.text.charCodeAt(start - 1) !== 0xfeff)
      start -= 1;
    return start;
  }

  private lineEnd(at: number): number {
    let end = at;
    while (end < this.text.length && !isBreak(this.text.charCodeAt(end))) end += 1;
    return end;
  }

  private behindLine(at: number): number {
    const end = this.lineEnd(at);
    return Math.min(end + (this.text.startsWith('\r\n', end) ? 2 : 1), this.text.length);
  }

  /** How far the text indents what stands below a key; undefined when nothing does. */
  private indentOfText(): number | undefined {
    const pending: (Branch | List)[] = [this.root];
    for (let of = pending.shift(); of; of = pending.shift()) {
      for (const entry of of.items) {
        const value = entry.kind === 'item' ? entry.value : entry;
        if (value.kind === 'leaf' || value.kind === 'comment' || value.alias) continue;
        const step = entry.kind === 'item' ? this.stepOf(entry, value) : 0;
        if (step > 1) return step;
        if (pending.length < MOST_LOOKED_AT) pending.push(value);
      }
    }
    return undefined;
  }

  private stepOf(entry: Item, value: Branch | List): number {
    const outer = this.places.of(entry);
    const [first] = this.entriesOf(this.places.heldBy(value));
    const inner = first && this.places.of(first);
    if (!outer || !inner || inner.inFlow) return 0;
    return this.columnOf(inner.start) - this.columnOf(outer.start);
  }
}

/** Collections that are waited for while looking for the indentation of a text. */
const MOST_LOOKED_AT = 1000;

function lastLeafOf(value: Value | undefined): Leaf | undefined {
  let at = value;
  while (at && at.kind !== 'leaf') {
    const entries: readonly (PlacedNode | Comment)[] = at.items;
    const last = entries.findLast((entry) => entry.kind !== 'comment');
    at = last?.kind === 'item' ? last.value : last;
  }
  return at;
}

/** An entry as it stands in brackets. */
function flowText(entry: PlacedNode): string {
  if (entry.kind === 'item') return `${flowValue(leaf(entry.key))}: ${flowValue(entry.value)}`;
  return flowValue(entry);
}

function flowValue(value: Value): string {
  if (value.kind !== 'leaf') return emitFlow(withoutComments(value));
  return layScalar(value.value, { inFlow: true, contentIndent: 0, parentIndent: 0 }).head;
}
