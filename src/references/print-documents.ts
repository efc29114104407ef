/** Documents printed anew: as YAML with their comments, or as JSON, one line each with its keys in alphabetical order, as vals prints it. */

import { formatNamed } from '../formats/registry.js';
import { leaves, nodes } from '../tree/leaves.js';
import { type Branch, type Comment, type Item, isTimestamp, type List } from '../tree/tree.js';
import { append, insert } from '../util/lists.js';
import { jsonLine, keyOf } from './json-line.js';

export type PrintedType = 'yaml' | 'json';

/** Steps of indentation as Kubernetes' manifests have them. */
const INDENT = 2;
/**
 * Prints documents, with `---` between them. Merge keys give way to what they bring, and dates and integers stay as they stand in `text`, which the
 * documents were read from. The documents are changed. Throws `output-format` for what the format cannot express.
 */
export async function printDocuments(
  roots: readonly (Branch | List)[],
  text: string,
  type: PrintedType,
): Promise<string> {
  for (const { node } of nodes(roots)) if (node.kind === 'branch') expandMerges(node);
  for (const { node } of leaves(roots)) {
    if (!node.source) continue;
    const written = text.slice(node.source.start, node.source.end);
    if (isTimestamp(node.value)) node.value = written;
    else if (typeof node.value === 'number') node.value = integerOf(written) ?? node.value;
  }
  const print = await PRINTERS[type]();
  return roots.map(print).join('---\n');
}

/** JSON has no integers, but what stands there as one of 64 bits is printed as that. */
function integerOf(written: string): bigint | undefined {
  const value = /^-?\d{1,20}$/.test(written) ? BigInt(written) : undefined;
  return value !== undefined && value >= -(1n << 63n) && value < 1n << 64n ? value : undefined;
}

const PRINTERS: Readonly<Record<PrintedType, () => Promise<(root: Branch | List) => string>>> = {
  async yaml() {
    const store = await formatNamed('yaml').load();
    return (root) =>
      root.kind === 'list' ? (store.emitValue?.(root) ?? '') : store.emit([root], null, { indent: INDENT });
  },
  async json() {
    return (root) => `${jsonLine(root)}\n`;
  },
};

const MERGE_KEY = '<<';

/** What a merge key brings that is not there: of several maps the first one wins, and what a map has over what it merges itself. */
function expandMerges(of: Branch): void {
  const pending = of.items.flatMap(mergedMaps);
  if (pending.length === 0) return;
  const kept = of.items.filter((entry) => !isMerge(entry));
  const known = new Set(kept.map(keyOf));
  for (let map = pending.shift(); map; map = pending.shift()) {
    for (const entry of map.items) {
      if (entry.kind === 'comment' || isMerge(entry) || known.has(entry.key)) continue;
      known.add(entry.key);
      kept.push(entry);
    }
    insert(pending, 0, map.items.flatMap(mergedMaps));
  }
  of.items.length = 0;
  append(of.items, kept);
}

function isMerge(entry: Item | Comment): boolean {
  return entry.kind === 'item' && entry.key === MERGE_KEY;
}

/** The maps that an entry merges, if it does. */
function mergedMaps(entry: Item | Comment): Branch[] {
  if (entry.kind === 'comment' || !isMerge(entry)) return [];
  if (entry.value.kind === 'branch') return [entry.value];
  return entry.value.kind === 'list' ? entry.value.items.filter((one) => one.kind === 'branch') : [];
}
