/** Block maps and lists: entries by column, and the comments between them. */
import { type Branch, branch, type Comment, type List, leaf, list, type Value } from '../../tree/tree.js';
import { takeListEnd, takeMapEnd } from './comment-run.js';
import type { CommentMark, Cursor } from './cursor.js';
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
  const isRoot = reader.depth === 1 && !reader.loose;
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
  of.items.push(...(parent < 0 ? reader.takeComments() : takeMapEnd(reader, column)));
  return true;
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
  const frame: Frame = { parent: column, sameColumnList: false };
  const isEmpty = properties !== undefined && cursor.atIndicator(0x3a);
  const value = isEmpty
    ? reader.emptyNode(properties, frame).value
    : reader.named(reader.readInline(frame, properties), properties).value;
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
  const entries = list();
  for (;;) {
    if (!startsWithProperties(cursor)) entries.items.push(...reader.takeComments());
    const last = readListEntry(reader, entries, column);
    cursor.passToToken();
    const over = cursor.atEnd || cursor.atDocumentMarker() || cursor.column < column;
    const dash = cursor.atIndicator(0x2d);
    if (over || (cursor.column === column && column === parent && !dash)) {
      const taken = takeListEnd(reader, column, column > parent, last.shape !== 'empty');
      (entries.items as Comment[]).push(...taken);
      break;
    }
    if (!cursor.keyAllowed || cursor.column !== column || !dash)
      throw cursor.error('a list entry must begin with - in the column of the one above');
  }
  return reader.named({ value: entries, shape: 'block' }, properties);
}

/**
 * Whether a list entry is a block with an anchor or tag on the line of its dash: the comments above it are then the first thing
 * in the block.
 */
function startsWithProperties(cursor: Cursor): boolean {
  PROPERTIES_ALONE.lastIndex = cursor.at;
  return cursor.pending.length > 0 && PROPERTIES_ALONE.test(cursor.text);
}

const PROPERTIES_ALONE = /-[ \t]+(?:[&!]\S*[ \t]*)+(?=[\n\r#])/y;

function readListEntry(reader: TreeReader, entries: List, column: number): Node {
  const { cursor } = reader;
  const dash = cursor.at;
  cursor.at += 1;
  reader.lastEnd = cursor.at;
  cursor.keyAllowed = true;
  const crossed = cursor.passToToken();
  const frame: Frame = { parent: column, sameColumnList: false };
  // In front of brackets a comment belongs to the list; the value of a key takes it inside.
  if (cursor.unit === 0x5b || cursor.unit === 0x7b) entries.items.push(...reader.takeComments());
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
