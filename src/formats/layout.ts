/** What style alone cannot bring back: the spans of the plainly rendered text whose original differs (design.md section 4). */
import { createHash } from 'node:crypto';
import { SopsError } from '../errors.js';
import { encodeText } from '../util/text.js';
import { applyEdits, type Edit } from './store.js';

/** The differences between a plain rendering and the author's text, bound to that rendering. */
export interface Layout {
  /** SHA-256 of the plainly rendered bytes, base64. */
  readonly hash: string;
  /** Replacements in the rendered text, sorted. */
  readonly patches: readonly Edit[];
}

/**
 * Compares the author's text with what decrypting its ciphertext would print.
 * @param original the author's text
 * @param toCipher the edits that turned it into the ciphertext
 * @param cipher the ciphertext
 * @param toPlain the edits that turn the ciphertext into the plain rendering
 * @returns undefined when the rendering is the author's text already
 */
export function layoutOf(
  original: string,
  toCipher: readonly Edit[],
  cipher: string,
  toPlain: readonly Edit[],
): Layout | undefined {
  const patches: Edit[] = [];
  let shift = 0;
  let plainShift = 0;
  let here = 0;
  let there = 0;
  while (here < toCipher.length || there < toPlain.length) {
    const first = toCipher[here];
    const second = toPlain[there];
    const start = Math.min(first ? first.start + shift : Infinity, second ? second.start : Infinity);
    const group = { start, end: start, shift, plainShift, firstPlain: there };
    for (;;) {
      const forth = toCipher[here];
      const back = toPlain[there];
      if (forth && forth.start + shift <= group.end) {
        group.end = Math.max(group.end, forth.start + shift + forth.text.length);
        shift += forth.text.length - (forth.end - forth.start);
        here += 1;
      } else if (back && back.start <= group.end) {
        group.end = Math.max(group.end, back.end);
        plainShift += back.text.length - (back.end - back.start);
        there += 1;
      } else {
        break;
      }
    }
    const wanted = original.slice(group.start - group.shift, group.end - shift);
    const edits = toPlain.slice(group.firstPlain, there);
    const moved = edits.map((edit) => ({ ...edit, start: edit.start - group.start, end: edit.end - group.start }));
    const rendered = applyEdits(cipher.slice(group.start, group.end), moved);
    if (rendered !== wanted) patches.push(smallestEdit(group.start + group.plainShift, rendered, wanted));
  }
  if (patches.length === 0) return undefined;
  return { hash: hashOf(applyEdits(cipher, toPlain)), patches };
}

/** The author's text, or undefined when the layout belongs to another rendering. */
export function restoreLayout(rendered: string, layout: Layout): string | undefined {
  return hashOf(rendered) === layout.hash ? applyEdits(rendered, layout.patches) : undefined;
}

/** The text of a layout: a JSON list of version, hash and patches as [distance from the last, length, text]. */
export function printLayout(layout: Layout): string {
  let last = 0;
  const patches = layout.patches.map(({ start, end, text }) => {
    const row = [start - last, end - start, text];
    last = end;
    return row;
  });
  return JSON.stringify([1, layout.hash, patches]);
}

/** Reads what {@link printLayout} wrote. Throws `metadata-invalid` for anything else. */
export function parseLayout(text: string): Layout {
  const malformed = new SopsError('metadata-invalid', 'the layout of this file is malformed');
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw malformed;
  }
  const [version, hash, rows] = Array.isArray(read) ? (read as unknown[]) : [];
  if (version !== 1 || typeof hash !== 'string' || !Array.isArray(rows)) throw malformed;
  let last = 0;
  const patches = rows.map((row: unknown): Edit => {
    const [distance, length, replacement] = Array.isArray(row) ? (row as unknown[]) : [];
    if (!isSize(distance) || !isSize(length) || typeof replacement !== 'string') throw malformed;
    const start = last + distance;
    last = start + length;
    return { start, end: last, text: replacement };
  });
  return { hash, patches };
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function hashOf(text: string): string {
  return createHash('sha256').update(encodeText(text)).digest('base64');
}

/** The replacement without what is the same at its beginning and end. */
function smallestEdit(at: number, rendered: string, wanted: string): Edit {
  const shorter = Math.min(rendered.length, wanted.length);
  let head = 0;
  while (head < shorter && rendered.charCodeAt(head) === wanted.charCodeAt(head)) head += 1;
  let tail = 0;
  while (
    tail < shorter - head &&
    rendered.charCodeAt(rendered.length - 1 - tail) === wanted.charCodeAt(wanted.length - 1 - tail)
  ) {
    tail += 1;
  }
  return { start: at + head, end: at + rendered.length - tail, text: wanted.slice(head, wanted.length - tail) };
}
