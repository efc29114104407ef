/** Finds where what a TOML tree got besides its text is written, and how. */
import type { Branch, Item, KeyPath, List, Value } from '../../tree/tree.js';
import type { Edit } from '../store.js';
import type { LiveSection, Survey } from './insertion-points.js';
import { behindLine, lineStart, type TomlEntry, type TomlText } from './places.js';
import { tomlKeyText } from './scalar.js';
import { printValue, type TomlPrint } from './value-text.js';
import { isTable, printTables } from './write.js';

export interface AdditionOptions {
  readonly text: string;
  readonly toml: TomlText;
  readonly document: Branch;
  readonly survey: Survey;
  readonly print: TomlPrint;
}

export class Additions {
  private readonly edits: Edit[] = [];
  /** Whether an insertion has ended the last line of a text that has no final line end. */
  private isEnded = false;

  constructor(private readonly options: AdditionOptions) {}

  /** The insertions for all items and tables that do not stand in the text. Throws `output-format`. */
  find(): Edit[] {
    const pending: [Branch | List, KeyPath][] = [[this.options.document, []]];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const [of, path] = next;
      // The last one is looked at first.
      for (const inner of this.findIn(of, path).reverse()) pending.push(inner);
    }
    return this.edits;
  }

  private findIn(of: Branch | List, path: KeyPath): [Branch | List, KeyPath][] {
    const { shown } = this.options.survey;
    const inner: [Branch | List, KeyPath][] = [];
    for (const entry of of.items) {
      if (entry.kind === 'comment' || entry.kind === 'leaf') continue;
      if (entry.kind !== 'item') {
        if (shown.has(entry)) inner.push([entry, path]);
        else if (of.kind === 'list') this.addElement(of, entry, path);
        continue;
      }
      const { value } = entry;
      const at = [...path, entry.key];
      if (!shown.has(entry) && !shown.has(value)) this.addItem(of as Branch, entry, at);
      else if (value.kind !== 'leaf' && this.isOpen(value)) inner.push([value, at]);
    }
    return inner;
  }

  /** Whether entries of a container stand under headers or keys of their own, not in brackets or braces. */
  private isOpen(value: Branch | List): boolean {
    const { survey } = this.options;
    return survey.standingOf(value).last !== undefined;
  }

  private addItem(to: Branch, { key, value }: Item, path: KeyPath): void {
    const { survey, toml, print } = this.options;
    const { own, first, last, entry } = survey.standingOf(to);
    if (isTable(value) && !toml.dotted.has(to)) {
      this.insert(this.endOf(last), printTables(path, value, print), true);
      return;
    }
    const line = `${tomlKeyText(key, path)} = ${printValue(value, print, path)}${print.lineEnd}`;
    const within = own?.entries.findLast(({ chain }) => chain[0] === to);
    if (entry && toml.dotted.has(to)) {
      this.insertBelow(entry, this.prefixOf(entry, to, path.slice(0, -1)) + line);
    } else if (within) {
      this.insertBelow(within, line);
    } else if (own) {
      const { header } = own.section;
      this.insert(header ? behindLine(this.options.text, header.end) : lineStart(this.options.text, 0), line, false);
    } else {
      const header = first?.section.header;
      const at = header ? lineStart(this.options.text, header.start) : this.options.text.length;
      this.insert(
        at,
        printTables(path.slice(0, -1), { kind: 'branch', items: [{ kind: 'item', key, value }] }, print) +
          print.lineEnd,
        false,
      );
    }
  }

  private addElement(to: List, element: Value, path: KeyPath): void {
    const { survey, print } = this.options;
    this.insert(
      this.endOf(survey.standingOf(to).last),
      printTables(path, { kind: 'list', items: [element] }, print),
      true,
    );
  }

  /** The keys with dots before that of a branch, as they lead to it from their section. */
  private prefixOf({ chain }: TomlEntry, to: Branch, path: KeyPath): string {
    const depth = chain.indexOf(to);
    const names = path.slice(path.length - depth);
    return names.map((name) => `${tomlKeyText(name, path)}.`).join('');
  }

  private insertBelow({ start, place }: TomlEntry, line: string): void {
    const { text } = this.options;
    const indent = /^[ \t]*/.exec(text.slice(lineStart(text, start), start))?.[0] ?? '';
    this.insert(behindLine(text, place.end), indent + line, false);
  }

  /** The offset behind a section. */
  private endOf(last: LiveSection | undefined): number {
    const { text } = this.options;
    if (!last) return text.length;
    const { section, entries } = last;
    const end = entries.at(-1)?.place.end ?? section.header?.end;
    return end === undefined ? lineStart(text, 0) : behindLine(text, end);
  }

  /** Inserts lines, first ending the last line of the text if it has no end; `apart` puts an empty line between. */
  private insert(at: number, lines: string, apart: boolean): void {
    const { text, print } = this.options;
    const before = text.slice(0, at);
    const isOpen =
      at === text.length && !this.isEnded && before !== '' && before !== '\ufeff' && !before.endsWith('\n');
    this.isEnded ||= isOpen;
    const space = apart && at > 0 && before !== '\ufeff' ? print.lineEnd : '';
    this.edits.push({ start: at, end: at, text: (isOpen ? print.lineEnd : '') + space + lines });
  }
}
