/** Block maps and lists: entries by column, and the comments between them. */

import { type Branch, branch, type Comment, type List, list, type Value } from '../../tree/tree.js';
import type { Steps } from '../../util/flat-recursion.js';
import { append, insert } from '../../util/lists.js';
import { countAbove, setBehind, setBehindValue, takeBound, takeListEnd, takeMapEnd } from './comment-run.js';
import type { CommentMark, Cursor } from './cursor.js';
import { type FirstKey, type Frame, isNode, MAX_KEY_LENGTH, type Node, type Reading } from './node.js';
import type { NodeReader } from './node-reader.js';
import type { Properties } from './properties.js';

/** Reads a map whose keys stand in a column; the first one may have been read. */
export function* readBlockMap(
  reader: NodeReader,
  column: number,
  parent: number,
  properties: Properties | undefined,
  firstKey?: FirstKey,
): Steps<Node> {
  const { cursor } = reader;
  reader.open(true);
  const map = new BlockMap(reader, column);
  for (let known = firstKey; ; known = undefined) {
    const start = known?.start ?? cursor.at;
    const explicit = !known && cursor.atIndicator(0x3f);
    let key = known?.key;
    if (!key) {
      const first = explicit ? readExplicitKey(reader, column) : readBlockKey(reader, column);
      key = (isNode(first) ? first : yield first).value;
      if (explicit) map.addAtKey(passExplicitKey(reader));
    }
    const place = passBlockColon(reader, column, explicit);
    const second = readBlockValue(reader, column, place);
    map.add({ start, key, comment: place?.comment }, isNode(second) ? second : yield second);
    cursor.passToToken();
    if (map.ends(parent)) break;
    if (!cursor.keyAllowed) throw cursor.error('a key begins on a line of its own');
    if (cursor.column !== column) throw cursor.error('this line is indented neither as the key above nor as its value');
    append(map.branch.items, reader.takeBehind());
    append(map.branch.items, reader.takeComments());
  }
  reader.close(true);
  return reader.named({ value: map.branch, shape: 'block' }, properties);
}

/** A key of a block map. */
interface BlockKey {
  readonly start: number;
  readonly key: Value;
  /** The comment after its colon. */
  readonly comment: CommentMark | undefined;
}

/** A block map being read. */
class BlockMap {
  readonly branch: Branch;
  private readonly keys = new Set<string>();
  /** Comments that go after the first entry. */
  private readonly behindFirst: Comment[];
  private hasEntry = false;
  private readonly isRoot: boolean;
  private readonly takesMetadata: boolean;

  constructor(
    private readonly reader: NodeReader,
    private readonly column: number,
  ) {
    this.branch = branch(reader.takeComments());
    this.behindFirst = reader.takeBehind();
    this.isRoot = reader.depth === 1 && !reader.loose;
    this.takesMetadata = this.isRoot && !reader.watcher?.asData;
    if (this.isRoot) reader.rootColumn = column;
  }

  /** Adds the comment on the line of a key with a question mark, and what right below it goes after it, or before a later one. */
  addAtKey(onLine: Comment[]): void {
    const { reader, column, branch: map } = this;
    append(map.items, onLine);
    if (this.hasEntry) append(map.items, takeBound(reader, column));
    else if (reader.cursor.atIndicator(0x3a)) append(this.behindFirst, takeBound(reader, column));
  }

  /** Adds the entry whose value was just read. */
  add(blockKey: BlockKey, node: Node): void {
    this.addEntry(blockKey, node);
    if (!this.hasEntry) append(this.branch.items, this.behindFirst);
    this.hasEntry = true;
  }

  private addEntry({ start, key, comment }: BlockKey, node: Node): void {
    const { reader, column, branch: map } = this;
    const entry = reader.itemOf(key, start, node.value);
    if (node.value.alias) node.value.alias.entry = { start, column };
    reader.checkUnique(this.keys, entry.key, key, start, node.value);
    if (this.takesMetadata && entry.key === 'sops') {
      if (reader.metadata) throw reader.cursor.error('the key sops stands twice', start);
      // On the line of the key it is part of what is written anew, as those below are.
      if (comment && node.value.kind === 'branch' && !node.value.alias)
        insert(node.value.items, 0, [reader.toComment(comment, false)]);
      reader.metadata = { value: node.value, start, end: reader.lastEnd, prefix: '', suffix: '' };
      return;
    }
    if (comment) map.items.push(reader.toComment(comment, false));
    if (node.shape !== 'block') append(map.items, commentsAbove(reader, node));
    const behind = trailingComments(reader, node);
    // After brackets it is the first thing in them, other than in a list.
    if (node.shape === 'flow' && node.value.kind !== 'leaf') insert(node.value.items as Comment[], 0, behind);
    else append(map.items, behind);
    map.items.push(entry);
    append(map.items, commentsBehind(reader, node));
  }

