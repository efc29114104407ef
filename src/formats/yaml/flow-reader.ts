/** Flow collections: lists and maps in brackets and braces. */

import { branch, type Comment, leaf, list, type Value } from '../../tree/tree.js';
import type { Steps } from '../../util/flat-recursion.js';
import { append, insert } from '../../util/lists.js';
import { takeBelow } from './comment-run.js';
import { type FlowPlace, isNode, MAX_KEY_LENGTH, type Node, type Reading, ROOT_FRAME } from './node.js';
import type { NodeReader } from './node-reader.js';

/** Reads the list or map that begins at the cursor. */
export function* readFlow(reader: NodeReader): Steps<Node> {
  const { cursor } = reader;
  const flow = cursor.unit === 0x5b ? new FlowList(reader) : new FlowMap(reader);
  const behindBracket = openFlow(reader);
  flow.begin();
  while (cursor.unit !== flow.end) {
    const comments = reader.takeComments();
    const pair = openPair(reader);
    const first = readFlowNode(reader);
    pair.key = (isNode(first) ? first : yield first).value;
    if (passColon(reader, pair)) {
      const second = readFlowNode(reader);
      pair.value = (isNode(second) ? second : yield second).value;
      pair.between = takeBetween(reader);
    }
    flow.add(comments, pair);
  }
  // Where comments belong to what is above them, those below come after the bracket.
  const below = takeBelow(reader);
  append(flow.collection.items as Comment[], [...(below[0] ? below : reader.takeComments()), ...behindBracket]);
  closeFlow(reader);
  return { value: flow.collection, shape: 'flow' };
}

const UNREAD = leaf(null);

class FlowList {
  readonly end = 0x5d;
  readonly collection = list();

  constructor(private readonly reader: NodeReader) {}

  begin(): void {}

  add(comments: Comment[], { start, column, key, explicit, value, between }: FlowPair): void {
    const { reader } = this;
    const isPair = value !== undefined || explicit;
    // One `key: value` pair makes a map of one entry, and the comments are in it.
    const entry = isPair ? branch([reader.itemOf(key, start, value ?? leaf(null))]) : key;
    if (value?.alias) value.alias.entry = { start, column };
    reader.watcher?.entry(entry, start, reader.lastEnd, true);
    append(comments, [...between, ...placeBehind(passFlowComma(reader, this.end), value)]);
    if (entry.kind === 'branch' && isPair) {
      insert(entry.items, 0, comments);
      append(entry.items, takeBelow(reader));
    } else append(this.collection.items as Comment[], comments);
    this.collection.items.push(entry);
  }
}

class FlowMap {
  readonly end = 0x7d;
  readonly collection = branch();
  private readonly keys = new Set<string>();
  private readonly isRoot: boolean;
  private opened = 0;
  private lastValueEnd = 0;
  private place: FlowPlace = { at: 0, comma: false };

  constructor(private readonly reader: NodeReader) {
    this.isRoot = reader.depth === 0 && !reader.loose;
  }

  /** To be called after the brace. */
  begin(): void {
    this.opened = this.reader.lastEnd;
    this.lastValueEnd = this.opened;
    this.moveTo({ at: this.opened, comma: false });
  }

  add(comments: readonly Comment[], pair: FlowPair): void {
    const { reader, collection } = this;
    const value = pair.value ?? reader.emptyNode(undefined, ROOT_FRAME).value;
    const entry = reader.itemOf(pair.key, pair.start, value);
    if (value.alias) value.alias.entry = { start: pair.start, column: pair.column };
    reader.checkUnique(this.keys, entry.key, pair.key, pair.start, value);
    const end = reader.lastEnd;
    const behind = passFlowComma(reader, this.end);
    if (this.isRoot && entry.key === 'sops' && !reader.watcher?.asData) {
      this.noteMetadata(pair, value, end);
      const isApart = ({ source }: Comment): boolean => (source?.start ?? 0) >= reader.lastEnd;
      const apart = behind.filter(isApart);
      // What stands in front of the comma goes with the metadata.
      if (value.kind === 'branch' && !value.alias)
        append(
          value.items,
          behind.filter((each) => !isApart(each)),
        );
      append(collection.items, [...comments, ...pair.between, ...apart]);
      return;
    }
    this.moveTo({ at: reader.lastEnd, comma: reader.lastEnd === end });
    this.lastValueEnd = end;
    append(collection.items, [...comments, ...pair.between, ...placeBehind(behind, value), entry]);
  }

  private moveTo(place: FlowPlace): void {
    this.place = place;
    if (this.isRoot) this.reader.flowPlace = place;
  }

  /** Notes the span of the entry `sops`. The cursor stands after its comma. @param end of its value */
  private noteMetadata({ start: keyStart }: FlowPair, value: Value, end: number): void {
    const { reader, lastValueEnd, opened } = this;
    const { cursor } = reader;
    if (reader.metadata) throw cursor.error('the key sops stands twice', keyStart);
    const last = cursor.unit === this.end;
    const from = last ? lastValueEnd : this.place.at;
    // A comment in front stays where it is, and so does the comma next to it.
    const apart = /[^\s,]/.test(cursor.text.slice(from, keyStart));
    const prefix = apart ? '' : last && lastValueEnd !== opened ? ', ' : ' ';
    const start = apart ? keyStart : from;
    reader.metadata = { value, start, end: last ? end : reader.lastEnd, prefix, suffix: last ? '' : ',' };
  }
}

