/** Keys that stand twice in one map, as JSON and dotenv let them: both survive, and readers do not agree on which of them counts. */
import { nodes } from './leaves.js';
import type { TreePath } from './path.js';
import { type Branch, itemOf, type KeyPath, type Value } from './tree.js';

/** What is to be said of a path that leads through such a key: here the first counts, as in SOPS. Undefined for one that does not. */
export function doubledKeyWarning(document: Branch, path: TreePath): string | undefined {
  let at: Value | undefined = document;
  for (const step of path) {
    if (at?.kind === 'list') {
      const entry: Branch['items'][number] | Value | undefined = at.items[Number(step)];
      at = entry?.kind === 'branch' || entry?.kind === 'list' ? entry : undefined;
    } else if (at?.kind === 'branch') {
      const key = String(step);
      if (isTwiceIn(at, key))
        return `the key ${JSON.stringify(key)} stands twice in its map: the first one was taken, as SOPS does; most programs read the last`;
      at = itemOf(at, key)?.value;
    }
  }
  return undefined;
}

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

function isTwiceIn({ items }: Branch, key: string): boolean {
  const isIt = (entry: Branch['items'][number]): boolean => entry.kind === 'item' && entry.key === key;
  return items.findIndex(isIt) !== items.findLastIndex(isIt);
}
