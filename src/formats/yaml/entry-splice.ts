/** The edits for entries of a YAML text that have come, gone, or got a value of another kind. */
import { type Branch, branch, type Comment, type Item, item, type List, list, type Value } from '../../tree/tree.js';
import type { Edit, EmitOptions } from '../store.js';
import { isBreak } from './characters.js';
import { withoutComments } from './copy.js';
import type { DocumentPlace } from './documents.js';
import { emitValue, emitYaml } from './emit.js';
import { commaBehind } from './emit-flow.js';
import { type EntryGap, gapsBetween } from './entry-gaps.js';
import type { EntryPlace, EntryPlaces, PlacedNode } from './entry-places.js';
import { flowTexts } from './entry-text.js';
import { behindYamlLine, columnOf, yamlLineEnd, yamlLineStart } from './lines.js';

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
  /** Of what is written anew. */
  readonly options: EmitOptions;
}

/** The edits of the entries of one document, unsorted. `entries` tells where they stood. Throws `output-format`. */
export function spliceEntries(text: string, entries: EntryPlaces, document: ChangedDocument): SplicedEntries {
  const splicer = new EntrySplicer(text, entries, document.root, document.options);
  splicer.splice(document.place);
  return splicer;
}

/** The texts of new comments, by the entry that they stand above. */
type FreshComments = ReadonlyMap<PlacedNode, readonly string[]>;

/** The map or list that a gap is in. */
interface Surroundings {
  readonly of: Branch | List;
  /** The entries of it that stay. */
  readonly kept: readonly PlacedNode[];
  readonly fresh: FreshComments;
}

/** Collects the edits of the entries of one document. */
class EntrySplicer implements SplicedEntries {
  readonly edits: Edit[] = [];
  readonly gone = new Set<Value>();
  /** What goes at the end of a text without a last line break. */
  private lastRemoval: Edit | undefined;
  private readonly lineBreak: string;
  private readonly options: EmitOptions;

  constructor(
    private readonly text: string,
    private readonly places: EntryPlaces,
    private readonly root: Branch,
    options: EmitOptions,
  ) {
    this.lineBreak = /\r?\n/.exec(text)?.[0] ?? '\n';
    this.options = { ...options, indent: options.indent ?? this.indentOfText() };
  }

  splice(place: DocumentPlace): void {
    const pending: (Branch | List)[] = [this.root];
    for (let of = pending.pop(); of; of = pending.pop()) {
      if (!this.spliceEntries(of)) {
        // Only the root gets here: what holds any other collection that cannot be spliced writes it anew.
        this.spliceRoot(place);
        continue;
      }
      const held = new Set(this.places.heldBy(of));
      for (const entry of of.items) {
        const value = entry.kind === 'item' ? entry.value : entry;
        if (value.kind === 'leaf' || value.kind === 'comment' || value.alias) continue;
        if (entry.kind !== 'comment' && held.has(entry) && !this.isReplaced(entry)) pending.push(value);
      }
    }
    this.spliceLastRemoval();
  }

  /** Takes the line break in front along, as the text has none at its end, unless something has come to stand there. */
  private spliceLastRemoval(): void {
    if (!this.lastRemoval) return;
    const { start, end, text } = this.lastRemoval;
    const begin = start - (/\r?\n$/.exec(this.text.slice(Math.max(0, start - 2), start))?.[0].length ?? 0);
    const isTaken = this.edits.some((edit) => edit.end > begin && edit.end <= start);
    this.edits.push({ start: isTaken ? start : begin, end, text });
  }

  /** Splices what a collection holds; false when nothing of it stays, or nothing was there. */
  private spliceEntries(of: Branch | List): boolean {
    const before = this.entriesOf(this.places.heldBy(of));
    const now = this.entriesOf(of.items);
    const present = new Set<PlacedNode | Comment>(now);
    const kept = before.filter((entry) => present.has(entry));
    for (const entry of before) if (!present.has(entry)) this.noteGone(entry);
    const isAnother = of.kind === 'list' && before.length === 1 && now.length === 1;
    if (kept.length === 0 && before.length + now.length > 0 && !isAnother) return false;
    for (const entry of kept) if (this.isReplaced(entry)) this.rewrite(entry, entry);
    const fresh = this.freshComments(of);
    for (const gap of gapsBetween(before, now)) this.spliceGap(gap, { of, kept, fresh });
    this.spliceComments(of, new Set(kept), fresh);
    return true;
  }

