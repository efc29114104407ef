/** Reading plain and quoted scalars, as go-yaml v3 reads them; `block-scalar.ts` has the other two styles. */
import { breakText, isBlank, isBlankOrEnd, isBreak, isFlowEnd, SPACE, TAB } from './characters.js';
import { type CommentMark, type Cursor, isDocumentMarker } from './cursor.js';

/** A scalar's text and where it stands; `end` lies behind the last character that belongs to it. */
export interface ScalarToken {
  readonly text: string;
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded';
  readonly start: number;
  readonly end: number;
  /** A comment on the header line of a block scalar. */
  readonly comment?: CommentMark;
}

/** What ends a plain scalar's line in block context: a break, a comment, or a colon with a blank or break after it. */
const LINE_STOP = /[\n\r\x85\u2028\u2029]|(?<=[ \t])#|:(?![^ \t\n\r\x85\u2028\u2029])/g;

/** Reads a plain scalar. `indent` is the column that continuation lines must reach (block context). */
export function readPlain(cursor: Cursor, indent: number): ScalarToken {
  return (cursor.flowLevel === 0 && readPlainLine(cursor, indent)) || readPlainFolded(cursor, indent);
}

/** The common case, a plain scalar of one line in block context; undefined when it may go on below. */
function readPlainLine(cursor: Cursor, indent: number): ScalarToken | undefined {
  const { text, at: start } = cursor;
  LINE_STOP.lastIndex = start;
  const found = LINE_STOP.exec(text);
  let end = found ? found.index : text.length;
  if (found && isBreak(text.charCodeAt(end)) && goesOn(text, end, indent)) return undefined;
  while (isBlank(text.charCodeAt(end - 1))) end -= 1;
  cursor.at = end;
  return { text: text.slice(start, end), style: 'plain', start, end };
}

/** Whether the next line that is not empty may belong to the scalar above it. */
function goesOn(text: string, lineEnd: number, indent: number): boolean {
  let lineStart = lineEnd;
  let at = lineEnd;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (isBreak(unit)) lineStart = at + 1;
    else if (unit === TAB) return true;
    else if (unit !== SPACE) break;
  }
  return at < text.length && at - lineStart >= indent && text.charCodeAt(at) !== 0x23;
}

function readPlainFolded(cursor: Cursor, indent: number): ScalarToken {
  const start = cursor.at;
  const folder = new Folder();
  let end = start;
  let { lineStart } = cursor;
  for (;;) {
    if (cursor.atDocumentMarker() || cursor.unit === 0x23) break;
    const from = cursor.at;
    passPlainRun(cursor);
    if (cursor.at === from) break;
    folder.add(cursor.text, from, cursor.at);
    end = cursor.at;
    lineStart = cursor.lineStart;
    if (!isBlank(cursor.unit) && !isBreak(cursor.unit)) break;
    const crossed = passFolding(cursor, folder, indent);
    cursor.tabsUntil = cursor.at;
    if (cursor.flowLevel === 0 && crossed && cursor.column < indent) break;
  }
  // Back to the scalar's end, so that what follows it (a comment, a break) is read by the caller.
  cursor.at = end;
  cursor.lineStart = lineStart;
  return { text: folder.text, style: 'plain', start, end };
}

/** Moves over characters of a plain scalar up to a blank, break or ending indicator. */
function passPlainRun(cursor: Cursor): void {
  const { text } = cursor;
  let { at } = cursor;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === SPACE || unit === TAB || isBreak(unit)) break;
    if (unit === 0x3a && isBlankOrEnd(text.charCodeAt(at + 1))) break;
    if (cursor.flowLevel > 0 && isFlowEnd(unit)) break;
  }
  cursor.at = at;
}

/** Moves over the blanks and breaks between two runs of a plain scalar; returns whether a break was among them. */
function passFolding(cursor: Cursor, folder: Folder, indent: number): boolean {
  let crossed = false;
  const from = cursor.at;
  while (isBlank(cursor.unit) || isBreak(cursor.unit)) {
    if (isBreak(cursor.unit)) {
      folder.addBreak(cursor);
      crossed = true;
    } else {
      if (crossed && cursor.unit === TAB && cursor.column < indent) {
        throw cursor.error('a tab stands where indentation must be');
      }
      cursor.at += 1;
    }
  }
  if (!crossed) folder.addBlanks(cursor.text, from, cursor.at);
  return crossed;
}

