/** INI values: how they are read, and how a value is written so that it reads back (docs/format.md#ini). */

import { SopsError } from '../../errors.js';
import { documentError } from '../document-error.js';
import type { Span } from '../span.js';
import { lineEnd, trim, trimSpan } from './white-space.js';

/** How a value is written; `bare` stands for values continued over lines by backslashes too. */
export type ValueStyle = 'bare' | 'double' | 'single' | 'backtick' | 'triple';

/** A value as it was read. */
export interface IniValue {
  readonly value: string;
  readonly style: ValueStyle;
  /** What may be replaced: the value with its quotes. */
  readonly span: Span;
  /** Offset of the first line after it. */
  readonly next: number;
  /** The comment after it, from its mark on; after quotes on a single line there is none. */
  readonly comment: Span | null;
  /** Text that SOPS ignores. */
  readonly junk: Span | null;
}

const QUOTES: Readonly<Record<ValueStyle, string>> = {
  bare: '',
  double: '"',
  single: "'",
  backtick: '`',
  triple: '"""',
};

/** Where the value stands within its quotes. */
export function innerSpan({ span, style }: Pick<IniValue, 'span' | 'style'>): Span {
  const width = QUOTES[style].length;
  return { start: span.start + width, end: span.end - width };
}

/** Reads a value from behind the delimiter on. Throws `document-invalid` for a quote without end. */
export function readIniValue(text: string, from: number): IniValue {
  const next = lineEnd(text, from);
  const line = trimSpan(text, from, next);
  if (text.startsWith('"""', line.start) && next - line.start > 3) return readQuoted(text, line.start, next, 'triple');
  if (text.startsWith('`', line.start) && line.start < line.end) return readQuoted(text, line.start, next, 'backtick');
  if (text.endsWith('\\', line.end) && line.end > line.start) return readContinued(text, line, next);
  return readBare(text, from, line, next);
}

/** A value in backticks or triple quotes: up to the last such quote on its line, or on the first line that has one. */
function readQuoted(text: string, start: number, next: number, style: 'triple' | 'backtick'): IniValue {
  const quote = QUOTES[style];
  const body = start + quote.length;
  const close = text.lastIndexOf(quote, next - quote.length);
  if (close >= body) {
    const end = close + quote.length;
    const junk = spanOrNull(trimSpan(text, end, next));
    const value = text.slice(body, close);
    return { value, style, span: { start, end }, next, comment: null, junk };
  }
  return readQuotedLines(text, start, next, style);
}

function readQuotedLines(text: string, start: number, next: number, style: 'triple' | 'backtick'): IniValue {
  const quote = QUOTES[style];
  for (let from = next; from < text.length; ) {
    const to = lineEnd(text, from);
    const close = text.slice(from, to).lastIndexOf(quote);
    const end = from + close + quote.length;
    const rest = trimSpan(text, end, to);
    from = to;
    // A backslash at the end of the closing line makes it an inner one (SOPS 3.13.2; older ones ignore it).
    if (close < 0 || text.slice(rest.start, rest.end).endsWith('\\')) continue;
    const mark = findMark(text, rest.start, rest.end);
    const junk = spanOrNull(trimSpan(text, end, mark));
    const comment = spanOrNull({ start: mark, end: rest.end });
    const value = text.slice(start + quote.length, end - quote.length);
    return { value, style, span: { start, end }, next: to, comment, junk };
  }
  throw documentError(text, start, 'a quoted value without end');
}

/** A value ending in a backslash goes on with the next line, up to a line that does not, or an empty one. */
function readContinued(text: string, line: Span, next: number): IniValue {
  const parts = [text.slice(line.start, line.end - 1)];
  let end = line.end;
  let from = next;
  while (from < text.length) {
    const piece = trimSpan(text, from, lineEnd(text, from));
    from = lineEnd(text, from);
    if (piece.start === piece.end) break;
    end = piece.end;
    const continues = text[piece.end - 1] === '\\';
    parts.push(text.slice(piece.start, continues ? piece.end - 1 : piece.end));
    if (!continues) break;
  }
  const value = parts.join('');
  const span = { start: line.start, end };
  return { value, style: 'bare', span, next: from, comment: null, junk: null };
}

function readBare(text: string, from: number, line: Span, next: number): IniValue {
  const mark = findMark(text, line.start, line.end);
  const comment = spanOrNull({ start: mark, end: line.end });
  const span = trimSpan(text, line.start, mark);
  if (span.start === span.end) {
    const at = text[from] === ' ' ? from + 1 : from;
    const empty = { start: at, end: at };
    return { value: '', style: 'bare', span: empty, next, comment, junk: null };
  }
  const style = surroundingQuote(text, span);
  const inner = innerSpan({ span, style });
  const value = text.slice(inner.start, inner.end);
  return { value, style, span, next, comment, junk: null };
}

/** The first comment mark in a stretch, or its end. */
export function findMark(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x23 || unit === 0x3b) return at;
  }
  return end;
}

/** A pair of quotes counts when no third one stands between them. */
function surroundingQuote(text: string, { start, end }: Span): ValueStyle {
  for (const style of ['double', 'single'] as const) {
    const quote = QUOTES[style];
    if (text[start] === quote && end - start > 1 && text.indexOf(quote, start + 1) === end - 1) return style;
  }
  return 'bare';
}

function spanOrNull(span: Span): Span | null {
  return span.start < span.end ? span : null;
}

/**
 * The text of a value: in the style given when it reads back in that, else as SOPS writes it, else in any way that
 * reads back. Null when there is none (a text of several lines that holds the closing quote at a line's end).
 */
export function writeValue(value: string, style: ValueStyle = 'bare'): string | null {
  const styles: readonly ValueStyle[] = [style, styleOfSops(value), 'double', 'single', 'backtick', 'triple'];
  for (const tried of style === 'bare' ? styles.slice(1) : styles) {
    const text = QUOTES[tried] + value + QUOTES[tried];
    if (readsAs(text, value)) return text;
  }
  return null;
}

function styleOfSops(value: string): ValueStyle {
  if (/[\n`]/.test(value)) return 'triple';
  if (/[#;]/.test(value)) return 'backtick';
  return trim(value) === value ? 'bare' : 'double';
}

/**
 * Whether a value that ends the text would read differently with the metadata below it: a backslash would continue it,
 * three quotes alone are no opening quote only while no line end follows.
 */
export function runsOn(text: string, value: string): boolean {
  return !readsAs(text, value, '\n[sops]');
}

function readsAs(text: string, value: string, below = '\n'): boolean {
  try {
    const read = readIniValue(text + below, 0);
    return read.value === value && read.next === text.length + 1 && read.comment === null && read.junk === null;
  } catch (error) {
    if (error instanceof SopsError) return false;
    throw error;
  }
}
