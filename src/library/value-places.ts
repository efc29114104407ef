/** Places in a document as callers name them; indexes count values, as those of the data do, and not comments. */
import { parseValuePath } from '../operations/read/value-path.js';
import type { TreePath } from '../tree/path.js';
import { type Branch, type Comment, itemOf, type List, type Value } from '../tree/tree.js';
import { lookingAt, usage } from './options.js';
import type { Path } from './types.js';

/** The steps of a path. In a list of steps all are texts; which of them are indexes the document tells. Throws `usage` and `set-syntax`. */
export function stepsOf(path: unknown): TreePath {
  const own = ownPath(path);
  if (typeof own === 'string') return parseValuePath(own, 'set');
  if (Array.isArray(own) && own.length > 0 && own.every((step) => typeof step === 'string' || isIndex(step)))
    return own;
  throw usage("a path must be a text such as 'db.hosts[0]' or a list of keys");
}

/** A path that stays what it is, whatever its caller does with it. Throws `usage` for one that throws. */
export function ownPath<P>(path: P): P {
  return lookingAt('the path', () => (Array.isArray(path) ? ([...path] as P) : path));
}

function isIndex(step: unknown): boolean {
  return Number.isSafeInteger(step) && (step as number) >= 0;
}

/** The value at a path; undefined for nothing. */
export function valueAt(document: Branch, path: Path): Value | undefined {
  let at: Value = document;
  for (const step of stepsOf(path)) {
    const found: Value | undefined = at.kind === 'leaf' ? undefined : childOf(at, step);
    if (!found) return undefined;
    at = found;
  }
  return at;
}

function childOf(at: Branch | List, step: string | number): Value | undefined {
  if (at.kind === 'branch') return typeof step === 'string' ? itemOf(at, step)?.value : undefined;
  const index = indexIn(step);
  return index === undefined ? undefined : at.items.filter(isValue)[index];
}

/** The same path with indexes that count comments too, as the tree's own functions take it. */
export function treePathOf(document: Branch, path: Path): TreePath {
  let at: Value | undefined = document;
  return stepsOf(path).map((step) => {
    const container: Value | undefined = at;
    if (container?.kind !== 'list') {
      at = container?.kind === 'branch' ? childOf(container, step) : undefined;
      return step;
    }
    const index = indexIn(step);
    at = index === undefined ? undefined : childOf(container, step);
    return index === undefined ? step : placeIn(container, index);
  });
}

function indexIn(step: string | number): number | undefined {
  if (typeof step === 'number') return step;
  return /^\d{1,15}$/.test(step) ? Number(step) : undefined;
}

/** Where the value of that number stands among all entries of a list; after the end when there is none. */
function placeIn({ items }: List, index: number): number {
  let left = index;
  const at = items.findIndex((entry) => isValue(entry) && left-- === 0);
  return at < 0 ? items.length : at;
}

function isValue(entry: Value | Comment): entry is Value {
  return entry.kind !== 'comment';
}