/** What interrupts text in quotes: its end, an escape, and blanks and breaks, which fold. */
const SINGLE_STOP = /[' \t\n\r\x85\u2028\u2029]/g;
const DOUBLE_STOP = /["\\ \t\n\r\x85\u2028\u2029]/g;

/** Moves to what an expression for one unit finds, or to the end. */
function passTo(stop: RegExp, cursor: Cursor): void {
  stop.lastIndex = cursor.at;
  cursor.at = stop.test(cursor.text) ? stop.lastIndex - 1 : cursor.text.length;
}

/** Reads a `'…'` scalar. */
export function readSingle(cursor: Cursor): ScalarToken {
  const start = cursor.at;
  const folder = new Folder();
  cursor.at += 1;
  for (;;) {
    const from = cursor.at;
    passTo(SINGLE_STOP, cursor);
    folder.add(cursor.text, from, cursor.at);
    if (cursor.unit === 0x27) {
      cursor.at += 1;
      if (cursor.unit !== 0x27) break;
      folder.add("'");
      cursor.at += 1;
    } else {
      passQuotedFolding(cursor, folder, start);
    }
  }
  folder.flush();
  return { text: folder.text, style: 'single', start, end: cursor.at };
}

/** Reads a `"…"` scalar. */
export function readDouble(cursor: Cursor): ScalarToken {
  const start = cursor.at;
  const folder = new Folder();
  cursor.at += 1;
  for (;;) {
    const from = cursor.at;
    passTo(DOUBLE_STOP, cursor);
    folder.add(cursor.text, from, cursor.at);
    if (cursor.unit === 0x22) break;
    if (cursor.unit === 0x5c) passEscape(cursor, folder);
    else passQuotedFolding(cursor, folder, start);
  }
  cursor.at += 1;
  folder.flush();
  return { text: folder.text, style: 'double', start, end: cursor.at };
}

/** Moves over blanks and breaks inside quotes. */
function passQuotedFolding(cursor: Cursor, folder: Folder, start: number): void {
  if (cursor.atEnd) throw cursor.error('this quoted text never ends', start);
  const from = cursor.at;
  let crossed = false;
  while (isBlank(cursor.unit) || isBreak(cursor.unit)) {
    if (isBreak(cursor.unit)) {
      folder.addBreak(cursor);
      crossed = true;
    } else {
      cursor.at += 1;
    }
  }
  refuseMarker(cursor);
  if (!crossed) folder.addBlanks(cursor.text, from, cursor.at);
}

/** No document marker stands where a line of quoted text begins, after an escaped break neither. */
function refuseMarker(cursor: Cursor): void {
  if (cursor.column === 0 && isDocumentMarker(cursor.text, cursor.at))
    throw cursor.error('a document marker stands in quoted text');
}

const ESCAPES = new Map<string, string>([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['N', '\u0085'],
  ['_', '\u00a0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
]);
const HEX_LENGTH = new Map<string, number>([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** Reads one escape sequence of a double-quoted scalar. */
function passEscape(cursor: Cursor, folder: Folder): void {
  const at = cursor.at;
  const name = cursor.text.charAt(at + 1);
  if (name !== '' && isBreak(name.charCodeAt(0))) {
    cursor.at += 1;
    passEscapedBreak(cursor, folder);
    return;
  }
  const length = HEX_LENGTH.get(name);
  const plain = ESCAPES.get(name);
  if (plain !== undefined) {
    folder.add(plain);
    cursor.at += 2;
  } else if (length !== undefined) {
    const digits = cursor.text.slice(at + 2, at + 2 + length);
    const code = /^[0-9A-Fa-f]+$/.test(digits) && digits.length === length ? Number.parseInt(digits, 16) : -1;
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw cursor.error(`the escape \\${name} needs ${length} hexadecimal digits of a Unicode character`);
    }
    folder.add(String.fromCodePoint(code));
    cursor.at += 2 + length;
  } else {
    throw cursor.error('this escape is unknown in double-quoted text');
  }
}

/** Moves over an escaped line break: it vanishes with the blanks after it; empty lines after it stay breaks. */
function passEscapedBreak(cursor: Cursor, folder: Folder): void {
  folder.flush();
  cursor.passBreak();
  while (isBlank(cursor.unit) || isBreak(cursor.unit)) {
    if (isBlank(cursor.unit)) {
      cursor.at += 1;
    } else {
      folder.text += breakText(cursor.unit);
      cursor.passBreak();
    }
  }
  refuseMarker(cursor);
}

/** Collects the text of a scalar while its line breaks fold: one becomes a space, n become n - 1. */
class Folder {
  text = '';
  private blanks = '';
  private breaks: string[] = [];

  add(text: string, from = 0, to = text.length): void {
    if (from === to) return;
    if (this.blanks !== '' || this.breaks.length > 0) this.flush();
    this.text += text.slice(from, to);
  }

  addBlanks(text: string, from: number, to: number): void {
    this.blanks = text.slice(from, to);
  }

  addBreak(cursor: Cursor): void {
    this.blanks = '';
    this.breaks.push(breakText(cursor.unit));
    cursor.passBreak();
  }

  /** Adds the blanks or folded breaks that wait. */
  flush(): void {
    const [first, ...rest] = this.breaks;
    if (first === undefined) this.text += this.blanks;
    else if (first !== '\n') this.text += first + rest.join('');
    else this.text += rest.length === 0 ? ' ' : rest.join('');
    this.breaks = [];
    this.blanks = '';
  }
}
