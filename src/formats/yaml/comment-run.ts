/**
 * Which block the comments between two tokens belong to, as go-yaml v3 has it: lines are taken together into pieces, and a
 * piece ends the block above it or stands before the entry below (docs/format.md#comments-in-yaml; tried with random texts).
 */
import type { Comment } from '../../tree/tree.js';
import type { CommentMark, Cursor, Piece } from './cursor.js';
import type { NodeReader } from './node-reader.js';

/** Takes the comments that end a block map of this column, which is closing at the cursor. */
export function takeMapEnd(reader: NodeReader, column: number): Comment[] {
  if (reader.cursor.pending.length === 0) return [];
  const pieces = piecesHere(reader, column);
  return take(reader, pieces, Math.max(countOfBound(pieces), countUpTo(pieces, column)));
}

/**
 * Takes the comments that end a block list. Only those bound to its last entry are its own; what stands in its column goes to
 * the map around it.
 * @param isIndented whether it stands right of its key: a list in the key's column is no block of its own
 * @param hasLast whether its last entry has a value that comments can be bound to
 */
export function takeListEnd(reader: NodeReader, column: number, isIndented: boolean, hasLast: boolean): Comment[] {
  if (reader.cursor.pending.length === 0) return [];
  const pieces = piecesHere(reader, column);
  const taken = hasLast ? take(reader, pieces, countOfBound(pieces)) : [];
  const passed = isIndented ? countUpTo(pieces, column) : 0;
  for (let index = 0; index < passed; index++) pieces[index] = { ...(pieces[index] as Piece), bound: true };
  return taken;
}

/**
 * Takes the comments right below a `---` with a blank line below them: they belong to the marker, so to what came before.
 * @param from index of the first pending comment behind the marker, which does not stand on the first line
 */
export function takeBelowMarker(cursor: Cursor, from: number): CommentMark[] {
  const { pending } = cursor;
  const first = pending[from];
  if (!first?.ownLine || first.afterBlankLine) return [];
  for (let index = from; index < pending.length; index++) {
    const isApart = pending[index + 1]?.afterBlankLine ?? blankLineAbove(cursor);
    if (isApart || endsInCrLf(cursor, pending[index])) return pending.splice(from, index + 1 - from);
  }
  return [];
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
  const marks = pieces.splice(0, count).reduce((sum, piece) => sum + piece.count, 0);
  return reader.cursor.pending.splice(0, marks).map((mark) => reader.toComment(mark, false));
}

/** The pieces at the cursor. The innermost block that closes here asks first, so `indent` is its column. */
function piecesHere(reader: NodeReader, indent: number): Piece[] {
  const { cursor } = reader;
  if (cursor.run?.at !== cursor.at) cursor.run = { at: cursor.at, pieces: cut(reader, indent) };
  return cursor.run.pieces;
}

/**
 * Cuts the pending comments into pieces: behind lines with nothing but a blank line below them, and where a line, of a comment
 * or of the next token, stands left of the block and not in the column where the piece began.
 */
function cut(reader: NodeReader, indent: number): Piece[] {
  const { cursor } = reader;
  const { pending } = cursor;
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
      else if (start === 0 && pending[0]?.ownLine && !endsInColon(reader)) end(next, true);
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

/** To go-yaml the second half of the CRLF behind a comment is an empty line. */
function endsInCrLf({ text }: Cursor, mark: CommentMark | undefined): boolean {
  return mark !== undefined && text.startsWith('\r\n', mark.end);
}

/** Whether the last token is the colon of a key without a value. */
function endsInColon({ cursor, lastEnd }: NodeReader): boolean {
  return cursor.text.charCodeAt(lastEnd - 1) === 0x3a;
}