  /**
   * Has what has come stand where it is in the tree: in a list in the place of what has gone, else after the entry in front that was read,
   * or before the first.
   */
  private spliceGap({ previous, next, removed, added }: EntryGap, around: Surroundings): void {
    const rewritten = around.of.kind === 'list' ? Math.min(removed.length, added.length) : 0;
    for (let at = 0; at < rewritten; at++) this.rewrite(removed[at] as PlacedNode, added[at] as PlacedNode);
    const last = removed[rewritten - 1] ?? previous;
    const run = added.slice(rewritten);
    this.remove({ previous: last, next, removed: removed.slice(rewritten), added: run }, this.places.heldBy(around.of));
    if (run.length > 0 && last) this.append(run, last, around.fresh);
    else if (run.length > 0) this.prepend(run, around);
  }

  /** Comments on lines of their own that have come above entries that were read, or gone from there. */
  private spliceComments(of: Branch | List, kept: ReadonlySet<PlacedNode>, fresh: FreshComments): void {
    const present = new Set<PlacedNode | Comment>(of.items);
    let gone: Comment[] = [];
    for (const entry of this.places.heldBy(of)) {
      if (entry.kind === 'comment') {
        if (!present.has(entry)) gone.push(entry);
        continue;
      }
      const place = this.placeOf(entry);
      if (kept.has(entry) && !place.inFlow && this.isFirstOfLine(place.start)) {
        for (const comment of gone) this.removeComment(comment);
        const indent = ' '.repeat(columnOf(this.text, place.start));
        const lines = fresh.get(entry)?.map((text) => `${indent}#${text}`) ?? [];
        if (lines.length > 0) this.insertLines(yamlLineStart(this.text, place.start), lines);
      }
      gone = [];
    }
  }

