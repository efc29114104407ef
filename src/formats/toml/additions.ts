/** Finds where what a TOML tree got besides its text is written, and how. */
import { nodes } from '../../tree/leaves.js';
import { rebuilt } from '../../tree/rebuild.js';
import { type Branch, type Comment, type Item, item, type KeyPath, type List, type Value } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import type { Edit } from '../store.js';
import type { LiveSection, Survey } from './insertion-points.js';
import { Insertions } from './insertions.js';
import { behindLine, lineStart, type TomlEntry, type TomlText } from './places.js';
import { tomlKeyText } from './scalar.js';
import { type CommentedItem, commentText, placedComments, type TomlPrint } from './value-text.js';
import { isTable, printTables, tomlEntryLines } from './write.js';

export interface AdditionOptions {
  readonly text: string;
  readonly toml: TomlText;
  readonly document: Branch;
  readonly survey: Survey;
  readonly print: TomlPrint;
}

/** Where in a branch the next thing goes. */
interface At {
  readonly to: Branch;
  readonly path: KeyPath;
  /** The offset after the last entry or comment passed that stands below the branch's own header, or at its dotted keys. */
  line: number | undefined;
  /** The last section of the last table passed. */
  table: LiveSection | undefined;
  /** New entries of a branch that has no header yet. */
  readonly bare: CommentedItem[];
}

export class Additions {
  private readonly insertions: Insertions;
  private readonly inline: Edit[] = [];

  constructor(private readonly options: AdditionOptions) {
    this.insertions = new Insertions(options.text, options.print);
  }

