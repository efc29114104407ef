/** The replacements that bring an INI text up to date with its tree. */

import { SopsError } from '../../errors.js';
import type { Branch, Comment, Item } from '../../tree/tree.js';
import type { Span } from '../span.js';
import type { Edit } from '../store.js';
import { type Fragment, type IniComment, writeComment } from './comment.js';
import type { IniLine } from './line.js';
import type { IniSection, IniText } from './read.js';
import { runsOn, type ValueStyle } from './value.js';
import { commentsBehind, iniKeyText, iniMetadataText, printSection, valueText } from './write.js';

/** A text, what was read from it, and what it shall hold. */
export interface IniTarget {
  readonly text: string;
  readonly ini: IniText;
  readonly document: Branch;
  readonly metadata: Branch | null;
}

/** The replacements for a text whose tree may have changed, sorted. Throws `output-format`. */
export function spliceIni(target: IniTarget): Edit[] {
  return new IniSplicer(target).splice();
}

class IniSplicer {
  private readonly edits: Edit[] = [];
  private readonly text: string;
  private readonly sealed: boolean;
  /** The line end of the file. */
  private readonly lineEnd: string;
  /** Whether an insertion has ended the last line of a text that has no final line end. */
  private isEnded = false;

  constructor(private readonly target: IniTarget) {
    this.text = target.text;
    this.sealed = target.metadata !== null;
    this.lineEnd = this.text[this.text.indexOf('\n') - 1] === '\r' ? '\r\n' : '\n';
  }

  splice(): Edit[] {
    const { ini, document } = this.target;
    const known = new Set<Item | Comment>(ini.sections.map(({ node }) => node));
    const wanted = new Set(document.items);
    for (const section of ini.sections) {
      if (wanted.has(section.node)) this.spliceSection(section);
      else this.removeSection(section);
    }
    let previous = ini.sections.at(-1);
    const bySection = new Map<Item | Comment, IniSection>(ini.sections.map((section) => [section.node, section]));
    for (const entry of document.items) {
      previous = bySection.get(entry) ?? previous;
      if (entry.kind === 'item' && !known.has(entry)) this.addSection(entry, previous);
    }
    this.spliceMetadata();
    return this.edits.sort((one, other) => one.start - other.start || one.end - other.end);
  }

  private spliceSection(section: IniSection): void {
    const { node, header, junk, comment, keys, trailing } = section;
    if (node.value.kind !== 'branch') {
      throw new SopsError('output-format', 'INI needs a map at the top level for every section', { path: [node.key] });
    }
    const { items } = node.value;
    const wanted = new Set(items);
    if (junk) this.replace(junk, '');
    if (comment) this.spliceComment(comment, wanted, header);
    for (const key of keys) {
      if (wanted.has(key)) this.spliceKey(node.key, key, wanted);
      else this.removeKey(key);
    }
    if (trailing) this.spliceComment(trailing, wanted, null);
    this.addComments(section, items);
    this.addKeys(section, items);
  }

  private spliceKey(section: string, key: IniLine, wanted: ReadonlySet<Item | Comment>): void {
    const { comment, valueSpan, repeats } = key;
    const isLast = this.sealed && key.next === this.text.length;
    const isChanged = !key.isAsRead || (isLast && runsOn(this.sliceOf(valueSpan), key.read));
    const value = isChanged ? valueText(section, key, styleFor(key), this.sealed) : null;
    if (repeats.length > 0 || (comment && movesComment(comment, value))) {
      this.rewriteKey(section, key, value, wanted);
      return;
    }
    for (const junk of key.junk) this.replace(junk, '');
    if (value !== null) this.replace(valueSpan, value);
    if (comment) this.spliceComment(comment, wanted, null);
  }

