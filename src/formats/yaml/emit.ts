/** Canonical YAML: a whole tree printed as SOPS prints it (docs/format.md#writing-yaml). */
import { withoutLayout } from '../../metadata/metadata.js';
import { type Branch, branch, item, type Leaf, type List, type Value } from '../../tree/tree.js';
import { hasInvalidBytes } from '../../util/text/text.js';
import type { EmitOptions } from '../store.js';
import { entryAt, type ListComments, type PrintedEntry } from './emit-entries.js';
import { Page } from './emit-page.js';
import { indentStep } from './indent-step.js';
import { styleOfKey } from './merge-key.js';
import { layScalar, type ScalarPlace, type ScalarWriting, type StringQuoting } from './scalar-text.js';

/** Bytes of a key, tag included, that go-yaml writes in front of its colon. */
const MAX_SIMPLE_KEY = 128;
const LINE_BREAK = /[\n\r\u0085\u2028\u2029]/;

/** How the printing is done; `listComments` is `items` unless told otherwise. */
export interface YamlEmitOptions extends EmitOptions {
  readonly listComments?: ListComments;
  /** Where the dashes of a list under a key stand: indented, as SOPS has it, or below the key, as in Kubernetes. */
  readonly lists?: 'indented' | 'at-key';
  /** Which strings get quotes: those that go-yaml quotes, or all that some reader of YAML 1.1 or 1.2 takes for another type. */
  readonly strings?: StringQuoting;
}

/**
 * The documents as SOPS prints them, with `metadata`, unless null, as last key `sops` of each (see {@link metadataAt}).
 * Throws `output-format` for a negative indentation and for a time that has no text.
 */
export function emitYaml(documents: readonly Branch[], metadata: Branch | null, options: YamlEmitOptions = {}): string {
  const printer = new Printer(options);
  for (const [index, root] of documents.entries()) {
    if (index > 0) printer.printSeparator();
    printer.print(metadata ? branch([...root.items, item('sops', metadataAt(metadata, index))]) : root, 0);
  }
  return printer.text;
}

/**
 * What of the metadata stands in a document: all in the first, from which it is read, and in the others all but the layout, which is of
 * the whole text: in each of them the file would grow with the square of their number.
 */
export function metadataAt(metadata: Branch, index: number): Branch {
  return index === 0 ? metadata : withoutLayout(metadata);
}

/** A single value with a line end after it: what `--extract` prints of scalars and lists. Throws as {@link emitYaml}. */
export function emitValue(value: Value, options: YamlEmitOptions & { readonly column?: number } = {}): string {
  const printer = new Printer(options);
  printer.print(value, options.column ?? 0);
  return printer.text;
}

/** A branch or list being printed; `ahead` is its first entry when its comments have already been printed. */
interface Frame {
  readonly of: Branch | List;
  readonly column: number;
  at: number;
  ahead: PrintedEntry | undefined;
}

class Printer {
  private readonly page = new Page();
  private readonly indent: number;
  private readonly listComments: ListComments;
  private readonly listsAtKey: boolean;
  private readonly writing: ScalarWriting;

  constructor(options: YamlEmitOptions) {
    this.indent = indentStep(options.indent);
    this.listComments = options.listComments ?? 'items';
    this.listsAtKey = options.lists === 'at-key';
    this.writing = options;
  }

  get text(): string {
    return this.page.text;
  }

  printSeparator(): void {
    this.page.write('---');
    this.page.finishLine();
  }

  /** Prints a value whose first character stands at a column, with the line's end. */
  print(value: Value, column: number): void {
    const { page } = this;
    if (value.kind === 'leaf') {
      const { head, lines } = layScalar(value.value, this.place(column + this.indent, column));
      page.goTo(column);
      page.write(head);
      page.writeLines(lines);
    } else {
      const first = this.entryAt(value, 0);
      if (first.value !== undefined) this.printNested({ of: value, column, at: 0, ahead: first });
      else {
        page.writeComments(first.above, column);
        page.goTo(column);
        page.write(emptyText(value));
      }
    }
    page.finishLine();
  }