  /** The insertions for all items, tables and comments that do not stand in the text. Throws `output-format`. */
  find(): Edit[] {
    const pending: [Branch | List, KeyPath][] = [[this.options.document, []]];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [of, path] = next;
      // The last one is looked at first.
      const inner = of.kind === 'list' ? this.findInList(of, path) : this.findInBranch(of, path);
      append(pending, inner.reverse());
    }
    return [...this.inline, ...this.insertions.edits()];
  }

  private findInList(of: List, path: KeyPath): [Branch | List, KeyPath][] {
    const { survey } = this.options;
    const inner: [Branch | List, KeyPath][] = [];
    const first = of.items.find((entry) => entry.kind === 'branch' && survey.shown.has(entry));
    let end = this.endBefore(first?.kind === 'branch' ? survey.standingOf(first).first : undefined);
    for (const entry of of.items) {
      if (entry.kind !== 'branch' && entry.kind !== 'list') continue;
      if (survey.shown.has(entry)) {
        inner.push([entry, path]);
        end = this.endOf(survey.standingOf(entry).last);
      } else this.addTable(end, path, { kind: 'list', items: [this.unwritten(entry)] });
    }
    return inner;
  }

  private findInBranch(of: Branch, path: KeyPath): [Branch | List, KeyPath][] {
    const { survey, toml } = this.options;
    const inner: [Branch | List, KeyPath][] = [];
    const at: At = { to: of, path, line: undefined, table: undefined, bare: [] };
    const lastEntry = of.items.findLastIndex((entry) => entry.kind === 'item' && this.isEntry(entry));
    let comments: Comment[] = [];
    for (const [index, entry] of of.items.entries()) {
      if (entry.kind === 'comment') {
        if (!survey.comments.has(entry)) comments.push(entry);
        else this.pass(at, entry);
        continue;
      }
      const { value } = entry;
      const own = [...path, entry.key];
      if (survey.shown.has(entry) || survey.shown.has(value)) {
        this.addComments(entry, comments);
        if (value.kind !== 'leaf' && this.isOpen(value)) inner.push([value, own]);
        this.passItem(at, entry);
      } else if (isTable(value) && !toml.dotted.has(of) && index > lastEntry) {
        this.addTable(at.table ? this.endOf(at.table) : this.tableStart(of), own, this.unwritten(value), comments);
      } else this.addEntry(at, { item: item(entry.key, this.unwritten(value)), comments });
      comments = [];
    }
    if (comments.length > 0) this.addLast(at, comments);
    this.addBare(at);
    return inner;
  }

  /** Whether an item stands at a key, or is to: not under a header. */
  private isEntry(of: Item): boolean {
    const { survey } = this.options;
    if (survey.entriesOf(of)) return true;
    return !survey.shown.has(of.value) && !isTable(of.value);
  }

  /** Whether entries of a container stand under headers or keys of their own, not in brackets or braces. */
  private isOpen(value: Branch | List): boolean {
    return this.options.survey.standingOf(value).last !== undefined;
  }

  /** A value without the comments that stand in the text: what they stood at may be gone, but they stay. */
  private unwritten<T extends Value>(value: T): T {
    const { comments, live } = this.options.survey;
    const itemsOf = ({ items }: Branch): (Item | Comment)[] =>
      items.filter((entry) => entry.kind === 'item' || !comments.has(entry) || !live.has(entry));
    return rebuilt(value, { itemsOf, leaf: (of) => of, comment: (of) => of }) as T;
  }

  private pass(at: At, { inline, source }: Comment): void {
    const { text, survey } = this.options;
    const own = survey.standingOf(at.to).own;
    if (!own || !source || inline) return;
    const start = own.section.header?.end ?? 0;
    const end = own.entries.at(-1)?.place.end ?? start;
    if (source.start >= start && source.end <= end) at.line = behindLine(text, source.end);
  }

  private passItem(at: At, passed: Item): void {
    const { survey, text } = this.options;
    const last = survey.entriesOf(passed)?.last;
    if (last) at.line = behindLine(text, last.place.end);
    else if (passed.value.kind !== 'leaf') at.table = survey.standingOf(passed.value).last ?? at.table;
  }

  private addTable(at: number, path: KeyPath, value: Branch | List, comments: readonly Comment[] = []): void {
    this.insertions.table(at, printTables(path, value, this.options.print, comments), path.length);
  }

  private addEntry(at: At, added: CommentedItem): void {
    const { to, path } = at;
    const { survey, toml, text, print } = this.options;
    const { own, entry } = survey.standingOf(to);
    const isDotted = entry !== undefined && toml.dotted.has(to);
    if (!own && !isDotted) {
      at.bare.push(added);
      return;
    }
    const near = isDotted ? entry : own?.entries.findLast(({ chain }) => chain[0] === to);
    const prefix = isDotted ? this.prefixOf(entry, to, path) : '';
    const inBraces = !holdsComments(added.item.value);
    const lines = tomlEntryLines({ prefix, path: [...path, added.item.key], inBraces }, added, print);
    const header = own?.section.header;
    const top = header ? behindLine(text, header.end) : lineStart(text, 0);
    const line = at.line ?? (isDotted ? behindLine(text, entry.place.end) : top);
    this.insertions.lines(line, lines.map((one) => this.indentOf(near) + one + print.lineEnd).join(''));
  }

  private indentOf(near: TomlEntry | undefined): string {
    const { text } = this.options;
    return near ? (/^[ \t]*/.exec(text.slice(lineStart(text, near.start), near.start))?.[0] ?? '') : '';
  }

  /** The new entries of a branch that has no header of its own get one, before those of the tables within it. */
  private addBare({ to, path, bare }: At): void {
    if (bare.length === 0) return;
    const { survey, print } = this.options;
    const items = bare.flatMap((one) => [...one.comments, one.item]);
    const lines = printTables(path, { kind: 'branch', items }, print);
    this.insertions.table(this.endBefore(survey.standingOf(to).first), lines, path.length + 1.5);
  }

  /** Comments before an item that stands in the text. */
  private addComments(about: Item, comments: readonly Comment[]): void {
    if (comments.length === 0) return;
    const { survey, text } = this.options;
    const entries = survey.entriesOf(about);
    const standing = about.value.kind === 'leaf' ? undefined : survey.standingOf(about.value);
    const header = (standing?.own ?? standing?.first)?.section.header;
    const start = entries?.first.start ?? header?.start;
    const end = entries?.first.place.end ?? header?.end;
    if (start === undefined || end === undefined) return;
    const isTaken = /^[ \t]*#/.test(text.slice(end, behindLine(text, end)));
    const { above, behind } = isTaken ? { above: comments, behind: '' } : placedComments(comments);
    if (behind !== '') this.inline.push({ start: end, end, text: behind });
    this.addLines(lineStart(text, start), above, this.indentOf(entries?.first));
  }

  /** Comments after all entries of a branch. */
  private addLast({ to, line }: At, comments: readonly Comment[]): void {
    const { survey } = this.options;
    const { own, entry } = survey.standingOf(to);
    if (!own && !entry) return;
    const near = own?.entries.at(-1) ?? entry;
    this.addLines(
      own ? this.endOf(own) : (line ?? behindLine(this.options.text, entry?.place.end ?? 0)),
      comments,
      this.indentOf(near),
    );
  }

  private addLines(at: number, comments: readonly Comment[], indent: string): void {
    const { lineEnd } = this.options.print;
    const lines = comments.map((one) =>
      commentText(one)
        .split('\n')
        .map((text) => indent + text + lineEnd)
        .join(''),
    );
    if (lines.length > 0) this.insertions.lines(at, lines.join(''));
  }

  /** The keys with dots before that of a branch, as they lead to it from their section. */
  private prefixOf({ chain }: TomlEntry, to: Branch, path: KeyPath): string {
    const depth = chain.indexOf(to);
    const names = path.slice(path.length - depth);
    return names.map((name) => `${tomlKeyText(name, path)}.`).join('');
  }

  /** The offset where the first table of a branch goes. */
  private tableStart(of: Branch): number {
    const { own, first } = this.options.survey.standingOf(of);
    return own ? this.endOf(own) : this.endBefore(first);
  }

  /** The offset after what stands before a section. */
  private endBefore(section: LiveSection | undefined): number {
    const before = section && this.options.survey.sections[section.index - 1];
    return this.endOf(before);
  }

  /** The offset after a section. */
  private endOf(last: LiveSection | undefined): number {
    const { text } = this.options;
    if (!last) return text.length;
    const { section, entries } = last;
    const end = entries.at(-1)?.place.end ?? section.header?.end;
    return end === undefined ? lineStart(text, 0) : behindLine(text, end);
  }
}

function holdsComments(value: Value): boolean {
  for (const { node } of nodes([value])) if (node.kind === 'comment') return true;
  return false;
}
