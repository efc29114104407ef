/** The entries of maps, each under a key that tells it apart from the others. */

import { addUnder } from '../../util/lists.js';
import type { Entries, Entry } from './entries.js';
import type { Fingerprints } from './fingerprints.js';
import { alignedItems } from './list-alignment.js';

type Side = 'base' | 'ours' | 'theirs';

/** The entries of maps by key; a key that stands there several times is told apart by what is the same on the sides. */
export function keyedEntries(
  sides: Readonly<Record<Side, Entries>>,
  prints: Fingerprints,
): Record<Side, Map<string, Entry>> {
  const keyed = { base: new Map<string, Entry>(), ours: new Map<string, Entry>(), theirs: new Map<string, Entry>() };
  const groups = { base: byKey(sides.base), ours: byKey(sides.ours), theirs: byKey(sides.theirs) };
  const idOf = (key: string, number: number): string => `${key}\0${number}`;
  const numbersOf = (side: Side, key: string): number[] => {
    const entries = groups[side].get(key) ?? [];
    if (side === 'base' || entries.length < 2) return entries.map((_, at) => at);
    const before = groups.base.get(key) ?? [];
    const matches = alignedItems(
      before.map(({ value }) => value),
      entries.map(({ value }) => value),
      prints,
    );
    const numbers = entries.map((_, at) => before.length + at);
    for (const [at, match] of matches.entries()) if (match >= 0) numbers[match] = at;
    return numbers;
  };
  for (const side of ['base', 'ours', 'theirs'] as const) {
    const numbers = new Map<string, number[]>();
    for (const entry of sides[side].entries) {
      const key = entry.item?.key ?? '';
      let left = numbers.get(key);
      if (!left) {
        left = numbersOf(side, key).reverse();
        numbers.set(key, left);
      }
      keyed[side].set(idOf(key, left.pop() ?? 0), entry);
    }
  }
  return keyed;
}

function byKey({ entries }: Entries): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    addUnder(groups, entry.item?.key ?? '', entry);
  }
  return groups;
}
