/**
 * Which block the comments between two tokens belong to, as go-yaml v3 has it: lines are taken together into pieces, and a
 * piece ends the block above it or stands before the entry below (docs/format.md#comments-in-yaml; tried with random texts).
 */
import type { Comment } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import type { CommentMark, CommentRun, Cursor, Piece } from './cursor.js';
import type { Frame } from './node.js';
import type { NodeReader } from './node-reader.js';

/** Moves from an anchor or tag to the value; returns whether a line break was passed. */
export function passToValue(reader: NodeReader, frame: Frame): boolean {
  const { cursor } = reader;
  const known = cursor.pending.length;
  const crossed = cursor.passToToken();
  // The comment on its line, and what stands with it, is the value's.
  if (cursor.flowLevel === 0 && cursor.pending[known]?.ownLine) setBehindValue(reader, frame, crossed);
  return crossed;
}

/** Sets comments aside that end what stands in front of a value: a dash, colon or anchor, none of which can have them. */
export function setBehindValue(reader: NodeReader, frame: Frame, crossed: boolean): void {
  const { cursor } = reader;
  const isEmpty = reader.nodeEnds(frame, crossed);
  // Those below a key without a value end its map, or stand before the next key.
  if (isEmpty && frame.sameColumnList) return;
  const isDash = cursor.atIndicator(0x2d) && cursor.column === frame.parent;
  setBehind(reader, frame.parent, isDash || !isEmpty);
}

/**
 * Sets comments aside that end what is above them and cannot stand there.
 * @param isOpen whether the block of this column goes on; if not, some are for the blocks that close
 */
export function setBehind(reader: NodeReader, column: number, isOpen: boolean): void {
  if (reader.cursor.pending.length === 0) return;
  const { pieces } = runHere(reader, column);
  const rest = pieces.findIndex(({ ends }) => !ends);
  const count = isOpen ? (rest < 0 ? pieces.length : rest) : countOfBound(pieces);
  append(reader.cursor.behind, takeMarks(reader, pieces, count));
}

/** Takes the comments that belong to the scalar just read, in a block of this column. */
export function takeBound(reader: NodeReader, column: number): Comment[] {
  if (reader.cursor.pending.length === 0) return [];
  const { pieces } = runHere(reader, column);
  return take(reader, pieces, countOfBound(pieces));
}

/**
 * Takes the comments that end a block map of this column, which is closing at the cursor. Those above its last token that nothing
 * had are lost in SOPS, so that they govern nothing, as here.
 */
export function takeMapEnd(reader: NodeReader, column: number): Comment[] {
  const { pending } = reader.cursor;
  if (pending.length === 0) return [];
  const run = runHere(reader, column);
  const lost = reader.takeComments(run.from);
  run.from = 0;
  const { pieces } = run;
  append(lost, take(reader, pieces, Math.max(countOfBound(pieces), countUpTo(pieces, column))));
  return lost;
}

/**
 * Takes the comments that end a block list. Only those bound to its last entry are its own; what stands in its column goes to
 * the map around it.
 * @param isIndented whether it stands right of its key: a list in the key's column is not a block of its own
 * @param hasLast whether its last entry has a value that comments can be bound to
 */
export function takeListEnd(reader: NodeReader, column: number, isIndented: boolean, hasLast: boolean): Comment[] {
  if (reader.cursor.pending.length === 0) return [];
  const { pieces } = runHere(reader, column);
  const taken = hasLast ? take(reader, pieces, countOfBound(pieces)) : [];
  const passed = isIndented ? countUpTo(pieces, column) : 0;
  append(reader.cursor.behind, takeMarks(reader, pieces, passed));
  return taken;
}

/** Takes the comments right below the last token within brackets that belong to it, a blank line being below them. */
export function takeBelow(reader: NodeReader): Comment[] {
  return reader.takeComments(canBind(reader) ? countBelow(reader.cursor, 0) : 0);
}

/**
 * How many comments stand right below a token with a blank line below them: they belong to it, so to what came before.
 * @param from index of the first pending comment after the token, which does not stand on the first line
 */
export function countBelow(cursor: Cursor, from: number): number {
  const { pending } = cursor;
  const first = pending[from];
  if (!first?.ownLine || first.afterBlankLine) return 0;
  for (let index = from; index < pending.length; index++) {
    const isApart = pending[index + 1]?.afterBlankLine ?? blankLineAbove(cursor);
    if (isApart || endsInCrLf(cursor, pending[index])) return index + 1 - from;
  }
  return 0;
}

