/** Block maps and lists: entries by column, and the comments between them. */
import { type Branch, branch, type Comment, type List, leaf, list, type Value } from '../../tree/tree.js';
import type { CommentMark } from './cursor.js';
import { type FirstKey, type Frame, MAX_KEY_LENGTH, type Node } from './node.js';
import type { Properties } from './properties.js';
import type { TreeReader } from './tree-reader.js';

export function readBlockMap(
  reader: TreeReader,
  column: number,
  parent: number,
  properties: Properties | undefined,
  first?: FirstKey,
): Node {
  const { cursor } = reader;
  const map = branch(reader.takeComments());
  const isRoot = reader.depth === 1;
  if (isRoot) reader.rootColumn = column;
  const keys = new Set<string>();
  readBlockEntry(reader, map, keys, column, first, isRoot);
  for (;;) {
    cursor.passToToken();
    if (collectionEnds(reader, column, map, parent)) break;
    if (!cursor.keyAllowed) throw cursor.error('a key begins on a line of its own');
    if (cursor.column !== column) throw cursor.error('this line is indented neither as the key above nor as its value');
    map.items.push(...reader.takeComments());
    readBlockEntry(reader, map, keys, column, undefined, isRoot);
  }
  return reader.named({ value: map, shape: 'block' }, properties);
}

/** Whether a map of this column is over; it then takes the comments that belong to its end. */
function collectionEnds(reader: TreeReader, column: number, of: Branch, parent: number): boolean {
  const { cursor } = reader;
  const over = cursor.atEnd || cursor.atDocumentMarker();
  if (!over && cursor.column >= column) return false;
  of.items.push(...takeTrailing(reader, parent));
  return true;
}

/**
 * Takes the pending comments that end a collection: those to the right of its parent's column, up to an
 * empty line (spec file-format.md section 6.1). The end of a document counts as an entry of the root, since
 * the `sops` branch stands there once the file is encrypted.
 */
function takeTrailing(reader: TreeReader, parent: number): Comment[] {
  const { pending } = reader.cursor;
  if (parent < 0) return reader.takeComments();
  let count = 0;
  while (count < pending.length) {
    const mark = pending[count];
    if (!mark || mark.column <= parent || (mark.afterBlankLine && count > 0)) break;
    count += 1;
  }
  return pending.splice(0, count).map((mark) => reader.toComment(mark, false));
}

function readBlockEntry(
  reader: TreeReader,
  map: Branch,
  keys: Set<string>,
  column: number,
  first: FirstKey | undefined,
  isRoot: boolean,
): void {
  const { cursor } = reader;
  const start = first?.start ?? cursor.at;
  const explicit = !first && cursor.atIndicator(0x3f);
  const key = first?.key ?? (explicit ? readExplicitKey(reader, column) : readBlockKey(reader, column));
  const { node, keyComment } = readBlockValue(reader, column, explicit);
  const entry = reader.itemOf(key, start, node.value);
  if (node.value.alias) node.value.alias.entry = { start, column };
  reader.checkUnique(keys, entry.key, key, start, node.value);
  if (isRoot && entry.key === 'sops') {
    if (reader.metadata) throw cursor.error('the key sops stands twice', start);
    reader.metadata = { value: node.value, start, end: reader.lastEnd, prefix: '', suffix: '' };
    return;
  }
  if (keyComment) map.items.push(reader.toComment(keyComment, false));
  if (node.shape !== 'block') map.items.push(...commentsAbove(reader, node));
  map.items.push(...trailingComments(reader, node), entry);
}

/** Comments between a key and a scalar on a later line go in front of the key. */
function commentsAbove(reader: TreeReader, node: Node): Comment[] {
  return node.shape === 'empty' ? [] : reader.takeComments();
}

/** Reads a key up to its `:`, which stays. */
function readBlockKey(reader: TreeReader, column: number): Value {
  const { cursor } = reader;
  if (cursor.atIndicator(0x3a)) return leaf(null);
  if (cursor.atIndicator(0x2d)) throw cursor.error('a list entry stands where a key must be');
  const start = cursor.at;
  const lineStart = cursor.lineStart;
  const properties = reader.readProperties();
  const node = reader.readInline({ parent: column, sameColumnList: false }, properties);
  const value = reader.named(node, properties).value;
  cursor.passBlanks();
  if (!cursor.atIndicator(0x3a) || cursor.lineStart !== lineStart || cursor.at - start > MAX_KEY_LENGTH) {
    throw cursor.error('a key must be followed by a colon, on one line', start);
  }
  return value;
}

/** Reads `? key`, and moves on to its `:` if there is one. */
function readExplicitKey(reader: TreeReader, column: number): Value {
  const { cursor } = reader;
  cursor.at += 1;
  cursor.keyAllowed = true;
  const crossed = cursor.passToToken();
  const frame: Frame = { parent: column, sameColumnList: false };
  const node = reader.nodeEnds(frame, crossed) ? reader.emptyNode(undefined, frame) : reader.readNode(frame);
  cursor.passToToken();
  return node.value;
}

