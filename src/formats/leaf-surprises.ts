/** Leaves of a tree that other programs read otherwise: finding them, and the words for them. */
import { leaves } from '../tree/leaves.js';
import type { Branch, Leaf } from '../tree/tree.js';
import { oneLine } from '../util/text/one-line.js';
import type { Surprise } from './store.js';

const MOST_TOLD = 5;

/** The leaves for which `readingOf` has words. */
export function leafSurprises(documents: readonly Branch[], readingOf: (leaf: Leaf) => string | undefined): Surprise[] {
  const found: Surprise[] = [];
  for (const place of leaves(documents)) {
    const leaf = place.node;
    const reading = readingOf(leaf);
    if (reading !== undefined) found.push({ path: place.path, leaf, reading });
  }
  return found;
}

/** The warning of values that are read differently than meant. */
export function surprising(name: string, surprises: readonly Surprise[]): string {
  return `${name}: other programs read some values differently than SOPS does: ${listOfSurprises(surprises)}`;
}

/** The places of surprising values with what others read there: the first few. */
export function listOfSurprises(surprises: readonly Surprise[]): string {
  const told = surprises.slice(0, MOST_TOLD).map(({ path, reading }) => `${oneLine(path.join('.'))} (${reading})`);
  const more = surprises.length - told.length;
  return told.join(', ') + (more > 0 ? `, and ${more} more` : '');
}