function countOfBound(pieces: readonly Piece[]): number {
  const rest = pieces.findIndex(({ ends, bound }) => !(ends && bound));
  return rest < 0 ? pieces.length : rest;
}

/** How many pieces there are up to the first in a column. */
function countUpTo(pieces: readonly Piece[], column: number): number {
  return pieces.findIndex((piece) => piece.ends && piece.column === column) + 1;
}

function take(reader: NodeReader, pieces: Piece[], count: number): Comment[] {
  return takeMarks(reader, pieces, count).map((mark) => reader.toComment(mark, false));
}

function takeMarks({ cursor }: NodeReader, pieces: Piece[], count: number): CommentMark[] {
  const marks = pieces.splice(0, count).reduce((sum, piece) => sum + piece.count, 0);
  return cursor.pending.splice(cursor.run?.from ?? 0, marks);
}

/** The pieces at the cursor. The innermost block that is open before it asks first, so `indent` is its column. */
function runHere(reader: NodeReader, indent: number): CommentRun {
  const { cursor } = reader;
  if (cursor.run?.at === cursor.at) return cursor.run;
  const from = countAbove(reader);
  cursor.run = { at: cursor.at, from, pieces: cut(reader, from, indent) };
  return cursor.run;
}

/** How many of the pending comments stand in front of the last token. */
export function countAbove({ cursor, lastEnd }: NodeReader): number {
  return cursor.pending.findLastIndex(({ start }) => start <= lastEnd) + 1;
}

/**
 * Cuts the pending comments into pieces: after lines with nothing but a blank line below them, and where a line, of a comment
 * or of the next token, stands left of the block and not in the column where the piece began.
 */
function cut(reader: NodeReader, from: number, indent: number): Piece[] {
  const { cursor } = reader;
  const pending = cursor.pending.slice(from);
  const pieces: Piece[] = [];
  let start = 0;
  let column = pending[0]?.column ?? 0;
  const end = (next: number, bound: boolean): void => {
    pieces.push({ count: next - start, column, ends: true, bound });
    start = next;
  };
  // The end of a document counts as an entry of the root, since the `sops` branch stands there in an encrypted file.
  const over = cursor.atEnd || cursor.atDocumentMarker();
  const below = { column: over ? (reader.rootColumn ?? 0) : cursor.column, afterBlankLine: blankLineAbove(cursor) };
  let isAbove = !isApart(reader, pending[0]);
  for (const [index, line] of [...pending.slice(1), below].entries()) {
    const next = index + 1;
    if (isAbove && (line.afterBlankLine || endsInCrLf(cursor, pending[index]))) {
      isAbove = false;
      if (column < indent) end(next, false);
      else if (start === 0 && pending[0]?.ownLine && canBind(reader)) end(next, true);
    }
    if (next > start && line.column < indent && line.column !== column) end(next, start === 0);
    if (next === start) column = line.column;
  }
  if (start < pending.length) pieces.push({ count: pending.length - start, column, ends: false, bound: false });
  return pieces;
}

/** Whether a blank line stands between the first comment and what comes before; block scalars take theirs along. */
function isApart({ cursor: { text }, lastEnd }: NodeReader, mark: CommentMark | undefined): boolean {
  return mark !== undefined && hasBlankLine(text, lastEnd, mark.start);
}

function blankLineAbove({ text, pending, at }: Cursor): boolean {
  return hasBlankLine(text, pending.at(-1)?.end ?? at, at);
}

function hasBlankLine(text: string, from: number, to: number): boolean {
  const breaks = text.slice(from, to).match(/\r\n|[\r\n\x85\u2028\u2029]/g);
  return (breaks?.length ?? 0) > 1;
}

/** To go-yaml the second half of the CRLF after a comment is an empty line. */
function endsInCrLf({ text }: Cursor, mark: CommentMark | undefined): boolean {
  return mark !== undefined && text.startsWith('\r\n', mark.end);
}

/**
 * Whether a comment right below the last token may belong to it: not to the colon of a key, nor on the first line of the file, but
 * to a plain scalar, after which go-yaml goes on from the line below.
 */
function canBind({ cursor: { text, firstLineEnd }, lastEnd, plainEnd }: NodeReader): boolean {
  if (text.charCodeAt(lastEnd - 1) === 0x3a) return false;
  return lastEnd > firstLineEnd || (lastEnd === plainEnd && text.slice(lastEnd, firstLineEnd).trim() === '');
}
