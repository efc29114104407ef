/** The merge of texts that are one value, line by line. */

import { type Leaf, leaf, type Value } from '../../tree/tree.js';
import { hasInvalidBytes } from '../../util/text/text.js';
import { matching } from './matching.js';
import { regionsOf } from './three-way.js';

/**
 * Merges the text that a whole file is, if both sides changed lines that do not touch; undefined for anything else, e.g. what is no
 * text.
 */
export function mergedWhole(base: Value | undefined, ours: Value, theirs: Value): Value | undefined {
  const texts = [base, ours, theirs].map(textIn);
  const [before, own, other] = texts;
  if (before === undefined || own === undefined || other === undefined) return undefined;
  const merged = mergedText(before, own, other);
  return merged === undefined ? undefined : leaf(merged);
}

function textIn(value: Value | undefined): string | undefined {
  const text = value?.kind === 'leaf' ? (value as Leaf).value : undefined;
  return typeof text === 'string' && !text.includes('\0') && !hasInvalidBytes(text) ? text : undefined;
}

function mergedText(base: string, ours: string, theirs: string): string | undefined {
  const lines = [base, ours, theirs].map((text) => (text === '' ? [] : text.split(/(?<=\n)/)));
  const known = new Map<string, number>();
  const [before = [], own = [], other = []] = lines.map((all) =>
    all.map((line) => {
      const number = known.get(line) ?? known.size;
      known.set(line, number);
      return number;
    }),
  );
  const [ownLines = [], otherLines = []] = lines.slice(1);
  const parts: string[] = [];
  const lengths = { ours: own.length, theirs: other.length };
  for (const region of regionsOf(matching(before, own), matching(before, other), lengths, 'together')) {
    const mine = ownLines.slice(region.ours.from, region.ours.to).join('');
    const others = otherLines.slice(region.theirs.from, region.theirs.to).join('');
    if (region.changed === 'both' && mine !== others) return undefined;
    parts.push(region.changed === 'theirs' ? others : mine);
  }
  return parts.join('');
}
