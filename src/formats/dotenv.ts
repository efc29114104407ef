/** The dotenv format (spec file-format.md section 6.4). */
import { SopsError } from '../errors.js';
import { flatten, unflatten } from '../metadata/flatten.js';
import { sameLeafValue } from '../tree/equality.js';
import { type Branch, branch, type Comment, comment, type Item, item, leaf, type Source } from '../tree/tree.js';
import { decodeText } from '../util/text.js';
import { documentError, mergeError } from './document-error.js';
import { dotenvEnvironment, dotenvSurprises } from './dotenv-surprises.js';
import { flatText } from './scalar.js';
import type { Edit, FormatStore, SourceFile } from './store.js';

const PREFIX = 'sops_';

/** A line that is not empty: what it was read into, and where it stands. */
interface Line {
  readonly node: Item | Comment;
  /** Where its value (of a comment: its text) stood. */
  readonly source: Source;
  readonly start: number;
  /** Offset behind the line end, which the last line may lack. */
  readonly next: number;
}

/** A file as this store read it. */
interface DotenvFile extends SourceFile {
  readonly lines: readonly Line[];
  readonly metadataLines: readonly Line[];
}

export const dotenvStore: FormatStore = {
  name: 'dotenv',

  /**
   * A carriage return belongs to the value before it, but none was ever written behind metadata: a file that has one behind every
   * line, those included, got them from a checkout (`core.autocrlf`).
   */
  parse(bytes: Uint8Array): DotenvFile {
    const text = decodeText(bytes);
    const isConverted = /(?:^|\n)sops_[^\n]*\r\n/.test(text) && !/(?:^|[^\r])\n/.test(text);
    return isConverted ? { ...readFile(text.replaceAll('\r\n', '\n')), lineEnd: '\r\n' } : readFile(text);
  },

  surprises: ({ documents, text }) => dotenvSurprises(documents[0]?.items ?? [], text),
  environment: dotenvEnvironment,

  edits(file: SourceFile, metadata: Branch | null): Edit[] {
    const source = file as DotenvFile;
    const items = source.documents[0]?.items ?? [];
    return [...treeEdits(source, items, metadata !== null), ...metadataEdits(source, metadata)].sort(
      (one, other) => one.start - other.start || one.end - other.end,
    );
  },

  emit(documents: readonly Branch[], metadata: Branch | null): string {
    const items = documents[0]?.items ?? [];
    const lines = items.map((entry) => lineOf(entry, metadata !== null));
    return lines.join('') + (metadata ? metadataText(metadata) : '');
  },
};

/** A merge whose marks all hold `=` (`<<<<<<< topic=x`, `=======`) would be read as values. */
function readFile(text: string): DotenvFile {
  const merge = mergeError(text);
  if (merge) throw merge;
  const all = readLines(text);
  const metadataLines = all.filter(isMetadata);
  const lines = all.filter((line) => !isMetadata(line));
  const documents = [branch(lines.map((line) => line.node))];
  return { text, documents, metadata: metadataOf(metadataLines), lines, metadataLines };
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
    const value = text.slice(start + 1, end);
    const source = { start: start + 1, end, style: 'line', value };
    return { node: comment(value, false, source), source, start, next };
  }
  const equals = text.indexOf('=', start);
  if (equals < 0 || equals > end) {
    throw documentError(text, start, 'a line without "="', {
      hint: 'Lines of blanks are not allowed; in a file with CRLF line ends, empty lines are not.',
    });
  }
  const value = text.slice(equals + 1, end).replaceAll('\\n', '\n');
  const source = { start: equals + 1, end, style: 'bare', value };
  return { node: item(text.slice(start, equals), leaf(value, source)), source, start, next };
}

function isMetadata({ node }: Line): boolean {
  return node.kind === 'item' && node.key.startsWith(PREFIX);
}

function metadataOf(lines: readonly Line[]): Branch | null {
  const entries = lines.flatMap(({ node, source }) =>
    node.kind === 'item' ? [[node.key.slice(PREFIX.length), String(source.value).replace(/\r$/, '')] as const] : [],
  );
  return entries.length > 0 ? unflatten(entries) : null;
}

/** The replacements for lines that have changed, gone, or come (behind the line they follow in the tree). */
function treeEdits(file: DotenvFile, items: readonly (Item | Comment)[], sealed: boolean): Edit[] {
  const { text, lines } = file;
  const wanted = new Set(items);
  const known = new Map(lines.map((line) => [line.node, line]));
  const edits = lines
    .filter(({ node }) => !wanted.has(node))
    .map(({ start, next }) => ({ start, end: next, text: '' }));
  let at = 0;
  for (const node of items) {
    const line = known.get(node);
    if (line) {
      const edit = lineEdit(line, sealed);
      if (edit) edits.push(edit);
      at = line.next;
    } else {
      const isOpen = at > 0 && text[at - 1] !== '\n' && edits.at(-1)?.start !== at;
      edits.push({ start: at, end: at, text: (isOpen ? '\n' : '') + lineOf(node, sealed) });
    }
  }
  return edits;
}

function lineEdit({ node, source }: Line, sealed: boolean): Edit | null {
  const { start, end } = source;
  if (node.kind === 'comment') {
    return node.text === source.value ? null : { start, end, text: commentText(node) };
  }
  if (node.value.kind === 'leaf' && sameLeafValue(node.value.value, source.value)) return null;
  return { start, end, text: valueText(node, sealed) };
}

/** The metadata lines stand together, where the first of them stood, or at the end. */
function metadataEdits({ text, metadataLines }: DotenvFile, metadata: Branch | null): Edit[] {
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

/** A comment cannot hold a line end, which would begin a line that is none. */
function commentText({ text }: Comment): string {
  return text.replaceAll('\n', '\n#');
}
