/** Finding leaves of a tree that other programs read otherwise. */
import type { Branch, KeyPath, Leaf, Value } from '../tree/tree.js';
import type { Surprise } from './store.js';

/** The leaves for which `readingOf` has words. Without a stack of calls, so that any depth is fine. */
export function leafSurprises(documents: readonly Branch[], readingOf: (leaf: Leaf) => string | undefined): Surprise[] {
  const found: Surprise[] = [];
  const pending: [Value, KeyPath][] = documents.map((document): [Value, KeyPath] => [document, []]).reverse();
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [value, path] = next;
    if (value.kind !== 'leaf') {
      for (const entry of value.items.toReversed()) {
        if (entry.kind === 'item') pending.push([entry.value, [...path, entry.key]]);
        else if (entry.kind !== 'comment') pending.push([entry, path]);
      }
      continue;
    }
    const reading = readingOf(value);
    if (reading !== undefined) found.push({ path, leaf: value, reading });
  }
  return found;
}
