/** Places in a document as users name them: the index syntax of `--extract`, `set` and `unset`, and what it reaches. */
import { type ErrorCode, SopsError } from '../errors.js';
import { sameValue } from './equality.js';
import { type Branch, branch, type Comment, item, itemOf, type List, list, type Value } from './tree.js';

/** Keys of maps and indexes of lists, from the root. Indexes count comments. */
export type TreePath = readonly (string | number)[];

/** What an index text is for; it decides on code and wording of the error. */
export type IndexUse = 'extract' | 'set' | 'unset';

/** Code and first words of what is said of a malformed place. */
export const SYNTAX_ERRORS: Record<IndexUse, readonly [ErrorCode, string]> = {
  extract: ['extract-syntax', 'error parsing --extract path'],
  set: ['set-syntax', 'Invalid set index format'],
  unset: ['set-syntax', 'Invalid unset index format'],
};

/**
 * Reads `["key"][0]['other']` (docs/command-line.md#places): pieces between `[` and `]`; quoted ones are keys
 * without escapes, others decimal indexes. The empty text is the whole document. Throws `extract-syntax` or `set-syntax`.
 */
export function parseIndexPath(text: string, use: IndexUse = 'extract'): TreePath {
  const fail = (reason: string): never => {
    const [code, prefix] = SYNTAX_ERRORS[use];
    throw new SopsError(code, `${prefix}: ${reason}`, { hint: 'Write it like \'["key"][0]["other key"]\'.' });
  };
  return text
    .split('[')
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (!piece.endsWith(']')) return fail(`component [${piece} has no closing bracket`);
      const inner = piece.slice(0, -1);
      if (inner.startsWith('"') || inner.startsWith("'")) {
        return inner.length >= 2 ? inner.slice(1, -1) : fail(`component [${piece} has no closing quote`);
      }
      if (!/^[+-]?[0-9]+$/.test(inner)) return fail(`component [${piece} is neither a quoted key nor an index`);
      return Number(inner);
    });
}

/**
 * What stands at a path of a document; in a list that may be a comment. Throws `path-not-found` when nothing does, and
 * where SOPS crashes or prints its own records: an index on a map, a key on a list, a negative index.
 */
export function getAt(document: Branch, path: TreePath): Value | Comment {
  let at: Value | Comment = document;
  for (const step of path) {
    const found = stepInto(at, step);
    if (typeof found === 'string') throw new SopsError('path-not-found', `error truncating tree: ${found}`);
    at = found;
  }
  return at;
}

/** The part one step below, or the reason why there is none. */
function stepInto(at: Value | Comment, step: string | number): Value | Comment | string {
  if (typeof step === 'string') {
    if (at.kind !== 'branch') return `component ['${step}'] is a key, but tree part is not a map`;
    return itemOf(at, step)?.value ?? `component ['${step}'] not found`;
  }
  if (at.kind !== 'list') return `component [${step}] is integer, but tree part is not a slice`;
  return at.items[step] ?? `component [${step}] accesses out of bounds`;
}

/**
 * Puts a value at a path: missing maps and lists are made, an index right after the end appends, a scalar in the way gives
 * way (docs/command-line.md#set). A scalar set over a scalar keeps its source and so its style.
 * Returns whether the document is another one afterwards. Throws `path-not-found` for the empty path, an index on a
 * map, a key on a list, and a negative index; the document is unchanged then.
 */
export function setAt(document: Branch, path: TreePath, value: Value): boolean {
  if (path.length === 0) throw new SopsError('path-not-found', 'the index names no key to set');
  let at: Branch | List = document;
  for (const [depth, step] of path.entries()) {
    checkStep(at, step);
    const rest = path.slice(depth + 1);
    const current = childOf(at, step);
    if (current === undefined) {
      append(at, step, wrap(rest, value));
      return true;
    }
    if (rest.length === 0) return replaceChild(at, step, current, value);
    if (current.kind === 'leaf' || current.kind === 'comment') {
      return replaceChild(at, step, current, wrap(rest, value));
    }
    at = current;
  }
  return false;
}

/**
 * Removes what stands at a path; comments around it stay. Throws `path-not-found` when nothing does, and `failed`
 * when the path leads through a scalar (which `--idempotent` does not forgive).
 */
export function unsetAt(document: Branch, path: TreePath): void {
  const last = path.at(-1);
  if (last === undefined) throw new SopsError('path-not-found', 'the index names no key to remove');
  let at: Value | Comment = document;
  for (const step of path.slice(0, -1)) at = existing(at, step);
  existing(at, last);
  if (at.kind === 'list') at.items.splice(last as number, 1);
  else if (at.kind === 'branch') at.items.splice(at.items.indexOf(itemOf(at, last as string) as never), 1);
}

function existing(at: Value | Comment, step: string | number): Value | Comment {
  if (at.kind !== 'branch' && at.kind !== 'list') {
    throw new SopsError('failed', `Unsupported type: the index leads through a scalar at ${describe(step)}`);
  }
  checkStep(at, step);
  const found = childOf(at, step);
  if (found) return found;
  const message = typeof step === 'string' ? `Key not found: ${step}` : `Index ${step} out of bounds`;
  throw new SopsError('path-not-found', message);
}

function checkStep(at: Branch | List, step: string | number): void {
  const fits = typeof step === 'string' ? at.kind === 'branch' : at.kind === 'list' && step >= 0;
  if (fits) return;
  const wanted = at.kind === 'branch' ? 'a map, which takes a quoted key' : 'a list, which takes an index from 0';
  throw new SopsError('path-not-found', `component ${describe(step)} does not fit: it is applied to ${wanted}`);
}

function describe(step: string | number): string {
  return typeof step === 'string' ? `['${step}']` : `[${step}]`;
}

/** What stands at a key of a map (the first, where it stands twice) or at an index of a list. */
export function childOf(at: Branch | List, step: string | number): Value | Comment | undefined {
  return at.kind === 'branch' ? itemOf(at, String(step))?.value : at.items[Number(step)];
}

function append(at: Branch | List, step: string | number, value: Value): void {
  if (at.kind === 'branch') at.items.push(item(String(step), value));
  else at.items.push(value);
}

function replaceChild(at: Branch | List, step: string | number, current: Value | Comment, value: Value): boolean {
  if (current.kind !== 'comment' && sameValue(current, value)) return false;
  if (current.kind === 'leaf' && value.kind === 'leaf') {
    current.value = value.value;
  } else if (at.kind === 'list') {
    at.items[Number(step)] = value;
  } else {
    const found = itemOf(at, String(step));
    if (found) found.value = value;
  }
  return true;
}

/** The value under the remaining steps, each of which makes a map or (an index) a list of one. */
function wrap(steps: TreePath, value: Value): Value {
  return steps.reduceRight<Value>(
    (inner, step) => (typeof step === 'string' ? branch([item(step, inner)]) : list([inner])),
    value,
  );
}
