/** Keys that stand twice in one map, as JSON and dotenv let them: both survive, and readers do not agree on which of them counts. */
import { nodes } from './leaves.js';
import { childOf, type TreePath } from './path.js';
import type { Branch, Comment, KeyPath, Value } from './tree.js';

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

/** What is to be said of a path through a key that stands twice: here the first counts, as in SOPS. Undefined for any other path. */
export function doubledKeyWarning(document: Branch, path: TreePath): string | undefined {
  let at: Value | Comment | undefined = document;
  for (const step of path) {
    if (at?.kind !== 'branch' && at?.kind !== 'list') return undefined;
    const found: readonly unknown[] =
      at.kind === 'branch' ? at.items.filter((entry) => entry.kind === 'item' && entry.key === step) : [];
    if (found.length > 1)
      return `the key ${JSON.stringify(step)} stands twice in its map: the first one was taken, as SOPS does; most programs read the last`;
    at = childOf(at, step);
  }
  return undefined;
}
