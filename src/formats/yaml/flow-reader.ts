/** Flow collections: lists and maps in brackets and braces. */
import { type Branch, branch, type Comment, type List, leaf, list, type Value } from '../../tree/tree.js';
import { type FlowPlace, MAX_KEY_LENGTH, ROOT_FRAME } from './node.js';
import type { TreeReader } from './tree-reader.js';

export function readFlowList(reader: TreeReader): List {
  const { cursor } = reader;
  const entries = list();
  const behindBracket = openFlow(reader);
  while (cursor.unit !== 0x5d) {
    const comments = reader.takeComments();
    const { start, column, key, explicit, value, between } = readFlowPair(reader);
    const isPair = value !== undefined || explicit;
    // One `key: value` pair makes a map of one entry, and the comments are in it.
    const entry = isPair ? branch([reader.itemOf(key, start, value ?? leaf(null))]) : key;
    if (value?.alias) value.alias.entry = { start, column };
    reader.watcher?.entry(entry, start, reader.lastEnd, true);
    comments.push(...between, ...placeBehind(passFlowComma(reader, 0x5d), value));
    if (entry.kind === 'branch' && isPair) entry.items.unshift(...comments);
    else (entries.items as Comment[]).push(...comments);
    entries.items.push(entry);
  }
  entries.items.push(...reader.takeComments(), ...behindBracket);
  closeFlow(reader);
  return entries;
}

/**
 * The comments behind a value in braces: in front of its key, but that behind inner brackets they are the first thing in
 * those. @returns those that go in front.
 */
function placeBehind(comments: Comment[], value: Value | undefined): Comment[] {
  if (!value || value.kind === 'leaf' || value.alias) return comments;
  for (const one of comments) one.inline = false;
  (value.items as Comment[]).unshift(...comments);
  return [];
}

/** Comments between a key and its value, unless the value took them inside; they go in front of the key. */
function takeBetween(reader: TreeReader): Comment[] {
  const taken = reader.cursor.pending.map((mark) => reader.toComment(mark, !mark.ownLine));
  reader.cursor.pending = [];
  return taken;
}

export function readFlowMap(reader: TreeReader): Branch {
  const { cursor } = reader;
  const isRoot = reader.depth === 1 && cursor.flowLevel === 0 && !reader.loose;
  const map = branch();
  const keys = new Set<string>();
  const behindBracket = openFlow(reader);
  let place: FlowPlace = { at: reader.lastEnd, comma: false };
  const opened = reader.lastEnd;
  let lastValueEnd = opened;
  while (cursor.unit !== 0x7d) {
    const comments = reader.takeComments();
    const pair = readFlowPair(reader);
    const value = pair.value ?? reader.emptyNode(undefined, ROOT_FRAME).value;
    const entry = reader.itemOf(pair.key, pair.start, value);
    if (value.alias) value.alias.entry = { start: pair.start, column: pair.column };
    reader.checkUnique(keys, entry.key, pair.key, pair.start, value);
    const end = reader.lastEnd;
    const behind = passFlowComma(reader, 0x7d);
    if (isRoot && entry.key === 'sops') {
      if (reader.metadata) throw cursor.error('the key sops stands twice', pair.start);
      const last = cursor.unit === 0x7d;
      const from = last ? lastValueEnd : place.at;
      // A comment in front stays where it is, and so does the comma next to it.
      const apart = /[^\s,]/.test(cursor.text.slice(from, pair.start));
      const prefix = apart ? '' : last && lastValueEnd !== opened ? ', ' : ' ';
      const start = apart ? pair.start : from;
      reader.metadata = { value, start, end: last ? end : reader.lastEnd, prefix, suffix: last ? '' : ',' };
      map.items.push(
        ...comments,
        ...pair.between,
        ...behind.filter((each) => (each.source?.start ?? 0) >= reader.lastEnd),
      );
      continue;
    }
    place = { at: reader.lastEnd, comma: reader.lastEnd === end };
    lastValueEnd = end;
    map.items.push(...comments, ...pair.between, ...placeBehind(behind, value), entry);
  }
  map.items.push(...reader.takeComments(), ...behindBracket);
  closeFlow(reader);
  if (isRoot) reader.flowPlace = place;
  return map;
}

/** A key, or a value that could be one, and what stands behind its colon. */
interface FlowPair {
  readonly start: number;
  readonly column: number;
  readonly key: Value;
  /** Written with `?`. */
  readonly explicit: boolean;
  readonly value: Value | undefined;
  /** Comments between key and value that the value did not take inside. */
  readonly between: readonly Comment[];
}

function readFlowPair(reader: TreeReader): FlowPair {
  const { cursor } = reader;
  const start = cursor.at;
  const { column, lineStart } = cursor;
  const explicit = cursor.unit === 0x3f;
  if (explicit) passFlowMark(reader);
  const key = readFlowNode(reader);
  const short = cursor.at - start <= MAX_KEY_LENGTH;
  cursor.passToToken();
  if (cursor.text.charCodeAt(cursor.at) !== 0x3a)
    return { start, column, key, explicit, value: undefined, between: [] };
  if (!explicit && !(short && cursor.lineStart === lineStart)) {
    throw cursor.error('a key and its colon must stand on one line', start);
  }
  passFlowMark(reader);
  const value = readFlowNode(reader);
  return { start, column, key, explicit, value, between: takeBetween(reader) };
}

function readFlowNode(reader: TreeReader): Value {
  const { cursor } = reader;
  const unit = cursor.unit;
  if (unit === 0x2c || unit === 0x5d || unit === 0x7d || unit === 0x3a)
    return reader.emptyNode(undefined, ROOT_FRAME).value;
  if (cursor.atDocumentMarker()) throw cursor.error('a document marker stands inside brackets');
  return reader.readNode(ROOT_FRAME).value;
}

function passFlowMark(reader: TreeReader): void {
  reader.cursor.at += 1;
  reader.lastEnd = reader.cursor.at;
  reader.cursor.passToToken();
}

/** Moves over the comma behind an entry; returns the comment on the entry's line. */
function passFlowComma(reader: TreeReader, close: number): Comment[] {
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
 * Moves behind an opening bracket. The comment on its line, and any between it and its key, are lost in SOPS, so that they
 * govern nothing; they belong at the end, where that is so too.
 * @returns those comments
 */
function openFlow(reader: TreeReader): Comment[] {
  const { cursor } = reader;
  const known = cursor.pending.findLastIndex((mark) => !mark.ownLine) + 1;
  const lost = cursor.flowLevel > 0 ? cursor.pending.splice(0, known) : [];
  const above = cursor.pending;
  cursor.pending = [];
  cursor.at += 1;
  cursor.flowLevel += 1;
  reader.lastEnd = cursor.at;
  cursor.passToToken();
  if (cursor.pending[0] && !cursor.pending[0].ownLine) lost.push(...cursor.pending.splice(0, 1));
  cursor.pending.unshift(...above);
  if (cursor.unit === 0x2c) throw cursor.error('a value must stand in front of the comma');
  return lost.map((mark) => reader.toComment(mark, false));
}

function closeFlow(reader: TreeReader): void {
  reader.cursor.at += 1;
  reader.cursor.flowLevel -= 1;
  reader.cursor.keyAllowed = false;
  reader.lastEnd = reader.cursor.at;
}