  /** Writes a key anew (null: with the value it has), with its comment above and without the lines that repeat it. */
  private rewriteKey(section: string, of: IniLine, value: string | null, wanted: ReadonlySet<unknown>): void {
    const { region, start, name: key, place, comment, repeats } = of;
    const { text, lineEnd } = this;
    const indent = text.slice(start, key.span.start);
    const kept = comment && wanted.has(comment.node) ? comment : null;
    const prefix = kept?.fragments[0]?.inline ? '; ' : (kept?.prefix ?? '');
    const lines = kept ? writeComment(kept.node.text, prefix, false).map((line) => indent + line + lineEnd) : [];
    const asRead = repeats.length > 0 ? valueText(section, of, place.style, this.sealed) : this.sliceOf(place.span);
    const written =
      text.slice(start, key.span.end) + text.slice(key.junk?.end ?? key.span.end, place.span.start) + (value ?? asRead);
    // The line end stays: after the last key it is the metadata's to remove.
    const lineBreak = /\r?\n$/.exec(text.slice(Math.max(region.start, region.end - 2), region.end))?.[0].length ?? 0;
    this.replace({ start: region.start, end: region.end - lineBreak }, lines.join('') + written);
    for (const repeat of repeats) this.replace(repeat, '');
  }

  /**
   * Writes a comment that has changed where its first piece stands, and removes the others. After a header none
   * can stay: the name goes up to the last bracket of the line, and ciphertext has one.
   */
  private spliceComment(comment: IniComment, wanted: ReadonlySet<unknown>, header: Span | null): void {
    const { node, fragments, prefix } = comment;
    const [first, ...others] = fragments;
    if (!first || (wanted.has(node) && node.text === comment.text)) return;
    for (const { cut } of wanted.has(node) ? others : fragments) this.replace(cut, '');
    if (!wanted.has(node)) return;
    const lines = writeComment(node.text, prefix, header !== null);
    if (first.inline && header) {
      const indent = this.indentOf(header.start);
      this.replace(first.cut, '');
      this.insert(header.start, lines.map((line) => indent + line + this.lineEnd).join(''));
    } else {
      const indent = first.inline ? '' : this.text.slice(first.cut.start, first.span.start);
      this.replace(first.span, lines.join(this.lineEnd + indent));
    }
  }

  private indentOf(start: number): string {
    return /^[ \t]*/.exec(this.text.slice(start, this.text.indexOf('[', start)))?.[0] ?? '';
  }

  private removeKey({ region, repeats }: IniLine): void {
    for (const span of [region, ...repeats]) this.replace(span, '');
  }

  private removeSection({ header, comment, keys, trailing }: IniSection): void {
    for (const key of keys) this.removeKey(key);
    if (header) this.replace(header, '');
    for (const { cut, inline } of [...(comment?.fragments ?? []), ...(trailing?.fragments ?? [])]) {
      if (!inline) this.replace(cut, '');
    }
  }

  /** Adds the comments that were not read from the text above the keys that they follow in the tree, the first one above the header. */
  private addComments({ header, comment, keys, trailing }: IniSection, items: readonly (Item | Comment)[]): void {
    const known = new Set([comment, trailing, ...keys.map((key) => key.comment)].map((one) => one?.node));
    const lines = new Map<Item | Comment, IniLine>(keys.map((key) => [key, key]));
    let below: { readonly start: number; readonly indent: string } | undefined;
    if (header) below = { start: header.start, indent: this.indentOf(header.start) };
    for (const [index, entry] of items.entries()) {
      const key = lines.get(entry);
      if (entry.kind === 'item')
        below = key && { start: key.region.start, indent: this.text.slice(key.start, key.name.span.start) };
      if (entry.kind !== 'comment' || known.has(entry) || !below) continue;
      const { start, indent } = below;
      const written = writeComment(entry.text, '; ', index === 0);
      this.insert(start, written.map((line) => indent + line + this.lineEnd).join(''));
    }
  }

  /** Adds the keys that were not read from the text, each after the one it follows in the tree. */
  private addKeys(section: IniSection, items: readonly (Item | Comment)[]): void {
    const known = new Map<Item | Comment, IniLine>(section.keys.map((key) => [key, key]));
    let previous: IniLine | undefined;
    let at = section.header?.end ?? section.keys[0]?.region.start ?? section.end;
    for (const entry of items) {
      const key = known.get(entry);
      if (key) {
        previous = key;
        at = key.region.end;
      } else if (entry.kind === 'item') {
        const above = commentsBehind(items, entry).map((line) => line + this.lineEnd);
        this.insertLines(at, above.join('') + this.keyLine(section, entry, previous ?? section.keys[0]));
      }
    }
  }