  /** Prints a collection and all below it. Documents may nest deeper than the call stack does, so this is a loop. */
  private printNested(root: Frame): void {
    const stack = [root];
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      const entry = frame.ahead ?? this.entryAt(frame.of, frame.at);
      frame.ahead = undefined;
      frame.at = entry.next;
      const inner = this.printEntry(frame, entry);
      if (inner) stack.push(inner);
      else if (entry.value === undefined) stack.pop();
    }
  }

  /** Prints one entry, or the comments below the last one; returns the frame of a value that goes below it. */
  private printEntry(frame: Frame, entry: PrintedEntry): Frame | undefined {
    const { page } = this;
    const { column, of } = frame;
    const { value } = entry;
    page.writeComments(entry.above, column);
    if (value === undefined) return undefined;
    const inList = of.kind === 'list';
    const atKey = this.listsAtKey && !inList && value.kind === 'list';
    const below = atKey ? column : inList ? column + 2 : this.indent * Math.floor((column + this.indent) / this.indent);
    if (value.kind === 'leaf') {
      this.printLeaf(frame, entry, value, below);
      return undefined;
    }
    const first = this.entryAt(value, 0);
    const empty = first.value === undefined;
    // A collection has no line of its own to put a comment behind; SOPS loses such comments (docs/format.md#d12-inline-comments-on-maps-and-lists).
    page.writeComments(entry.behind, column);
    if (inList || empty) page.writeComments(first.above, column);
    this.printOpening(frame, entry, below);
    if (!empty) return { of: value, column: below, at: 0, ahead: inList ? { ...first, above: [] } : first };
    page.write(` ${emptyText(value)}`);
    return undefined;
  }

  /** Prints the dash or the key of an entry. */
  private printOpening(frame: Frame, entry: PrintedEntry, below: number): void {
    this.page.goTo(frame.column);
    if (frame.of.kind === 'list') this.page.writeIndicator('-');
    else this.printKey(entry, frame.column, below);
  }

  private entryAt(of: Branch | List, at: number): PrintedEntry {
    return entryAt(of, at, this.listComments);
  }

  /** Prints an entry that is a scalar. Of several comments after a block scalar only the last fits on its header. */
  private printLeaf(frame: Frame, entry: PrintedEntry, { value }: Leaf, below: number): void {
    const { page } = this;
    const { head, lines } = layScalar(value, this.place(below, frame.column));
    const movable = lines.length > 0 ? Math.max(entry.behind.length - 1, 0) : 0;
    page.writeComments(entry.behind.slice(0, movable), frame.column);
    this.printOpening(frame, entry, below);
    page.write(` ${head}`);
    page.writeCommentsBehind(entry.behind.slice(movable), frame.column);
    page.writeLines(lines);
  }

  private place(contentIndent: number, parentIndent: number): ScalarPlace {
    return { inFlow: false, contentIndent, parentIndent, writing: this.writing };
  }

  /** Prints a key with its colon; long ones and those of several lines stand after a `?`. */
  private printKey({ key = '', value }: PrintedEntry, column: number, below: number): void {
    const { page } = this;
    const { head, lines } = layScalar(key, { ...this.place(below, column), style: styleOfKey(key, value) });
    if (lines.length === 0 && isSimpleKey(key)) {
      page.write(`${head}:`);
      return;
    }
    page.writeIndicator('?');
    page.write(` ${head}`);
    page.writeLines(lines);
    page.goTo(column);
    page.writeIndicator(':');
  }
}

function emptyText(value: Branch | List): string {
  return value.kind === 'list' ? '[]' : '{}';
}

function isSimpleKey(key: string): boolean {
  if (hasInvalidBytes(key)) return true;
  if (key.length * 3 > MAX_SIMPLE_KEY && Buffer.byteLength(key) > MAX_SIMPLE_KEY) return false;
  return !LINE_BREAK.test(key);
}
