/** INI values that end early: at a `#` or `;` within what people mean as the value (docs/format.md#ini). */
import type { KeyPath } from '../../tree/tree.js';
import type { Surprise } from '../store.js';
import type { IniLine } from './line.js';
import type { IniText } from './read.js';

/** The values after which a comment begins within quotes or without a blank before it. */
export function iniSurprises(text: string, { sections }: IniText): Surprise[] {
  return sections.flatMap((section) =>
    section.keys.flatMap((key) => surpriseOf(text, key, [section.node.key, key.key])),
  );
}

function surpriseOf(text: string, line: IniLine, path: KeyPath): Surprise[] {
  const { comment, place, value } = line;
  if (!place.comment || value.kind !== 'leaf') return [];
  const { start } = place.comment;
  const isGlued = !/\s/.test(text.charAt(start - 1));
  if (!isGlued && !isWithinQuotes(text.slice(place.span.start, start))) return [];
  const reading = `the value ends at "${text.charAt(start)}", and what follows is a comment`;
  return [{ path, leaf: value, reading, ...(comment ? { rest: comment.node } : {}) }];
}

function isWithinQuotes(before: string): boolean {
  const quote = before.charAt(0);
  return (quote === '"' || quote === "'") && before.indexOf(quote, 1) < 0;
}
