/** Finding the layout of an author's text: where its plain rendering differs, once it was encrypted (docs/format.md#sops_ts_layout). */
import { hashOf, type Layout } from './layout.js';
import { applyEdits, type Edit } from './store.js';
import { formToKeep } from './text-form.js';

/** Where some edits stand and how long their texts are, without the texts: those of a large file's ciphertext fill much memory. */
export interface EditPlaces {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly lengths: Int32Array;
}

/** The places of some edits. */
export function placesOf(edits: readonly Edit[]): EditPlaces {
  const starts = new Int32Array(edits.length);
  const ends = new Int32Array(edits.length);
  const lengths = new Int32Array(edits.length);
  for (const [at, { start, end, text }] of edits.entries()) {
    starts[at] = start;
    ends[at] = end;
    lengths[at] = text.length;
  }
  return { starts, ends, lengths };
}

/**
 * Compares the author's text with what decrypting its ciphertext would print.
 * @param original the author's text
 * @param toCipher the places of the edits that turned it into the ciphertext
 * @param cipher the ciphertext
 * @param toPlain the edits that turn the ciphertext into the plain rendering
 * @param plain that rendering
 * @returns undefined when the rendering is the author's text already
 */
export function layoutOf(
  original: string,
  toCipher: EditPlaces,
  cipher: string,
  toPlain: readonly Edit[],
  plain: string,
): Layout | undefined {
  const patches: Edit[] = [];
  let shift = 0;
  let plainShift = 0;
  let here = 0;
  let there = 0;
  while (here < toCipher.starts.length || there < toPlain.length) {
    const first = toCipher.starts[here];
    const second = toPlain[there];
    const start = Math.min(first === undefined ? Infinity : first + shift, second ? second.start : Infinity);
    const group = { start, end: start, shift, plainShift, firstPlain: there };
    for (;;) {
      const forth = toCipher.starts[here];
      const length = toCipher.lengths[here] ?? 0;
      const back = toPlain[there];
      if (forth !== undefined && forth + shift <= group.end) {
        group.end = Math.max(group.end, forth + shift + length);
        shift += length - ((toCipher.ends[here] ?? 0) - forth);
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
    const rendered = renderedPart(cipher, group, toPlain.slice(group.firstPlain, there));
    if (rendered !== wanted) patches.push(smallestEdit(group.start + group.plainShift, rendered, wanted));
  }
  return patches.length === 0 ? undefined : layoutFor(plain, patches);
}

/** What a part of the ciphertext becomes by the edits within it. */
function renderedPart(cipher: string, { start, end }: { start: number; end: number }, edits: readonly Edit[]): string {
  const [first] = edits;
  // As nearly always: a value and nothing else.
  if (first && edits.length === 1 && first.start === start && first.end === end) return first.text;
  const moved = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
  return applyEdits(cipher.slice(start, end), moved);
}

/** The layout that turns a plain rendering into a text, when nothing is known of how the two came about. */
export function layoutBetween(rendered: string, wanted: string): Layout {
  const [before, after] = [rendered, wanted].map((text) => text.split(/(?<=\n)/));
  if (!before || before.length !== after?.length) return layoutFor(rendered, [smallestEdit(0, rendered, wanted)]);
  let at = 0;
  const patches = before.flatMap((line, index) => {
    const start = at;
    at += line.length;
    return line === after[index] ? [] : [smallestEdit(start, line, after[index] ?? '')];
  });
  return layoutFor(rendered, patches);
}

function layoutFor(rendered: string, patches: readonly Edit[]): Layout {
  const form = formToKeep(rendered);
  return { hash: hashOf(rendered), patches, ...(form ? { form } : {}) };
}

/**
 * The text of a layout: a JSON list of version, hash, patches as [distance from the last, length, text], and the form of the
 * rendered text if that is kept (earlier releases do not look at it).
 */
export function printLayout(layout: Layout): string {
  let last = 0;
  const patches = layout.patches.map(({ start, end, text }) => {
    const row = [start - last, end - start, text];
    last = end;
    return row;
  });
  const { form } = layout;
  return JSON.stringify([1, layout.hash, patches, ...(form ? [[form.mark, form.ends, form.breaks]] : [])]);
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