/**
 * The comments after a value in braces: in front of its key, but that after inner brackets they are the first thing in
 * those. @returns those that go in front.
 */
function placeBehind(comments: Comment[], value: Value | undefined): Comment[] {
  if (!value || value.kind === 'leaf' || value.alias) return comments;
  for (const one of comments) one.inline = false;
  insert(value.items as Comment[], 0, comments);
  return [];
}

/** Comments between a key and its value, unless the value took them inside; they go in front of the key. */
function takeBetween(reader: NodeReader): Comment[] {
  const taken = reader.cursor.pending.map((mark) => reader.toComment(mark, !mark.ownLine));
  reader.cursor.pending = [];
  return taken;
}

/** A key, or a value that could be one, and what stands after its colon. */
interface FlowPair {
  readonly start: number;
  readonly column: number;
  readonly lineStart: number;
  /** Written with `?`. */
  readonly explicit: boolean;
  key: Value;
  value: Value | undefined;
  /** Comments between key and value that the value did not take inside. */
  between: readonly Comment[];
}

/** Begins an entry, of which nothing is read but its `?`. */
function openPair(reader: NodeReader): FlowPair {
  const { cursor } = reader;
  const { at: start, column, lineStart } = cursor;
  const explicit = cursor.unit === 0x3f;
  if (explicit) passFlowMark(reader);
  return { start, column, lineStart, explicit, key: UNREAD, value: undefined, between: [] };
}

/** Moves after the colon of a key that was read, if there is one. */
function passColon(reader: NodeReader, { start, lineStart, explicit }: FlowPair): boolean {
  const { cursor } = reader;
  const short = cursor.at - start <= MAX_KEY_LENGTH;
  cursor.passToToken();
  if (cursor.text.charCodeAt(cursor.at) !== 0x3a) return false;
  if (!explicit && !(short && cursor.lineStart === lineStart)) {
    throw cursor.error('a key and its colon must stand on one line', start);
  }
  passFlowMark(reader);
  return true;
}

function readFlowNode(reader: NodeReader): Reading {
  const { cursor } = reader;
  const unit = cursor.unit;
  if (unit === 0x2c || unit === 0x5d || unit === 0x7d || unit === 0x3a) return reader.emptyNode(undefined, ROOT_FRAME);
  if (cursor.atDocumentMarker()) throw cursor.error('a document marker stands in brackets');
  return reader.readNode(ROOT_FRAME);
}

function passFlowMark(reader: NodeReader): void {
  reader.cursor.at += 1;
  reader.lastEnd = reader.cursor.at;
  reader.cursor.passToToken();
}

/** Moves over the comma after an entry; returns the comment on the entry's line. */
function passFlowComma(reader: NodeReader, close: number): Comment[] {
  const { cursor } = reader;
  cursor.passToToken();
  const inline = cursor.pending.filter((mark) => !mark.ownLine);
  cursor.pending = cursor.pending.filter((mark) => mark.ownLine);
  if (cursor.unit === 0x2c) {
    cursor.at += 1;
    reader.lastEnd = cursor.at;
    cursor.passBlanks();
    if (cursor.text.charCodeAt(cursor.at) === 0x23) inline.push(cursor.readComment());
    cursor.passToToken();
    if (cursor.text.charCodeAt(cursor.at) === 0x2c) throw cursor.error('a value must stand between two commas');
  } else if (cursor.unit !== close) {
    throw cursor.error(`a comma or ${String.fromCharCode(close)} must follow here`);
  }
  return inline.map((mark) => reader.toComment(mark, true));
}

/**
 * Moves after an opening bracket. The comment on its line, any between it and its key, and those that would go after it are
 * lost in SOPS, so that they govern nothing; they belong at the end, where that is so too.
 * @returns those comments
 */
function openFlow(reader: NodeReader): Comment[] {
  const { cursor } = reader;
  const known = cursor.pending.findLastIndex((mark) => !mark.ownLine) + 1;
  const lost = cursor.flowLevel > 0 ? cursor.pending.splice(0, known) : cursor.behind.splice(0);
  const above = cursor.pending;
  cursor.pending = [];
  cursor.flowLevel += 1;
  reader.open(false);
  cursor.at += 1;
  reader.lastEnd = cursor.at;
  cursor.passToToken();
  if (cursor.pending[0] && !cursor.pending[0].ownLine) append(lost, cursor.pending.splice(0, 1));
  const below = ']}'.includes(cursor.text.charAt(cursor.at)) ? [] : takeBelow(reader);
  insert(cursor.pending, 0, above);
  if (cursor.unit === 0x2c) throw cursor.error('a value must stand in front of the comma');
  return [...lost.map((mark) => reader.toComment(mark, false)), ...below];
}

function closeFlow(reader: NodeReader): void {
  reader.cursor.at += 1;
  reader.cursor.flowLevel -= 1;
  reader.close(false);
  reader.cursor.keyAllowed = false;
  reader.lastEnd = reader.cursor.at;
}