  private removeComment({ source }: Comment): void {
    if (!source) return;
    const line = yamlLineStart(this.text, source.start);
    if (!/^[ \t]*#$/.test(this.text.slice(line, source.start))) return;
    this.edits.push({ start: line, end: behindYamlLine(this.text, source.end), text: '' });
  }

  /** The comments that were not read from the text, by the entry that they stand above. */
  private freshComments(of: Branch | List): FreshComments {
    const held = new Set(this.places.heldBy(of));
    const fresh = new Map<PlacedNode, string[]>();
    let above: string[] = [];
    for (const entry of of.items) {
      if (entry.kind === 'comment') {
        if (!held.has(entry)) above.push(entry.text);
        continue;
      }
      if (above.length > 0) fresh.set(entry, above);
      above = [];
    }
    return fresh;
  }

  private isFirstOfLine(start: number): boolean {
    return /^[ \t]*$/.test(this.text.slice(yamlLineStart(this.text, start), start));
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
    for (const each of this.places.valuesReadBelow(entry)) this.gone.add(each);
  }

  /** Writes an entry in the place of one that was read; what stands after that on its line stays there. */
  private rewrite(old: PlacedNode, entry: PlacedNode): void {
    const place = this.placeOf(old);
    this.noteGone(old);
    if (place.inFlow) {
      this.edits.push({ start: place.start, end: place.end, text: flowTexts([entry], this.options) });
      return;
    }
    const [first = '', ...rest] = this.blockLines(entry, columnOf(this.text, place.start));
    this.edits.push({ start: place.start, end: place.end, text: first });
    const endOfValue = yamlLineEnd(this.text, place.end);
    const below = rest.map((line) => this.lineBreak + line).join('');
    if (below !== '') this.edits.push({ start: endOfValue, end: endOfValue, text: below });
  }

  /** Removes entries that stood in one place, with their lines and the comments right above them. */
  private remove({ previous, next, removed, added }: EntryGap, held: readonly (PlacedNode | Comment)[]): void {
    const [first] = removed;
    const last = removed.at(-1);
    if (!first || !last) return;
    const place = this.placeOf(first);
    if (place.inFlow || !this.isFirstOfLine(place.start)) {
      const { end } = this.placeOf(last);
      if (next) this.edits.push({ start: place.start, end: this.placeOf(next).start, text: '' });
      else this.edits.push({ start: previous ? this.placeOf(previous).end : place.start, end, text: '' });
      return;
    }
    let start = this.startWithComments(first, held);
    for (const [at, entry] of removed.entries()) {
      const end = this.behindLines(entry, this.placeOf(entry));
      const following = removed[at + 1];
      const resumed = following && this.startWithComments(following, held);
      if (resumed === end) continue;
      const isOpen = end === this.text.length && !isBreak(this.text.charCodeAt(end - 1));
      const isFree = isOpen && added.length === 0 && !(previous && this.places.takesBreak(previous));
      if (isFree) this.lastRemoval = { start, end, text: '' };
      else this.edits.push({ start, end, text: '' });
      start = resumed ?? end;
    }
  }

  /** The start of the lines of an entry, with the comment lines right above it. */
  private startWithComments(entry: PlacedNode, held: readonly (PlacedNode | Comment)[]): number {
    let start = yamlLineStart(this.text, this.placeOf(entry).start);
    for (let at = held.indexOf(entry) - 1; at >= 0; at--) {
      const above = held[at];
      if (above?.kind !== 'comment' || !above.source) break;
      if (above.inline) continue;
      const line = yamlLineStart(this.text, above.source.start);
      const isOwn = /^[ \t]*#$/.test(this.text.slice(line, above.source.start));
      if (!isOwn || behindYamlLine(this.text, above.source.end) !== start) break;
      start = line;
    }
    return start;
  }

  /** Writes new entries below (in brackets: behind) one that was read. */
  private append(added: readonly PlacedNode[], last: PlacedNode, fresh: FreshComments): void {
    const place = this.placeOf(last);
    if (place.inFlow) {
      const written = commaBehind(this.text, place.end, last) + flowTexts(added, this.options);
      this.edits.push({ start: place.end, end: place.end, text: written });
      return;
    }
    this.insertLines(this.behindLines(last, place), this.linesOf(added, columnOf(this.text, place.start), fresh));
  }

  /** Writes new entries above the first one that stays. */
  private prepend(added: readonly PlacedNode[], { of, kept, fresh }: Surroundings): void {
    const [first] = kept as readonly [PlacedNode];
    const { start, inFlow } = this.placeOf(first);
    if (inFlow) this.edits.push({ start, end: start, text: `${flowTexts(added, this.options)}, ` });
    else if (this.isFirstOfLine(start)) {
      const at = this.startWithComments(first, this.places.heldBy(of));
      this.insertLines(at, this.linesOf(added, columnOf(this.text, start), fresh));
    } else {
      const column = columnOf(this.text, start);
      const written = this.linesOf(added, column, fresh).join(this.lineBreak).slice(column);
      this.edits.push({ start, end: start, text: written + this.lineBreak + ' '.repeat(column) });
    }
  }

  private linesOf(added: readonly PlacedNode[], column: number, fresh: FreshComments): string[] {
    const indent = ' '.repeat(column);
    return added.flatMap((entry) => [
      ...(fresh.get(entry)?.map((text) => `${indent}#${text}`) ?? []),
      ...this.blockLines(entry, column, true).map((line, at) => (at === 0 ? indent + line : line)),
    ]);
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
      this.edits.push({ start: place.flow.at, end: place.flow.at, text: flowTexts(added, this.options) });
    } else {
      if (place.nullRoot) this.edits.push({ ...place.nullRoot, text: '' });
      const lines = added.flatMap((entry) => this.blockLines(entry, 0));
      this.insertLines(place.end, lines);
    }
  }

  /** The lines of an entry in block style; the first one begins at the column, and has no blanks in front. */
  private blockLines(entry: PlacedNode, column: number, withComments = false): string[] {
    const given = entry.kind === 'item' ? entry.value : entry;
    const value = withComments ? given : withoutComments(given);
    const written =
      entry.kind === 'item'
        ? emitYaml([branch([item(entry.key, value)])], null, this.options)
        : emitValue(list([value]), this.options);
    const lines = written.split('\n');
    lines.pop();
    return lines.map((line, at) => (at === 0 || line === '' ? line : ' '.repeat(column) + line));
  }

  /** After the last line of an entry, with the empty lines that a block scalar at its end counts as its own. */
  private behindLines(entry: PlacedNode, { end }: EntryPlace): number {
    let at = behindYamlLine(this.text, end);
    const last = this.places.lastLeafOf(entry);
    const header = last?.source ? this.text.slice(last.source.start, last.source.start + 3) : '';
    if (!/^[|>][0-9]?\+/.test(header)) return at;
    while (at < this.text.length && /^[ \t]*$/.test(this.text.slice(at, yamlLineEnd(this.text, at))))
      at = behindYamlLine(this.text, at);
    return at;
  }

  private placeOf(entry: PlacedNode): EntryPlace {
    const place = this.places.of(entry);
    if (!place) throw new TypeError('an entry has no place in the text');
    return place;
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
    return columnOf(this.text, inner.start) - columnOf(this.text, outer.start);
  }
}

/** Collections that are waited for while looking for the indentation of a text. */
const MOST_LOOKED_AT = 1000;
