/** What style alone cannot bring back: the spans of the plainly rendered text whose original differs (docs/format.md#sops_ts_layout). */
import { createHash } from 'node:crypto';
import { SopsError } from '../errors.js';
import { encodeText } from '../util/text/text.js';
import { applyEdits, type Edit } from './store.js';
import { type Form, formsOf, inEndsOf } from './text-form.js';

/** The differences between a plain rendering and the author's text, bound to that rendering. */
export interface Layout {
  /** SHA-256 of the plainly rendered bytes, base64. */
  readonly hash: string;
  /** Replacements in the rendered text, sorted. */
  readonly patches: readonly Edit[];
  /** The form of the rendered text, where that cannot be found by trying. */
  readonly form?: Form | undefined;
}

/**
 * The author's text, or undefined when the layout belongs to another rendering. What a checkout or an editor changes without
 * touching a value is no other rendering: line ends (git's `core.autocrlf`), line ends after the last line, a byte order
 * mark. The author's text is then given in the line ends that the file has now.
 */
export function restoreLayout(rendered: string, { hash, patches, form }: Layout): string | undefined {
  if (hashOf(rendered) === hash) return applyEdits(rendered, patches);
  for (const text of formsOf(rendered, form)) {
    if (hashOf(text) === hash) return inEndsOf(applyEdits(text, patches), rendered);
  }
  return undefined;
}

/** Reads what `printLayout` wrote (layout-diff.ts). Throws `metadata-invalid` for anything else. */
export function parseLayout(text: string): Layout {
  const malformed = new SopsError('metadata-invalid', 'the layout of this file is malformed');
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw malformed;
  }
  const [version, hash, rows, kept] = Array.isArray(read) ? (read as unknown[]) : [];
  if (version !== 1 || typeof hash !== 'string' || !Array.isArray(rows)) throw malformed;
  let last = 0;
  const patches = rows.map((row: unknown): Edit => {
    const [distance, length, replacement] = Array.isArray(row) ? (row as unknown[]) : [];
    if (!isSize(distance) || !isSize(length) || typeof replacement !== 'string') throw malformed;
    const start = last + distance;
    last = start + length;
    return { start, end: last, text: replacement };
  });
  const form = formOf(kept);
  return { hash, patches, ...(form ? { form } : {}) };
}

/** The form that is kept in a layout; none when it is malformed, since a form is only tried. */
function formOf(kept: unknown): Form | undefined {
  const [mark, ends, breaks] = Array.isArray(kept) ? (kept as unknown[]) : [];
  if (typeof mark !== 'boolean' || !isSize(breaks) || breaks > MOST_BREAKS) return undefined;
  return Array.isArray(ends) && ends.every(isSize) ? { mark, ends, breaks } : undefined;
}

/** Line ends after the last line: a forged number must not fill the memory. */
const MOST_BREAKS = 1000;

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** SHA-256 of a text's bytes, base64. */
export function hashOf(text: string): string {
  return createHash('sha256').update(encodeText(text)).digest('base64');
}
