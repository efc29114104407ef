/** Node's calls for files that are waited for, with paths of any bytes as in `fs.ts`. */
import type { Dirent } from 'node:fs';
import * as node from 'node:fs/promises';
import { areInexact, exactEntry, nativePath, takingPaths } from './native-path.js';

export type { FileHandle } from 'node:fs/promises';

export const access = takingPaths(node.access);
export const mkdir = takingPaths(node.mkdir);
export const open = takingPaths(node.open);
export const readFile = takingPaths(node.readFile);
export const stat = takingPaths(node.stat);

/** The names in a folder, or its entries. */
export function readdir(folder: string): Promise<string[]>;
export function readdir(folder: string, options: { withFileTypes: true }): Promise<Dirent[]>;
export async function readdir(folder: string, options?: { withFileTypes: true }): Promise<(string | Dirent)[]> {
  const path = nativePath(folder);
  const entries = await (options ? node.readdir(path, options) : node.readdir(path));
  if (!areInexact(entries)) return entries;
  const exact = options
    ? await node.readdir(path, { ...options, encoding: 'buffer' })
    : await node.readdir(path, { encoding: 'buffer' });
  return exact.map(exactEntry);
}
