/** Finding leaves of a tree that other programs read otherwise. */
import { leaves } from '../tree/leaves.js';
import type { Branch, Leaf } from '../tree/tree.js';
import type { Surprise } from './store.js';

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