/** Reads the `:` here and the value behind it; an explicit key may stand without either. */
function readBlockValue(
  reader: TreeReader,
  column: number,
  explicit: boolean,
): { node: Node; keyComment: CommentMark | undefined } {
  const { cursor } = reader;
  const frame: Frame = { parent: column, sameColumnList: true };
  if (explicit && !(cursor.atIndicator(0x3a) && cursor.column === column)) {
    return { node: reader.emptyNode(undefined, frame), keyComment: undefined };
  }
  cursor.at += 1;
  reader.lastEnd = cursor.at;
  cursor.keyAllowed = explicit;
  if (explicit) cursor.passTabsToComment(false);
  const known = cursor.pending.length;
  const crossed = cursor.passToToken();
  const behind = cursor.pending[known];
  const keyComment = behind && !behind.ownLine ? cursor.pending.splice(known, 1)[0] : undefined;
  const node = reader.nodeEnds(frame, crossed) ? reader.emptyNode(undefined, frame) : reader.readNode(frame);
  return { node, keyComment };
}

export function readBlockList(
  reader: TreeReader,
  column: number,
  parent: number,
  properties: Properties | undefined,
): Node {
  const { cursor } = reader;
  const entries = list(reader.takeComments());
  for (;;) {
    const last = readListEntry(reader, entries, column);
    cursor.passToToken();
    const over = cursor.atEnd || cursor.atDocumentMarker() || cursor.column < column;
    const dash = cursor.atIndicator(0x2d);
    if (over || (cursor.column === column && column === parent && !dash)) {
      takeListEnd(reader, entries, last, column, parent);
      break;
    }
    if (!cursor.keyAllowed || cursor.column !== column || !dash)
      throw cursor.error('a list entry must begin with - in the column of the one above');
    entries.items.push(...reader.takeComments());
  }
  return reader.named({ value: entries, shape: 'block' }, properties);
}

/**
 * Takes the comments that end a list. Lines right below the last entry with an empty line below them belong to that entry: to the
 * list if it is a scalar, though they stand in the column of the list's key, and to what is around the list if it is a block.
 */
function takeListEnd(reader: TreeReader, entries: List, last: Node, column: number, parent: number): void {
  const foot = footLength(reader);
  if (foot > 0 && last.shape === 'block') return;
  const isBelow = column === parent && foot > 0 && isScalarLike(last) && isWithin(reader.cursor.pending[0], column);
  const taken = isBelow ? reader.cursor.pending.splice(0, foot).map((mark) => reader.toComment(mark, false)) : [];
  (entries.items as Comment[]).push(...taken, ...(isBelow ? [] : takeTrailing(reader, parent)));
}

/** How many pending comments stand right below the last entry, if an empty line follows them. */
function footLength(reader: TreeReader): number {
  const { text, at, pending } = reader.cursor;
  const [first] = pending;
  if (!first || first.afterBlankLine) return 0;
  const length = pending.findIndex((mark, index) => index > 0 && mark.afterBlankLine);
  if (length > 0) return length;
  const below = text.slice(pending.at(-1)?.end, at).match(/\r\n|[\r\n]/g) ?? [];
  return below.length > 1 ? pending.length : 0;
}

function isWithin(mark: CommentMark | undefined, column: number): boolean {
  return mark !== undefined && mark.column >= column;
}

function isScalarLike({ shape, value }: Node): boolean {
  return shape !== 'empty' && shape !== 'block' && (value.kind === 'leaf' || value.items.length === 0);
}

function readListEntry(reader: TreeReader, entries: List, column: number): Node {
  const { cursor } = reader;
  const dash = cursor.at;
  cursor.at += 1;
  reader.lastEnd = cursor.at;
  cursor.keyAllowed = true;
  const crossed = cursor.passToToken();
  const frame: Frame = { parent: column, sameColumnList: false };
  const node = reader.nodeEnds(frame, crossed) ? reader.emptyNode(undefined, frame) : reader.readNode(frame);
  reader.watcher?.entry(node.value, dash, reader.lastEnd, false);
  if (node.value.alias) node.value.alias.entry = { start: dash, column };
  if (node.shape !== 'block') entries.items.push(...commentsAbove(reader, node));
  entries.items.push(...trailingComments(reader, node), node.value);
  return node;
}

/** The comment behind a value on its line, as what goes in front of it; for a flow collection it goes inside. */
function trailingComments(reader: TreeReader, node: Node): Comment[] {
  const { cursor } = reader;
  if (node.comment) return [reader.toComment(node.comment, true)];
  if (node.shape === 'block' || node.shape === 'block-scalar' || node.shape === 'empty') return [];
  const at = cursor.at;
  cursor.passBlanks();
  if (cursor.unit !== 0x23) {
    cursor.at = at;
    return [];
  }
  const mark = cursor.readComment();
  if (node.value.kind === 'leaf') return [reader.toComment(mark, true)];
  if (node.shape === 'alias') return [reader.toComment(mark, false)];
  (node.value.items as Comment[]).unshift(reader.toComment(mark, false));
  return [];
}
