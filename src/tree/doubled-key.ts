/** Keys that stand twice in one map, as JSON and dotenv let them: both survive, and readers do not agree on which of them counts. */
import { nodes } from './leaves.js';
import type { Branch, KeyPath } from './tree.js';

/** The path of the first key that stands twice; undefined when none does. */
export function doubledKeyIn(documents: readonly Branch[]): KeyPath | undefined {
  for (const { node, path } of nodes(documents)) {
    if (node.kind !== 'branch') continue;
    const keys = new Set<string>();
    for (const entry of node.items) {
      if (entry.kind !== 'item') continue;
      if (keys.has(entry.key)) return [...path, entry.key];
      keys.add(entry.key);
    }
  }
  return undefined;
}
