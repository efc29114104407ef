/** The configurations that git holds for some files: those of the index, or of a commit. */
import { posix } from 'node:path';
import { CONFIG_NAME } from '../../config/find.js';
import { readBlobs } from '../../exec/git/blobs.js';
import type { WorkTree } from '../../exec/git/places.js';
import type { Host } from '../../util/host/host.js';
import { decodeText } from '../../util/text/text.js';
import { commitFiles, type HeldFile } from './git-source.js';
import type { HeldConfig } from './rule-books.js';

interface Place {
  readonly tree: WorkTree;
  readonly host: Host;
}

/** The contents of configurations by their folders, as paths from the top. */
type Configs = ReadonlyMap<string, Buffer>;

/** So many links are followed from one to the next, as systems do. */
const MOST_LINKS = 40;

/** Those of the index, of which all files are given. */
export async function indexConfigs(files: readonly HeldFile[], place: Place): Promise<HeldConfig> {
  return byFolder(await configsAmong(files, place), place);
}

/** Those of a commit at and above some of its files, up to the top. */
export async function commitConfigs(files: readonly HeldFile[], commit: string, place: Place): Promise<HeldConfig> {
  const folders = [...foldersAbove(files.map(({ path }) => path))];
  // Names with line breaks cannot be asked for, and the answer does not tell of links; the whole list takes longer, and does.
  const named = folders.some((folder) => folder.includes('\n')) ? null : await configsNamed(folders, commit, place);
  if (named && ![...named.values()].some(mayBeLink)) return byFolder(named, place);
  return byFolder(await configsAmong(await commitFiles(commit, place.host, place.tree), place), place);
}

function byFolder(configs: Configs, { tree }: Place): HeldConfig {
  return (folder) => configs.get(folder === tree.top ? '' : folder.slice(tree.top.length + 1).replaceAll('\\', '/'));
}

async function configsNamed(folders: readonly string[], commit: string, { tree, host }: Place): Promise<Configs> {
  const names = folders.map((folder) => `${commit}:${posix.join(folder, CONFIG_NAME)}`);
  const found = new Map<string, Buffer>();
  let at = 0;
  for await (const [, bytes] of readBlobs(names, host, { cwd: tree.top })) {
    const folder = folders[at++];
    if (folder !== undefined && bytes) found.set(folder, bytes);
  }
  return found;
}

/** Whether a content may be where a link leads: it is not a configuration, none of which goes without a colon. */
function mayBeLink(bytes: Buffer): boolean {
  return !bytes.includes(':');
}

/** The configurations among all files that stand together, links to other files of them followed. */
async function configsAmong(files: readonly HeldFile[], { tree, host }: Place): Promise<Configs> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  let pending = files.filter(({ path }) => isConfigPath(path)).map((file) => ({ of: file.path, file }));
  const found = new Map<string, Buffer>();
  for (let round = 0; pending.length > 0 && round < MOST_LINKS; round++) {
    const next: typeof pending = [];
    let at = 0;
    const blobs = pending.map(({ file }) => file.blob);
    for await (const [, bytes] of readBlobs(blobs, host, { cwd: tree.top })) {
      const one = pending[at++];
      if (!one || !bytes) continue;
      // Where a link leads out of the tree cannot be followed here: its own content stays, and is reported as no configuration.
      found.set(folderOf(one.of), bytes);
      const target = one.file.mode === 'link' ? byPath.get(targetOf(one.file.path, bytes)) : undefined;
      if (target) next.push({ of: one.of, file: target });
    }
    pending = next;
  }
  return found;
}

function targetOf(path: string, content: Buffer): string {
  return posix.join(posix.dirname(path), decodeText(content));
}

function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

/** The folders of some files and those above, from the top, which is the empty text. */
function foldersAbove(paths: readonly string[]): Set<string> {
  const folders = new Set(['']);
  for (const path of paths) {
    for (let folder = folderOf(path); folder !== '' && !folders.has(folder); folder = folderOf(folder))
      folders.add(folder);
  }
  return folders;
}

/**
 * Whether a file is a configuration with other rules than were in force before: one that was there before, or is gone, or a new one that
 * hides those of a folder above. A new one at the top says what nothing said before.
 */
export function changesRules({ path, before = [] }: HeldFile): boolean {
  return isConfigPath(path) && (before.length > 0 || path !== CONFIG_NAME);
}

/** Whether a path is that of a configuration. */
export function isConfigPath(path: string): boolean {
  return path === CONFIG_NAME || path.endsWith(`/${CONFIG_NAME}`);
}
