/** Canonical YAML: a whole tree printed as SOPS prints it (spec file-format.md section 6.2). */
import { SopsError } from '../../errors.js';
import { type Branch, branch, item, type Leaf, type List, type Value } from '../../tree/tree.js';
import { hasInvalidBytes } from '../../util/text.js';
import type { EmitOptions } from '../store.js';
import { type Entry, entryAt, isEmptyCollection } from './emit-entries.js';
import { Page } from './emit-page.js';
import { layScalar } from './scalar-text.js';

export { emitFlow } from './emit-flow.js';

const DEFAULT_INDENT = 4;
/** go-yaml takes indentations outside 2…9 for 2. */
const FALLBACK_INDENT = 2;
const MAX_INDENT = 9;
/** Bytes of a key, tag included, that go-yaml writes in front of its colon. */
const MAX_SIMPLE_KEY = 128;
const LINE_BREAK = /[\n\r\u0085\u2028\u2029]/;

/**
 * The documents as SOPS prints them, with `metadata`, unless null, as last key `sops` of each.
 * Throws `output-format` for a negative indentation and for a time that has no text.
 */
export function emitYaml(documents: readonly Branch[], metadata: Branch | null, options: EmitOptions = {}): string {
  const indent = indentOf(options.indent);
  const page = new Page();
  for (const [index, root] of documents.entries()) {
    if (index > 0) {
      page.write('---');
      page.finishLine();
    }
    printRoot(page, metadata ? branch([...root.items, item('sops', metadata)]) : root, indent, 0);
  }
  return page.text;
}

/** A single value with a line end behind it: what `--extract` prints of scalars and lists. */
export function emitValue(value: Value, options: EmitOptions & { column?: number } = {}): string {
  const page = new Page();
  printRoot(page, value, indentOf(options.indent), options.column ?? 0);
  return page.text;
}

/** A branch or list being printed; `ahead` is its first entry when its comments have already been printed. */
interface Frame {
  readonly of: Branch | List;
  readonly column: number;
  at: number;
  ahead: Entry | undefined;
}

function printRoot(page: Page, value: Value, indent: number, column: number): void {
  if (value.kind === 'leaf') {
    const { head, lines } = layScalar(value.value, {
      inFlow: false,
      contentIndent: column + indent,
      parentIndent: column,
    });
    page.goTo(column);
    page.write(head);
    page.writeLines(lines);
  } else if (isEmptyCollection(value)) {
    page.writeComments(entryAt(value, 0).above, column);
    page.goTo(column);
    page.write(value.kind === 'list' ? '[]' : '{}');
  } else {
    printNested(page, { of: value, column, at: 0, ahead: undefined }, indent);
  }
  page.finishLine();
}

/** Prints a collection and all below it. Documents may nest deeper than the call stack does, so this is a loop. */
function printNested(page: Page, root: Frame, indent: number): void {
  const stack = [root];
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const entry = frame.ahead ?? entryAt(frame.of, frame.at);
    frame.ahead = undefined;
    frame.at = entry.next;
    const inner = printEntry(page, frame, entry, indent);
    if (inner) stack.push(inner);
    else if (entry.value === undefined) stack.pop();
  }
}

/** Prints one entry, or the comments below the last one; returns the frame of a value that goes below it. */
function printEntry(page: Page, frame: Frame, entry: Entry, indent: number): Frame | undefined {
  const { column, of } = frame;
  const { value } = entry;
  page.writeComments(entry.above, column);
  if (value === undefined) return undefined;
  const inList = of.kind === 'list';
  const below = inList ? column + 2 : indent * Math.floor((column + indent) / indent);
  if (value.kind === 'leaf') {
    printLeaf(page, frame, entry, value, below);
    return undefined;
  }
  const first = entryAt(value, 0);
  const empty = first.value === undefined;
  // A collection has no line of its own to put a comment behind; SOPS loses such comments (section 10, D12).
  page.writeComments(entry.behind, column);
  if (inList || empty) page.writeComments(first.above, column);
  printOpening(page, frame, entry, below);
  if (!empty) return { of: value, column: below, at: 0, ahead: inList ? { ...first, above: [] } : undefined };
  page.write(value.kind === 'list' ? ' []' : ' {}');
  return undefined;
}

/** Prints the dash or the key of an entry. */
function printOpening(page: Page, frame: Frame, entry: Entry, below: number): void {
  page.goTo(frame.column);
  if (frame.of.kind === 'list') page.writeIndicator('-');
  else printKey(page, entry.key ?? '', frame.column, below);
}

/** Prints an entry that is a scalar. Of several comments behind a block scalar only the last fits on its header. */
function printLeaf(page: Page, frame: Frame, entry: Entry, { value }: Leaf, below: number): void {
  const { head, lines } = layScalar(value, { inFlow: false, contentIndent: below, parentIndent: frame.column });
  const movable = lines.length > 0 ? entry.behind.length - 1 : 0;
  page.writeComments(entry.behind.slice(0, Math.max(movable, 0)), frame.column);
  printOpening(page, frame, entry, below);
  page.write(` ${head}`);
  page.writeCommentsBehind(entry.behind.slice(Math.max(movable, 0)), frame.column);
  page.writeLines(lines);
}

/** Prints a key with its colon; long ones and those of several lines stand behind a `?`. */
function printKey(page: Page, key: string, column: number, below: number): void {
  const { head, lines } = layScalar(key, { inFlow: false, contentIndent: below, parentIndent: column });
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

function isSimpleKey(key: string): boolean {
  if (hasInvalidBytes(key)) return true;
  if (key.length * 3 > MAX_SIMPLE_KEY && Buffer.byteLength(key) > MAX_SIMPLE_KEY) return false;
  return !LINE_BREAK.test(key);
}

function indentOf(wanted: number | undefined): number {
  if (wanted === undefined || wanted === 0) return DEFAULT_INDENT;
  if (wanted < 0) throw new SopsError('output-format', 'YAML cannot be indented by a negative number of blanks');
  return wanted < FALLBACK_INDENT || wanted > MAX_INDENT ? FALLBACK_INDENT : wanted;
}
