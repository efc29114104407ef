/** The dotenv format (docs/format.md#dotenv). */
import { SopsError } from '../errors.js';
import { flatten, unflatten } from '../metadata/flatten.js';
import { type Branch, branch, type Comment, type Item, type Source } from '../tree/tree.js';
import { decodeText } from '../util/text/text.js';
import { documentError, mergeError } from './document-error.js';
import { dotenvEnvironment } from './dotenv-environment.js';
import { dotenvSurprises } from './dotenv-surprises.js';
import { LineItem } from './line-item.js';
import { flatText } from './scalar.js';
import type { Edit, FormatStore, SourceFile } from './store.js';

const PREFIX = 'sops_';

/** A line with a key, with places instead of copies of what stands there. */
class EntryLine extends LineItem {
  /**
   * @param text that of the whole file
   * @param start where the line begins
   * @param equals offset of the `=`
   * @param end offset after the last unit of its value
   */
  constructor(
    private readonly text: string,
    readonly start: number,
    private readonly equals: number,
    readonly end: number,
  ) {
    super();
  }

  get key(): string {
    return this.text.slice(this.start, this.equals);
  }

  get read(): string {
    return this.text.slice(this.valueStart, this.end).replaceAll('\\n', '\n');
  }

  get source(): Source {
    const { valueStart: start, end, read: value } = this;
    return { start, end, style: 'bare', value };
  }

  /** There is one way to write a value. */
  set source(_: Source) {}

  get valueStart(): number {
    return this.equals + 1;
  }

  /** Offset after its line end, which the last line may lack. */
  get next(): number {
    return Math.min(this.end + 1, this.text.length);
  }
}

/** A line that is a comment, with the same places. */
class CommentLine implements Comment {
  readonly kind = 'comment';
  inline = false;
  readonly source: Source;

  constructor(
    public text: string,
    readonly start: number,
    readonly next: number,
    end: number,
  ) {
    this.source = { start: start + 1, end, style: 'line', value: text };
  }
}

/** A line that is not empty. */
type Line = EntryLine | CommentLine;

/** A file as this store read it. */
interface DotenvText {
  readonly text: string;
  readonly lines: readonly Line[];
  readonly metadataLines: readonly EntryLine[];
}

const EXAMPLE = `# This is an example file.
hello=Welcome to SOPS! Edit this file as you please!
example_key=example_value
example_multiline=foo\\nbar\\nbaz
`;

export const dotenvStore: FormatStore = {
  name: 'dotenv',
  example: EXAMPLE,
  noticeMark: '# ',

  /**
   * A carriage return belongs to the value before it, but none was ever written after metadata: a file that has one after every
   * line, those included, got them from a checkout (`core.autocrlf`).
   */
  parse(bytes: Uint8Array): SourceFile {
    const text = decodeText(bytes);
    const isConverted = /(?:^|\n)sops_[^\n]*\r\n/.test(text) && !/(?:^|[^\r])\n/.test(text);
    return isConverted ? { ...readFile(text.replaceAll('\r\n', '\n')), lineEnd: '\r\n' } : readFile(text);
  },

  environment: dotenvEnvironment,

  emit(documents: readonly Branch[], metadata: Branch | null): string {
    const items = documents[0]?.items ?? [];
    const lines = items.map((entry) => lineOf(entry, metadata !== null));
    return lines.join('') + (metadata ? metadataText(metadata) : '');
  },
};

/** A merge whose marks all hold `=` (`<<<<<<< topic=x`, `=======`) would be read as values. */
function readFile(text: string): SourceFile {
  const merge = mergeError(text);
  if (merge) throw merge;
  const all = readLines(text);
  const metadataLines = all.filter(isMetadata);
  const lines = metadataLines.length === 0 ? all : all.filter((line) => !isMetadata(line));
  const root = branch([...lines]);
  const read: DotenvText = { text, lines, metadataLines };
  return {
    text,
    documents: [root],
    metadata: metadataOf(metadataLines),
    edits: (metadata) => editsOf(read, root.items, metadata),
    surprises: () => dotenvSurprises(root.items, text),
  };
}

function editsOf(read: DotenvText, items: readonly (Item | Comment)[], metadata: Branch | null): Edit[] {
  const edits = [...treeEdits(read, items, metadata !== null), ...metadataEdits(read, metadata)];
  return edits.sort((one, other) => one.start - other.start || one.end - other.end);
}