  /** The line of a new key, aligned as a neighbour's. */
  private keyLine({ node }: IniSection, entry: Item, like: IniLine | undefined): string {
    const name = iniKeyText(node.key, entry.key);
    const value = valueText(node.key, entry, 'bare', this.sealed);
    if (!like) return `${name} = ${value}${this.lineEnd}`;
    const { delimiter, span } = like.name;
    const isPadded = delimiter > span.end;
    const indent = this.text.slice(like.start, span.start);
    const padded = isPadded ? `${name.padEnd(delimiter - span.start - 1)} ` : name;
    return indent + padded + this.text.slice(delimiter, like.place.span.start) + value + this.lineEnd;
  }

  /** Adds a section below another one. */
  private addSection(section: Item, above: IniSection | undefined): void {
    const at = above?.trailing?.fragments.at(-1)?.cut.end ?? above?.end ?? 0;
    const printed = printSection(section, { first: false, sealed: this.sealed, lineEnd: this.lineEnd });
    this.insertLines(at, (at > 0 ? this.lineEnd : '') + printed);
  }

  /**
   * The metadata section comes last, after one more line end: to a text that ends in one it is a blank line as
   * SOPS has it, to any other the end of its last line. Removing both so always leaves the text as it was.
   */
  private spliceMetadata(): void {
    const { metadata, ini } = this.target;
    const { text, lineEnd } = this;
    const section = ini.sops?.header ? { start: ini.sops.header.start, end: ini.sops.end } : null;
    if (!metadata) {
      if (section) this.removeMetadata(section);
      return;
    }
    const printed = iniMetadataText(metadata, lineEnd);
    if (section) {
      this.replace(section, printed);
    } else {
      this.insert(text.length, (text === '' ? '' : lineEnd) + printed);
    }
  }

  private removeMetadata({ start, end }: Span): void {
    const { text } = this;
    const isLast = this.target.ini.sections.every(({ header }) => !header || header.start < start);
    const before = /\r?\n$/.exec(text.slice(Math.max(0, start - 2), start))?.[0].length ?? 0;
    const isBlank = text[start - before - 1] === '\n';
    this.replace({ start: isLast || isBlank ? start - before : start, end: isLast ? text.length : end }, '');
  }

  /** Inserts lines, first ending the last line of the text if it has no end. */
  private insertLines(at: number, lines: string): void {
    const { text } = this;
    const endsInLine = text !== '' && text !== '\ufeff' && !text.endsWith('\n');
    const isOpen = at === text.length && !this.isEnded && endsInLine;
    this.isEnded ||= isOpen;
    this.insert(at, (isOpen ? this.lineEnd : '') + lines);
  }

  private sliceOf({ start, end }: Span): string {
    return this.text.slice(start, end);
  }

  private insert(at: number, text: string): void {
    this.edits.push({ start: at, end: at, text });
  }

  private replace({ start, end }: Span, text: string): void {
    if (this.sliceOf({ start, end }) !== text) this.edits.push({ start, end, text });
  }
}

/** Whether a comment after a value cannot stay there: after a value in backticks or triple quotes SOPS ignores it. */
function movesComment({ node, fragments, text }: IniComment, value: string | null): boolean {
  const [first] = fragments;
  const last: Fragment | undefined = fragments.at(-1);
  if (!last?.inline) return false;
  return (
    (value !== null && /^(?:`|""")/.test(value)) || (first === last && node.text !== text && node.text.includes('\n'))
  );
}

/** The style in which a value is written: its own, if it stood somewhere. */
function styleFor({ value, place }: IniLine): ValueStyle {
  const style = value.kind === 'leaf' ? value.source?.style : undefined;
  return (style ?? place.style) as ValueStyle;
}