  /** Whether it is over; it then takes the comments that belong to its end. */
  ends(parent: number): boolean {
    const { reader, column } = this;
    const { cursor } = reader;
    const over = cursor.atEnd || cursor.atDocumentMarker();
    if (!over && cursor.column >= column) return false;
    append(this.branch.items, reader.takeBehind());
    append(this.branch.items, parent < 0 ? reader.takeComments() : takeMapEnd(reader, column));
    return true;
  }
}

/** Comments between a key and a scalar on a later line go in front of the key. */
function commentsAbove(reader: NodeReader, node: Node): Comment[] {
  return /empty|flow/.test(node.shape) ? [] : reader.takeComments();
}

/** Comments between a key or dash and a scalar that go after it. Brackets and blocks take theirs when they begin. */
function commentsBehind(reader: NodeReader, { shape }: Node): Comment[] {
  return shape === 'empty' || shape === 'block' ? [] : reader.takeBehind();
}

/** Reads a key up to its `:`, which stays. */
function readBlockKey(reader: NodeReader, column: number): Reading {
  const { cursor } = reader;
  const frame: Frame = { parent: column, sameColumnList: false };
  if (cursor.atIndicator(0x3a)) return reader.emptyNode(undefined, frame);
  if (cursor.atIndicator(0x2d)) throw cursor.error('a list entry stands where a key must be');
  const begun = { start: cursor.at, lineStart: cursor.lineStart, properties: reader.readProperties() };
  const isEmpty = begun.properties !== undefined && cursor.atIndicator(0x3a);
  const reading = isEmpty ? reader.emptyNode(begun.properties, frame) : reader.readInline(frame, begun.properties);
  return isNode(reading) ? endBlockKey(reader, begun, reading) : readFlowKey(reader, begun, reading);
}

function* readFlowKey(reader: NodeReader, begun: KeyStart, steps: Steps<Node>): Steps<Node> {
  return endBlockKey(reader, begun, yield steps);
}

interface KeyStart {
  readonly start: number;
  readonly lineStart: number;
  readonly properties: Properties | undefined;
}

function endBlockKey(reader: NodeReader, { start, lineStart, properties }: KeyStart, node: Node): Node {
  const { cursor } = reader;
  if (node.shape !== 'empty') reader.named(node, properties);
  cursor.passBlanks();
  if (!cursor.atIndicator(0x3a) || cursor.lineStart !== lineStart || cursor.at - start > MAX_KEY_LENGTH) {
    throw cursor.error('a key must be followed by a colon, on one line', start);
  }
  return node;
}

/** Reads `? key`; the `:` may follow on a line below. */
function readExplicitKey(reader: NodeReader, column: number): Reading {
  const { cursor } = reader;
  cursor.at += 1;
  cursor.keyAllowed = true;
  const crossed = cursor.passToToken();
  const frame: Frame = { parent: column, sameColumnList: false };
  return reader.nodeEnds(frame, crossed) ? reader.emptyNode(undefined, frame) : reader.readNode(frame);
}

/** Moves after `? key`; returns the comment on its line, which belongs to the key whatever its value is. */
function passExplicitKey(reader: NodeReader): Comment[] {
  const { cursor } = reader;
  const known = cursor.pending.length;
  cursor.passToToken();
  const behind = cursor.pending[known];
  if (!behind || behind.ownLine) return [];
  cursor.pending.splice(known, 1);
  return [reader.toComment(behind, false)];
}

/** What stands between a key and its value. */
interface ValuePlace {
  readonly crossed: boolean;
  readonly comment: CommentMark | undefined;
}

