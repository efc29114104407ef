/** INI keys: how they are read, and how one is written so that it reads back (docs/format.md#ini). */

import { SopsError } from '../../errors.js';
import { documentError } from '../document-error.js';
import type { Span } from '../span.js';
import { trimSpan } from './white-space.js';

/** A key as it was read. */
export interface IniKeyName {
  readonly name: string;
  /** The key as written, quotes included. */
  readonly span: Span;
  /** Offset of the `=` or `:`. */
  readonly delimiter: number;
  /** Text that SOPS ignores, between the closing quote and the delimiter. */
  readonly junk: Span | null;
}

/** Reads the key of a line. Throws `document-invalid` when it is empty, its quote has no end, or there is no delimiter. */
export function readKey(text: string, start: number, end: number): IniKeyName {
  const quote = quoteAt(text, start, end);
  const body = start + quote.length;
  const close = quote === '' ? start : text.slice(body, end).indexOf(quote) + body;
  if (close < body) throw documentError(text, start, 'a quoted key without end');
  const delimiter = findDelimiter(text, close + quote.length, end);
  if (delimiter < 0) throw documentError(text, start, 'a line without "=" or ":"');
  const bare = trimSpan(text, start, delimiter);
  const inner = quote === '' ? bare : trimSpan(text, body, close);
  const span = quote === '' ? bare : { start, end: close + quote.length };
  const junk = trimSpan(text, span.end, delimiter);
  const name = text.slice(inner.start, inner.end);
  if (name === '') throw documentError(text, start, 'an empty key');
  return { name, span, delimiter, junk: junk.start < junk.end ? junk : null };
}

function quoteAt(text: string, start: number, end: number): string {
  if (text.startsWith('"""', start) && end - start > 6) return '"""';
  const first = text.charAt(start);
  return first === '"' || first === '`' ? first : '';
}

function findDelimiter(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x3d || unit === 0x3a) return at;
  }
  return -1;
}

/** The text of a key: as SOPS writes it when that reads back, else quoted otherwise, else null. */
export function writeKey(name: string): string | null {
  const candidates = [/["=:]/.test(name) ? '`' : name.includes('`') ? '"""' : '', '`', '"""', '"'];
  for (const quote of candidates) {
    const text = quote + name + quote;
    if (readsAs(text, name)) return text;
  }
  return null;
}

/** Lines that begin with `[`, `#` or `;` are not keys, and a key `-` is numbered by SOPS (docs/format.md#d7-a-dash-as-an-ini-key). */
function readsAs(text: string, name: string): boolean {
  if (name === '-' || /^[[#;]|\n/.test(text)) return false;
  try {
    return readKey(`${text} = `, 0, text.length + 3).name === name;
  } catch (error) {
    if (error instanceof SopsError) return false;
    throw error;
  }
}
