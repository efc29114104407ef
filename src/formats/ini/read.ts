/** Reads INI text into a tree that knows where each part stands (docs/format.md#ini). */

import { SopsError } from '../../errors.js';
import { type Branch, branch, type Item, item } from '../../tree/tree.js';
import { documentError, unwalkable } from '../document-error.js';
import type { Span } from '../span.js';
import { type Fragment, type IniComment, readComment } from './comment.js';
import { type IniKeyName, readKey } from './key.js';
import { type IniLine, IniLines } from './line.js';
import { findMark, type IniValue, readIniValue } from './value.js';
import { lineEnd, trimSpan } from './white-space.js';

/** A section. Of the one before the first header there is no header. */
export interface IniSection {
  readonly node: Item;
  readonly branch: Branch;
  readonly header: Span | null;
  /** Text that SOPS ignores after the header's bracket. */
  readonly junk: Span | null;
  readonly comment: IniComment | null;
  readonly keys: readonly IniLine[];
  /** The comment below the last key that belongs to nothing: at the end of the file or above the metadata. */
  readonly trailing: IniComment | null;
  /** Offset after its last line, that of the trailing comment not counted. */
  readonly end: number;
}

export interface IniText {
  readonly sections: readonly IniSection[];
  /** The section of the metadata. */
  readonly sops: IniSection | null;
}

/** Byte order marks that SOPS skips; those of UTF-16 as the bytes they are here. */
const BYTE_ORDER_MARK = /^(?:\ufeff|\udcfe\udcff|\udcff\udcfe)/;

/** Reads a file. Throws `document-invalid`, `metadata-invalid` for two metadata sections; for a key `-` as YAML does for one that is no string. */
export function readIni(text: string): IniText {
  return new IniReader(text).read();
}

class IniReader {
  private at: number;
  /** The pieces of the comment that the next key or header will take. */
  private pending: Fragment[] = [];
  private readonly sections: IniSection[] = [];
  private keys = new Map<string, IniLine>();
  /** Offset after the last line that belongs to a key. */
  private lastLine = 0;
  private readonly lines: IniLines;
  /** What only counts when the text is otherwise well-formed. */
  private refusal: SopsError | undefined;

  constructor(private readonly text: string) {
    this.lines = new IniLines(text);
    this.at = BYTE_ORDER_MARK.exec(text)?.[0].length ?? 0;
  }

  read(): IniText {
    this.openSection('DEFAULT', null, null);
    while (this.at < this.text.length) this.readLine();
    this.closeSection(this.takeComment());
    const sops = this.sections.filter(({ node }) => node.key === 'sops');
    if (sops.length > 1) throw new SopsError('metadata-invalid', 'the section "sops" stands there twice');
    if (this.refusal) throw unwalkable(this.refusal, sops[0]);
    return { sections: this.sections.filter(({ node }) => node.key !== 'sops'), sops: sops[0] ?? null };
  }

  private readLine(): void {
    const start = this.at;
    const next = lineEnd(this.text, start);
    const { start: first, end } = trimSpan(this.text, start, next);
    this.at = next;
    if (first === end) return;
    const unit = this.text.charAt(first);
    if (unit === '#' || unit === ';') {
      this.pending.push({ span: { start: first, end }, cut: { start, end: next }, inline: false });
    } else if (unit === '[') {
      this.readHeader({ start, end: next }, first, end);
    } else {
      this.readKeyLine(start, first);
    }
  }

  private readHeader(line: Span, first: number, end: number): void {
    const { text } = this;
    const close = text.slice(first, end).lastIndexOf(']') + first;
    const name = text.slice(first + 1, close);
    if (close < first) throw documentError(text, first, 'a section header without "]"');
    if (name === '') throw documentError(text, first, 'an empty section name');
    const mark = findMark(text, close + 1, end);
    const junk = trimSpan(text, close + 1, mark);
    // The metadata is not part of the tree, so what stands above it is the end of the section before.
    this.closeSection(name === 'sops' ? this.takeComment() : null);
    const hasJunk = junk.start < junk.end;
    if (mark < end) this.pending.push(inlineFragment(mark, end, hasJunk ? junk.end : close + 1));
    this.openSection(name, line, hasJunk ? junk : null);
  }

  private openSection(name: string, header: Span | null, junk: Span | null): void {
    const comment = this.takeComment();
    const items = branch();
    this.keys = new Map();
    const end = header?.end ?? this.at;
    this.sections.push({
      node: item(name, items),
      branch: items,
      header,
      junk,
      comment,
      keys: [],
      trailing: null,
      end,
    });
  }

  /** Fills the branch of the section just read. */
  private closeSection(trailing: IniComment | null): void {
    const section = this.sections.pop();
    if (!section) return;
    const keys = [...this.keys.values()];
    const { items } = section.branch;
    if (section.comment) items.push(section.comment.node);
    for (const key of keys) {
      items.push(key);
      if (key.comment) items.push(key.comment.node);
    }
    if (trailing) items.push(trailing.node);
    this.sections.push({ ...section, keys, trailing, end: Math.max(section.end, this.lastLine) });
  }

  private readKeyLine(start: number, first: number): void {
    const { text } = this;
    const key = readKey(text, first, this.at);
    const section = this.sections.at(-1)?.node.key ?? '';
    if (key.name === '-') {
      this.refusal ??= new SopsError('leaf-not-encryptable', 'the key "-" is a comment to SOPS once written', {
        path: [section, '-'],
        hint: 'Rename the key.',
      });
    }
    const place = readIniValue(text, key.delimiter + 1);
    this.at = place.next;
    this.lastLine = place.next;
    const { comment, junk, span } = place;
    if (comment) this.pending.push(inlineFragment(comment.start, comment.end, junk?.end ?? span.end));
    this.addKey(start, key, place);
  }

  private addKey(start: number, key: IniKeyName, place: IniValue): void {
    const first = this.keys.get(key.name);
    const above = this.pending.find(({ inline }) => !inline)?.cut.start ?? start;
    const comment = this.takeComment();
    const { value } = place;
    // A repeated key keeps its place and takes over the last value and comment.
    const read =
      first?.repeatedAt({ start: above, end: place.next }, value, comment) ??
      this.lines.lineOf({ start, above, key, place, comment });
    this.keys.set(key.name, read);
  }

  private takeComment(): IniComment | null {
    const comment = readComment(this.text, this.pending);
    this.pending = [];
    return comment;
  }
}

function inlineFragment(mark: number, end: number, before: number): Fragment {
  return { span: { start: mark, end }, cut: { start: before, end }, inline: true };
}