/** Moves from the `:` of a key to its value; an explicit key may stand without either. */
function passBlockColon(reader: NodeReader, column: number, explicit: boolean): ValuePlace | undefined {
  const { cursor } = reader;
  if (explicit && !(cursor.atIndicator(0x3a) && cursor.column === column)) return undefined;
  const isBelow = explicit && (cursor.pending.at(-1)?.start ?? 0) > reader.lastEnd;
  if (explicit) setBehind(reader, column, true);
  cursor.at += 1;
  reader.lastEnd = cursor.at;
  cursor.keyAllowed = explicit;
  if (explicit) cursor.passTabsToComment(false);
  const known = cursor.pending.length;
  const crossed = cursor.passToToken();
  const frame: Frame = { parent: column, sameColumnList: true };
  const isOnLine = cursor.pending[known]?.ownLine === false;
  const comment = isOnLine && !isBelow ? cursor.pending.splice(known, 1)[0] : undefined;
  // Below other comments it waits with them for the value; brackets have none of it.
  if (isOnLine && isBelow && startsBrackets(cursor)) append(cursor.behind, cursor.pending.splice(known, 1));
  setBehindValue(reader, frame, crossed);
  return { crossed, comment };
}

function readBlockValue(reader: NodeReader, column: number, place: ValuePlace | undefined): Reading {
  const frame: Frame = { parent: column, sameColumnList: true };
  const isEmpty = !place || reader.nodeEnds(frame, place.crossed);
  return isEmpty ? reader.emptyNode(undefined, frame) : reader.readNode(frame);
}

export function* readBlockList(
  reader: NodeReader,
  column: number,
  parent: number,
  properties: Properties | undefined,
): Steps<Node> {
  const { cursor } = reader;
  const isLevel = column > parent;
  reader.open(isLevel);
  const entries = list();
  for (;;) {
    const dash = cursor.at;
    const reading = readListEntry(reader, entries, column);
    const last = isNode(reading) ? reading : yield reading;
    addListEntry(reader, entries, { start: dash, column }, last);
    const hasLast = last.shape !== 'empty';
    cursor.passToToken();
    const over = cursor.atEnd || cursor.atDocumentMarker() || cursor.column < column;
    const isDash = cursor.atIndicator(0x2d);
    if (over || (cursor.column === column && column === parent && !isDash)) {
      // What brackets left to what is after them stands in front of nothing here.
      if (last.shape === 'flow') append(entries.items as Comment[], reader.takeComments(countAbove(reader)));
      append(entries.items as Comment[], takeListEnd(reader, column, isLevel, hasLast));
      break;
    }
    if (!cursor.keyAllowed || cursor.column !== column || !isDash)
      throw cursor.error('a list entry must begin with - in the column of the one above');
    if (!hasLast) continue;
    append(entries.items, takeBound(reader, column));
    setBehind(reader, column, true);
  }
  reader.close(isLevel);
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

function startsBrackets({ unit }: Cursor): boolean {
  return unit === 0x5b || unit === 0x7b;
}

/** Reads an entry. The comments above a dash with nothing after it wait for what comes next. */
function readListEntry(reader: NodeReader, entries: List, column: number): Reading {
  const { cursor } = reader;
  const above = startsWithProperties(cursor) ? 0 : cursor.pending.length;
  cursor.at += 1;
  reader.lastEnd = cursor.at;
  cursor.keyAllowed = true;
  const frame: Frame = { parent: column, sameColumnList: false };
  const crossed = cursor.passToToken();
  setBehindValue(reader, frame, crossed);
  if (reader.nodeEnds(frame, crossed)) return reader.emptyNode(undefined, frame);
  // In front of brackets a comment belongs to the list; the value of a key takes it inside.
  const count = startsBrackets(cursor) ? cursor.pending.length : above;
  append(entries.items, reader.takeComments(count));
  return reader.readNode(frame);
}

function addListEntry(
  reader: NodeReader,
  entries: List,
  place: { readonly start: number; readonly column: number },
  node: Node,
): void {
  reader.watcher?.entry(node.value, place.start, reader.lastEnd, false);
  if (node.value.alias) node.value.alias.entry = place;
  if (node.shape !== 'block') append(entries.items, commentsAbove(reader, node));
  append(entries.items, trailingComments(reader, node));
  entries.items.push(node.value);
  append(entries.items, commentsBehind(reader, node));
}

/** The comment after a value on its line, as what goes in front of it. */
function trailingComments(reader: NodeReader, node: Node): Comment[] {
  const { cursor } = reader;
  if (node.comment) return [reader.toComment(node.comment, true)];
  if (node.shape === 'block' || node.shape === 'block-scalar' || node.shape === 'empty') return [];
  const at = cursor.at;
  cursor.passBlanks();
  if (cursor.unit !== 0x23) {
    cursor.at = at;
    return [];
  }
  return [reader.toComment(cursor.readComment(), node.value.kind === 'leaf')];
}
