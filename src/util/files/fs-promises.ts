/**
 * Node's calls for files that are waited for, with paths of any bytes as in `fs.ts`. Node loads seven modules for them, a millisecond, so
 * they are asked for when the first is made: many a run makes none.
 */
import { type Dirent, promises as node } from 'node:fs';
import { typedEntry } from './fs.js';
import { areInexact, exactEntry, nativePath, takingPaths } from './native-path.js';

export type { FileHandle } from 'node:fs/promises';

/** A call that is looked up when it is made. */
function late<F extends (...given: never[]) => unknown>(find: () => F): F {
  return takingPaths(((...given: never[]) => find()(...given)) as F);
}

export const access = late(() => node.access);
export const mkdir = late(() => node.mkdir);
export const open = late(() => node.open);
export const readFile = late(() => node.readFile);
export const stat = late(() => node.stat);

/** The names in a folder, or its entries. */
export function readdir(folder: string): Promise<string[]>;
export function readdir(folder: string, options: { withFileTypes: true }): Promise<Dirent[]>;
export async function readdir(folder: string, options?: { withFileTypes: true }): Promise<(string | Dirent)[]> {
  const path = nativePath(folder);
  const entries = await (options ? node.readdir(path, options) : node.readdir(path));
  if (!areInexact(entries)) return entries;
  if (!options) return (await node.readdir(path, { encoding: 'buffer' })).map(exactEntry);
  return (await node.readdir(path, { ...options, encoding: 'buffer' })).flatMap((entry) => typedEntry(folder, entry));
}
