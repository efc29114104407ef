/** Prints a tree as TOML, as rops does. */
import type { Branch, Comment, KeyPath, List, Value } from '../../tree/tree.js';
import { TOML_MAX_DEPTH } from './parse.js';
import { tomlKeyText } from './scalar.js';
import {
  type CommentedItem,
  commentedItems,
  commentText,
  inlineText,
  pathText,
  printValue,
  type TomlPrint,
  tooDeepToWrite,
} from './value-text.js';

/** The text of a document. Throws `output-format`. */
export function printToml(document: Branch, print: TomlPrint): string {
  const parts: string[] = [];
  new TomlPrinter(print, parts).printTable([], document, null);
  return parts.join('');
}

/**
 * The text of a table or of a list of tables under its header, as it is added to a file: each header behind an empty line but the
 * first. Throws `output-format`.
 */
export function printTables(path: KeyPath, value: Branch | List, print: TomlPrint): string {
  const parts: string[] = [];
  new TomlPrinter(print, parts).printNested(path, value, []);
  return parts.join('');
}

/** Whether a value is printed under headers of its own. */
export function isTable(value: Value): value is Branch | List {
  return value.kind === 'branch' ? value.items.length > 0 : value.kind === 'list' && isListOfTables(value);
}

function isListOfTables({ items }: List): boolean {
  const elements = items.filter((entry) => entry.kind !== 'comment');
  return elements.length > 0 && elements.every((entry) => entry.kind === 'branch');
}

class TomlPrinter {
  constructor(
    private readonly print: TomlPrint,
    private readonly parts: string[],
  ) {}

  /**
   * A table under its header: first its keys. What would stand under headers before another key stands at keys with dots, since the
   * order of values is the MAC's.
   */
  printTable(path: KeyPath, table: Branch, header: string | null, behind = ''): void {
    if (path.length > TOML_MAX_DEPTH) throw tooDeepToWrite(path);
    const { entries, rest } = commentedItems(table, path);
    const last = entries.findLastIndex(({ item }) => !isTable(item.value));
    if (header !== null && (last >= 0 || entries.length === 0 || behind !== '')) this.printHeader(header + behind);
    for (const entry of entries.slice(0, last + 1)) this.printEntry('', [...path, entry.item.key], entry);
    for (const { item, comments } of entries.slice(last + 1)) {
      if (isTable(item.value)) this.printNested([...path, item.key], item.value, comments);
    }
    this.printComments(rest);
  }

  printNested(path: KeyPath, value: Branch | List, comments: readonly Comment[]): void {
    const name = pathText(path);
    if (value.kind === 'branch') {
      this.openHeader(comments);
      this.printTable(path, value, `[${name}]`, inlineText(comments));
      return;
    }
    let above = comments;
    for (const element of value.items) {
      if (element.kind === 'comment') {
        above = [...above, element];
        continue;
      }
      if (element.kind !== 'branch') throw new TypeError('a list of tables holds something else');
      this.openHeader(above);
      this.printHeader(`[[${name}]]${inlineText(above)}`);
      this.printTable(path, element, null);
      above = [];
    }
    this.printComments(above);
  }

  private printEntry(prefix: string, path: KeyPath, { item, comments }: CommentedItem): void {
    const name = prefix + tomlKeyText(item.key, path);
    const { value } = item;
    if (value.kind === 'branch' && value.items.length > 0) {
      if (path.length > TOML_MAX_DEPTH) throw tooDeepToWrite(path);
      this.printComments(comments);
      const { entries, rest } = commentedItems(value, path);
      for (const entry of entries) this.printEntry(`${name}.`, [...path, entry.item.key], entry);
      this.printComments(rest);
      return;
    }
    this.printComments(comments.filter(({ inline }) => !inline));
    this.line(`${name} = ${printValue(value, this.print, path)}${inlineText(comments)}`);
  }

  /** The empty line and the comments above a header. */
  private openHeader(comments: readonly Comment[]): void {
    const above = comments.filter(({ inline }) => !inline);
    if (above.length === 0) return;
    this.separate();
    this.printComments(above);
    this.isOpen = true;
  }

  private isOpen = false;

  private printHeader(header: string): void {
    if (!this.isOpen) this.separate();
    this.isOpen = false;
    this.line(header);
  }

  private separate(): void {
    if (this.parts.length > 0) this.parts.push(this.print.lineEnd);
  }

  private printComments(comments: readonly Comment[]): void {
    for (const one of comments) this.line(commentText(one));
  }

  private line(text: string): void {
    this.parts.push(text, this.print.lineEnd);
  }
}