function readLines(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const next = found < 0 ? end : end + 1;
    if (end > start) lines.push(readLine(text, start, end, next));
    start = next;
  }
  return lines;
}

function readLine(text: string, start: number, end: number, next: number): Line {
  if (text.startsWith('#', start)) {
    return new CommentLine(text.slice(start + 1, end), start, next, end);
  }
  const equals = text.indexOf('=', start);
  if (equals < 0 || equals > end) {
    throw documentError(text, start, 'a line without "="', {
      hint: 'Lines of blanks are not allowed; in a file with CRLF line ends, empty lines are not.',
    });
  }
  return new EntryLine(text, start, equals, end);
}

function isMetadata(line: Line): line is EntryLine {
  return line.kind === 'item' && line.key.startsWith(PREFIX);
}

function metadataOf(lines: readonly EntryLine[]): Branch | null {
  const entries = lines.map(({ key, read }) => [key.slice(PREFIX.length), read.replace(/\r$/, '')] as const);
  return entries.length > 0 ? unflatten(entries) : null;
}

/** The replacements for lines that have changed, gone, or come (after the line they follow in the tree). */
function treeEdits(file: DotenvText, items: readonly (Item | Comment)[], sealed: boolean): Edit[] {
  const { text, lines } = file;
  // Nearly always so; a set of all lines would take as much memory as the lines themselves.
  if (items.length === lines.length && lines.every((line, at) => line === items[at])) {
    return lines.flatMap((line) => lineEdit(line, sealed) ?? []);
  }
  const wanted = new Set(items);
  const known = new Set<Item | Comment>(lines);
  const edits = lines.filter((line) => !wanted.has(line)).map(({ start, next }) => ({ start, end: next, text: '' }));
  let at = 0;
  let lastAddition = -1;
  for (const node of items) {
    if (known.has(node)) {
      const line = node as Line;
      const edit = lineEdit(line, sealed);
      if (edit) edits.push(edit);
      at = line.next;
    } else {
      const isOpen = at > 0 && text[at - 1] !== '\n' && lastAddition !== at;
      edits.push({ start: at, end: at, text: (isOpen ? '\n' : '') + lineOf(node, sealed) });
      lastAddition = at;
    }
  }
  return edits;
}

function lineEdit(line: Line, sealed: boolean): Edit | null {
  if (line.kind === 'comment') {
    const { start, end, value } = line.source;
    return line.text === value ? null : { start, end, text: commentText(line) };
  }
  if (line.isAsRead) return null;
  return { start: line.valueStart, end: line.end, text: valueText(line, sealed) };
}

/** The metadata lines stand together, where the first of them stood, or at the end. */
function metadataEdits({ text, metadataLines }: DotenvText, metadata: Branch | null): Edit[] {
  const written = metadata ? metadataText(metadata) : '';
  const [first, ...others] = metadataLines;
  if (!first) {
    if (!metadata) return [];
    const lineEnd = text === '' || text.endsWith('\n') ? '' : '\n';
    return [{ start: text.length, end: text.length, text: lineEnd + written }];
  }
  const removed = others.map(({ start, next }) => ({ start, end: next, text: '' }));
  return [{ start: first.start, end: first.next, text: written }, ...removed];
}

function metadataText(metadata: Branch): string {
  return flatten(metadata)
    .map(([key, text]) => `${PREFIX}${key}=${text.replaceAll('\n', '\\n')}\n`)
    .join('');
}

function lineOf(entry: Item | Comment, sealed: boolean): string {
  if (entry.kind === 'comment') return `#${commentText(entry)}\n`;
  const { key } = entry;
  if (key.startsWith('#') || /[=\n]/.test(key) || (sealed && key.startsWith(PREFIX))) {
    throw new SopsError('output-format', 'a key that dotenv would read differently', { path: [key] });
  }
  return `${key}=${valueText(entry, sealed)}\n`;
}

function valueText({ key, value }: Item, sealed: boolean): string {
  return flatText(value, sealed, 'dotenv', [key]).replaceAll('\n', '\\n');
}

/** A comment cannot hold a line end, which would begin a line that is not one. */
function commentText({ text }: Comment): string {
  return text.replaceAll('\n', '\n#');
}
