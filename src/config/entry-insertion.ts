/** Putting entries into maps and lists, and items into texts, of a YAML text, with what stands around them left as it is. */
import type { Edit } from '../formats/store.js';
import type { EntryPlace } from '../formats/yaml/entry-places.js';
import { endOfLine, itemPlaces, lineBreakOf, standsAlone, startBehindLine, startOfLine } from './entry-removal.js';

/** An entry that is to come in, without the dash of a list. */
export interface NewEntry {
  /** Its lines in a block; those after the first stand as much deeper as they say. */
  readonly block: readonly string[];
  /** The same in brackets or braces. */
  readonly flow: string;
}

/** The edits that put an entry after the last one of a map or list. `dash` is what begins an entry of a block: nothing in a map. */
export function entryBehind(text: string, last: EntryPlace, entry: NewEntry, dash: '- ' | ''): Edit[] {
  if (last.inFlow) return flowEntryBehind(text, last, entry.flow);
  const indent = ' '.repeat(last.start - startOfLine(text, last.start));
  const inner = ' '.repeat(dash.length);
  const lines = entry.block.map((line, at) => indent + (at === 0 ? dash : inner) + line);
  return [linesAt(text, startBehindLine(text, last.end), lines)];
}

/** The edit that puts whole lines where a line begins, or after a text whose last line has no end. */
export function linesAt(text: string, at: number, lines: readonly string[]): Edit {
  const lineBreak = lineBreakOf(text);
  const isOpen = at > 0 && text[at - 1] !== '\n';
  const joined = lines.join(lineBreak);
  return { start: at, end: at, text: isOpen ? lineBreak + joined : joined + lineBreak };
}

/** After the last entry on its line, or on a line of its own where that one has its own. */
function flowEntryBehind(text: string, { start, end }: EntryPlace, entry: string): Edit[] {
  const comma = /^[ \t\r\n]*,/.exec(text.slice(end))?.[0].length ?? 0;
  const behind = end + comma;
  const rest = text.slice(behind, endOfLine(text, behind));
  const put = (at: number, what: string): Edit => ({ start: at, end: at, text: what });
  if (!standsAlone(text, start) || !/^[ \t]*(?:#.*)?$/.test(rest)) {
    return [put(behind, comma > 0 ? ` ${entry},` : `, ${entry}`)];
  }
  const line = ' '.repeat(start - startOfLine(text, start)) + entry + (comma > 0 ? ',' : '');
  const next = linesAt(text, startBehindLine(text, behind), [line]);
  return comma > 0 ? [next] : [put(end, ','), next];
}

/** The edit that puts the first entry into the empty brackets with which a place ends; null where there are none. */
export function firstEntry(text: string, { end }: EntryPlace, entry: string): Edit | null {
  return text[end - 1] === ']' || text[end - 1] === '}' ? { start: end - 1, end: end - 1, text: entry } : null;
}

/** A scalar of a text: where it stands, and in which style. */
export interface PlacedScalar {
  readonly start: number;
  readonly end: number;
  readonly style: string;
}

/** The edit that puts an item after the last one of a text with commas; null where the text has none. */
export function itemBehind(text: string, place: PlacedScalar, item: string, inFlow: boolean): Edit | null {
  const items = itemPlaces(text, place).filter(({ start, end }) => start < end);
  const last = items.at(-1);
  if (!last) return null;
  const before = items.at(-2);
  const separator = before ? text.slice(before.end, last.start) : ',';
  if (!inFlow || !/plain$/.test(place.style)) return { start: last.end, end: last.end, text: separator + item };
  // Between brackets a comma ends a text that has no quotes.
  return { start: place.start, end: place.end, text: `'${text.slice(place.start, place.end)},${item}'` };
}
