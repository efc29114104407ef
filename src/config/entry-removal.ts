/** Taking entries of maps and lists, and items of texts, out of a YAML text, with what stands around them left as it is. */
import type { Edit } from '../formats/store.js';
import type { EntryPlace } from '../formats/yaml/entry-places.js';

/** An entry of a collection: where it stands, and whether it goes. Some entry of the collection stays. */
export interface RemovalEntry extends EntryPlace {
  readonly goes: boolean;
}

/** The edits that take entries out of one collection. */
export function entryEdits(text: string, entries: readonly RemovalEntry[]): Edit[] {
  const first = entries.findIndex((entry) => !entry.goes);
  const leading = entries[0];
  const isCompact = leading?.goes && !leading.inFlow && !standsAlone(text, leading.start);
  const edits = isCompact ? [compactEdit(text, entries, first)] : [];
  for (const [at, entry] of entries.entries()) {
    if (!entry.goes || (isCompact && at < first)) continue;
    edits.push(entry.inFlow ? flowEdit(text, entries, at) : lineEdit(text, entry));
  }
  return edits;
}

/** The edits that take some of the comma-separated items out of a text of the document. `place` is what stands for it. */
export function itemEdits(
  text: string,
  place: { readonly start: number; readonly end: number; readonly style: string },
  isUnwanted: (item: string) => boolean,
): Edit[] {
  const items = itemPlaces(text, place);
  const goes = items.map(({ start, end }) => isUnwanted(text.slice(start, end)));
  const lastKept = goes.lastIndexOf(false);
  return items.flatMap((item, at): Edit[] => {
    if (!goes[at]) return [];
    const start = at < lastKept ? item.start : (items[at - 1]?.end ?? item.start);
    const end = at < lastKept ? (items[at + 1]?.start ?? item.end) : item.end;
    return [{ start, end, text: '' }];
  });
}

/** Sorted, and overlapping deletions made one. */
export function mergedEdits(edits: readonly Edit[]): Edit[] {
  const merged: Edit[] = [];
  for (const edit of edits.toSorted((one, other) => one.start - other.start || one.end - other.end)) {
    const last = merged.at(-1);
    if (last && edit.start < last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, edit.end), text: last.text + edit.text };
    } else {
      merged.push(edit);
    }
  }
  return merged;
}

/** An entry with lines of its own goes with them, and with the comment after it. */
function lineEdit(text: string, { start, end }: EntryPlace): Edit {
  return { start: startOfLine(text, start), end: startBehindLine(text, end), text: '' };
}

/**
 * The entries at the head of a block that begins in the middle of a line (`- pgp: x` in a list of maps): the first one that
 * stays moves up to the head's place. Comments on lines between them stay above it.
 */
function compactEdit(text: string, entries: readonly RemovalEntry[], first: number): Edit {
  const start = entries[0]?.start ?? 0;
  const end = entries[first]?.start ?? start;
  const indent = ' '.repeat(start - startOfLine(text, start));
  const gaps = entries.slice(0, first).map((entry, at) => text.slice(entry.end, entries[at + 1]?.start ?? entry.end));
  const comments = gaps.flatMap((gap) => gap.split(/\r?\n/).slice(1)).filter((line) => line.trim().startsWith('#'));
  return { start, end, text: comments.map((line) => line.trim() + lineBreakOf(text) + indent).join('') };
}

/** An entry in brackets or braces: its lines if it has them to itself, else up to the next entry, or from the last one. */
function flowEdit(text: string, entries: readonly RemovalEntry[], at: number): Edit {
  const { start = 0, end = 0 } = entries[at] ?? {};
  const behind = /^[ \t]*(?:,[ \t]*)?(?:#.*)?$/.test(text.slice(end, endOfLine(text, end)));
  if (standsAlone(text, start) && behind)
    return { start: startOfLine(text, start), end: startBehindLine(text, end), text: '' };
  const next = entries[at + 1];
  if (next && entries.slice(at + 1).some((entry) => !entry.goes)) return { start, end: next.start, text: '' };
  return { start: entries[at - 1]?.end ?? start, end, text: '' };
}

/** Where an item of a text stands. */
export interface ItemPlace {
  readonly start: number;
  readonly end: number;
}

/** Where the items of a scalar stand, without the white space around them: its quotes or block header are not part of any. */
export function itemPlaces(
  text: string,
  { start, end, style }: { start: number; end: number; style: string },
): ItemPlace[] {
  const quoted = /double|single/.test(style);
  const from = /literal|folded/.test(style) ? startBehindLine(text, start) : start + (quoted ? 1 : 0);
  const places: ItemPlace[] = [];
  let at = from;
  for (const item of text.slice(from, end - (quoted ? 1 : 0)).split(',')) {
    const trimmed = item.trim();
    const head = trimmed === '' ? 0 : item.indexOf(trimmed);
    places.push({ start: at + head, end: at + head + trimmed.length });
    at += item.length + 1;
  }
  return places;
}

/** Whether nothing but blanks stands before a place on its line. */
export function standsAlone(text: string, at: number): boolean {
  return /^[ \t]*$/.test(text.slice(startOfLine(text, at), at));
}

/** The line break that a text has first. */
export function lineBreakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** Where the line of a place begins. */
export function startOfLine(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Where the line of a place ends, before its line break. */
export function endOfLine(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : text[found - 1] === '\r' && found > at ? found - 1 : found;
}

/** Where the line after that of a place begins. */
export function startBehindLine(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found + 1;
}
