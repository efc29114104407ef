/** Prints a tree as TOML, as rops does. */
import { type Branch, branch, type Comment, type KeyPath, type List, type Value } from '../../tree/tree.js';
import { TOML_MAX_DEPTH } from './parse.js';
import { tomlKeyText } from './scalar.js';
import {
  type CommentedItem,
  commentedItems,
  commentText,
  pathText,
  placedComments,
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
 * The text of a table or of a list of tables under its header, as it is added to a file: each header after an empty line but the
 * first. Throws `output-format`.
 */
export function printTables(
  path: KeyPath,
  value: Branch | List,
  print: TomlPrint,
  comments: readonly Comment[] = [],
): string {
  const parts: string[] = [];
  new TomlPrinter(print, parts).printNested(path, value, comments);
  return parts.join('');
}

/** How an entry is written that is added among others. */
export interface EntryForm {
  /** What stands before its own key, with the dots. */
  readonly prefix: string;
  readonly path: KeyPath;
  /** Whether a map is written in braces, where comments have no place, or at keys with dots. */
  readonly inBraces: boolean;
}

/** The lines of an entry with its comments, without their ends. Throws `output-format`. */
export function tomlEntryLines(
  { prefix, path, inBraces }: EntryForm,
  entry: CommentedItem,
  print: TomlPrint,
): string[] {
  const parts: string[] = [];
  new TomlPrinter(print, parts).printEntry(prefix, path, entry, inBraces);
  return parts.filter((_, at) => at % 2 === 0);
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
      const { above, behind } = placedComments(comments);
      this.openHeader(above);
      this.printTable(path, value, `[${name}]`, behind);
      return;
    }
    let before = comments;
    for (const element of value.items) {
      if (element.kind === 'comment') {
        before = [...before, element];
        continue;
      }
      if (element.kind !== 'branch') throw new TypeError('a list of tables holds something else');
      const count = headerComments(element);
      const { above, behind } = placedComments([...before, ...(element.items.slice(0, count) as Comment[])]);
      this.openHeader(above);
      this.printHeader(`[[${name}]]${behind}`);
      this.printTable(path, branch(element.items.slice(count)), null);
      before = [];
    }
    this.printComments(before);
  }

  printEntry(prefix: string, path: KeyPath, { item, comments }: CommentedItem, inBraces = false): void {
    const name = prefix + tomlKeyText(item.key, path);
    const { value } = item;
    if (!inBraces && value.kind === 'branch' && value.items.some(({ kind }) => kind === 'item')) {
      if (path.length > TOML_MAX_DEPTH) throw tooDeepToWrite(path);
      this.printComments(comments);
      const { entries, rest } = commentedItems(value, path);
      for (const entry of entries) this.printEntry(`${name}.`, [...path, entry.item.key], entry);
      this.printComments(rest);
      return;
    }
    const { above, behind } = placedComments(comments);
    this.printComments(above);
    // A map without keys is written as one, and what it has of comments stands above it.
    if (!inBraces && value.kind === 'branch') this.printComments(value.items as Comment[]);
    this.line(`${name} = ${printValue(value, this.print, path)}${behind}`);
  }

  /** The empty line and the comments above a header. */
  private openHeader(above: readonly Comment[]): void {
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

/** How many of the comments that an element of a list of tables begins with stand at its header: up to the one after that, if others follow. */
function headerComments({ items }: Branch): number {
  const first = items.findIndex((entry) => entry.kind === 'item');
  const inline = items.findIndex((entry) => entry.kind === 'comment' && entry.inline);
  const item = items[first];
  const isAlone = inline === first - 1 && item?.kind === 'item' && !isTable(item.value);
  return inline < 0 || first < 0 || inline > first || isAlone ? 0 : inline + 1;
}
