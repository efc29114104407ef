/** White space as the INI reader of SOPS trims it: Unicode's White_Space. */
import type { Span } from '../span.js';

const BEYOND_ASCII: ReadonlySet<number> = new Set([
  0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028,
  0x2029, 0x202f, 0x205f, 0x3000,
]);

/** Whether a UTF-16 unit is white space. It differs from JavaScript's `trim` in U+0085 and U+FEFF. */
export function isSpace(unit: number): boolean {
  return unit < 0x80 ? unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) : BEYOND_ASCII.has(unit);
}

/** The stretch without the white space at its ends. */
export function trimSpan(text: string, start: number, end: number): Span {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return { start: from, end: to };
}

/** A text without the white space at its ends. */
export function trim(text: string): string {
  const { start, end } = trimSpan(text, 0, text.length);
  return text.slice(start, end);
}

/** The offset after the line of an offset, its line feed included. */
export function lineEnd(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  return found < 0 ? text.length : found + 1;
}
