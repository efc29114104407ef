/** A place in a YAML text: moving over blanks, line breaks and comments, and errors with line and column. */

import { SopsError } from '../../errors.js';
import { mergeError } from '../document-error.js';
import { BOM, CR, isBlank, isBlankOrEnd, isBreak, LF, SPACE, TAB } from './characters.js';

/** A comment as it stands in the text. */
export interface CommentMark {
  /** Offset after the `#`. */
  readonly start: number;
  /** Offset of the line's end. */
  readonly end: number;
  readonly column: number;
  /** Nothing but blanks stands before it on its line. */
  readonly ownLine: boolean;
  /** An empty line stands between it and what comes before. */
  readonly afterBlankLine: boolean;
}

/** Comment lines that stay together. */
export interface Piece {
  readonly count: number;
  /** Where its first line begins. */
  readonly column: number;
  /** Whether it belongs to what stands above it. */
  readonly ends: boolean;
  /** Whether it is bound to the last token; if not, it ends the block of its own column. */
  readonly bound: boolean;
}

/** The pieces in front of the token at a place. */
export interface CommentRun {
  readonly at: number;
  /** Index of the first of their comments among the pending ones: those before it stand above the last token. */
  from: number;
  readonly pieces: Piece[];
}

/**
 * The reading position. `keyAllowed` is YAML's rule on where a block collection may begin: at the start of a line
 * and after `-`, `?` and a `:` that follows an explicit key; only there do tabs count as indentation errors.
 */
export class Cursor {
  readonly text: string;
  at = 0;
  lineStart = 0;
  keyAllowed = true;
  flowLevel = 0;
  /** Comments passed over and not yet given a place in the tree, in order. */
  pending: CommentMark[] = [];
  /** Those that go after the next key, value or map's end, whichever comes first; all others go before it. */
  behind: CommentMark[] = [];
  /** The pending comments in pieces, once a block has asked whether they are its own. */
  run: CommentRun | undefined;
  /** Up to here tabs separate tokens even where a key may begin: go-yaml passes them with what stands before them. */
  tabsUntil = 0;

  /** Where the first line ends. */
  readonly firstLineEnd: number;

  constructor(text: string) {
    this.text = text;
    const end = text.search(/[\r\n\x85\u2028\u2029]/);
    this.firstLineEnd = end < 0 ? text.length : end;
  }

  get unit(): number {
    return this.text.charCodeAt(this.at);
  }

  get column(): number {
    return this.at - this.lineStart;
  }

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  unitAt(offset: number): number {
    return this.text.charCodeAt(this.at + offset);
  }

  /** Whether a token of one character stands here, i.e. that unit with a blank, break or end after it. */
  atIndicator(unit: number): boolean {
    return this.unit === unit && isBlankOrEnd(this.unitAt(1));
  }

  /** Whether `---`, `...` or, outside brackets, the `%` of a directive stands here at the start of a line. */
  atDocumentMarker(): boolean {
    if (this.at !== this.lineStart) return false;
    return isDocumentMarker(this.text, this.at) || (this.unit === 0x25 && this.flowLevel === 0);
  }

  /** Moves over one line break. */
  passBreak(): void {
    const crlf = this.unit === CR && this.unitAt(1) === LF;
    this.at += crlf ? 2 : 1;
    this.lineStart = this.at;
  }

  /** Moves over spaces and tabs. */
  passBlanks(): void {
    while (isBlank(this.unit)) this.at += 1;
  }

  /** Moves to the next token, keeping the comments on the way; returns whether a line break was passed. */
  passToToken(): boolean {
    let breaks = 0;
    let crossed = false;
    for (;;) {
      if (this.at === 0 && this.unit === BOM) this.skipByteOrderMark();
      while (this.unit === SPACE || (this.unit === TAB && this.mayPassTab())) this.at += 1;
      if (this.unit === 0x23) {
        const mark = this.readComment(breaks > 1);
        this.pending.push(mark);
        breaks = 0;
        if (mark.ownLine) this.passTabsToComment(true);
      }
      if (!isBreak(this.unit)) return crossed;
      this.passBreak();
      breaks += 1;
      crossed = true;
      if (this.flowLevel === 0) this.keyAllowed = true;
    }
  }

  private mayPassTab(): boolean {
    return this.flowLevel > 0 || !this.keyAllowed || this.at < this.tabsUntil;
  }

  /** Lets the blanks from here to a comment, if one follows, hold tabs; empty lines too, if it may stand below. */
  passTabsToComment(below: boolean): void {
    let next = this.at;
    while (isBlank(this.text.charCodeAt(next)) || (below && isBreak(this.text.charCodeAt(next)))) next += 1;
    if (this.text.charCodeAt(next) === 0x23) this.tabsUntil = next;
  }

  /** Reads the comment here, up to the end of its line. */
  readComment(afterBlankLine = false): CommentMark {
    const hash = this.at;
    let end = hash + 1;
    while (end < this.text.length && !isBreak(this.text.charCodeAt(end))) end += 1;
    let before = hash;
    while (before > this.lineStart && isBlank(this.text.charCodeAt(before - 1))) before -= 1;
    this.at = end;
    return { start: hash + 1, end, column: hash - this.lineStart, ownLine: before === this.lineStart, afterBlankLine };
  }

  /** An error at a place, the present one unless told otherwise. */
  error(problem: string, at: number = this.at): SopsError {
    const merge = mergeError(this.text);
    if (merge) return merge;
    const { line, column } = lineAndColumn(this.text, at);
    return new SopsError('document-invalid', `line ${line}, column ${column}: ${problem}`);
  }

  /** A byte order mark at the beginning takes no column; go-yaml takes none anywhere else. */
  private skipByteOrderMark(): void {
    this.at += 1;
    this.lineStart = this.at;
  }
}

/** Whether `---` or `...` stands at an offset, with a blank, break or end after it. */
export function isDocumentMarker(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  if (first !== 0x2d && first !== 0x2e) return false;
  return (
    text.charCodeAt(at + 1) === first && text.charCodeAt(at + 2) === first && isBlankOrEnd(text.charCodeAt(at + 3))
  );
}

/** Line and column of an offset, both from 1. */
export function lineAndColumn(text: string, at: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let index = 0; index < at; index++) {
    const unit = text.charCodeAt(index);
    if (!isBreak(unit) || (unit === CR && text.charCodeAt(index + 1) === LF)) continue;
    line += 1;
    start = index + 1;
  }
  return { line, column: at - start + 1 };
}
