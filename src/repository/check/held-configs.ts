/** The configurations that git holds for some files: those of the index, or of a commit. */
import { dirname, resolve } from 'node:path';
import { CONFIG_NAME } from '../../config/find.js';
import { readBlobs } from '../../exec/git/blobs.js';
import type { WorkTree } from '../../exec/git/places.js';
import type { Host } from '../../util/host.js';
import type { HeldConfig } from './rule-books.js';

/** Reads those at and above the files, up to the top. `revision` is a commit, or empty for the index. */
export async function heldConfigs(
  paths: readonly string[],
  revision: string,
  { tree, host }: { readonly tree: WorkTree; readonly host: Host },
): Promise<HeldConfig> {
  const folders = [...foldersAbove(paths)].filter((folder) => !/[\r\n]/.test(folder));
  const names = folders.map((folder) => `${revision}:${folder === '' ? '' : `${folder}/`}${CONFIG_NAME}`);
  const found = new Map<string, Buffer>();
  let at = 0;
  for await (const [, bytes] of readBlobs(names, host, { cwd: tree.top })) {
    const folder = folders[at++];
    if (folder !== undefined && bytes) found.set(resolve(tree.top, folder), bytes);
  }
  return (folder) => found.get(folder);
}

/** The folders of some files and those above, from the top, which is the empty text. */
function foldersAbove(paths: readonly string[]): Set<string> {
  const folders = new Set(['']);
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.' && !folders.has(folder); folder = dirname(folder))
      folders.add(folder);
  }
  return folders;
}

/** Whether a path is that of a configuration. */
export function isConfigPath(path: string): boolean {
  return path === CONFIG_NAME || path.endsWith(`/${CONFIG_NAME}`);
}
