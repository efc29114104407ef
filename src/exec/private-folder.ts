/** Folders for plaintext that a program reads from a file: for this user alone, in memory where possible, gone afterwards. */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { SopsError } from '../errors.js';
import { listQuietly, systemReason } from '../util/files/files.js';
import { accessSync, chmodSync, constants, lstatSync, mkdtempSync, rmSync } from '../util/files/fs.js';
import type { Leftover } from '../util/files/leftovers.js';
import { holdTemporary } from '../util/files/temporaries.js';
import type { Host } from '../util/host/host.js';
import { bootTag, folderMark, isThere, machineTag, startOf } from '../util/locks/processes.js';

/** File system in memory: `TMPFS_MAGIC` of statfs(2). */
const TMPFS = 0x01021994;
const MEMORY = '/dev/shm';
const PREFIX = '.sops-ts';

/** Who makes folders: enough to tell later, on this machine, whether that process still runs. */
export interface FolderOwner {
  readonly pid: number;
  /** Undefined on Windows. */
  readonly userId: number | undefined;
}

/** A folder that is there until it is removed, or the process ends. */
export interface PrivateFolder {
  readonly path: string;
  /** Removes the folder and what is in it. Throws `write-failed` when something stays; then it may hold plaintext. */
  remove(): void;
}

/** Makes a folder of mode 0700, in memory if the system has such a place, else in TMPDIR. Throws the system's error, and `output-unwritable` without a place. */
export function makePrivateFolder(owner: FolderOwner, host: Host): PrivateFolder {
  const parent = isUsableMemory() ? MEMORY : temporaryRoot(host);
  if (parent !== MEMORY) {
    const fields = { folder: parent };
    host.log?.({
      component: 'CMD',
      level: 'info',
      message: 'Plaintext goes to disk: there is no file system in memory',
      fields,
    });
  }
  let path: string | undefined;
  const release = holdTemporary(() => {
    if (path !== undefined) removeTree(path);
  });
  try {
    path = mkdtempSync(join(parent, folderMark(owner.pid)));
  } catch (error) {
    release();
    throw error;
  }
  return { path, remove: () => removeFolder(path ?? parent, release) };
}

function removeFolder(path: string, release: () => void): void {
  try {
    removeTree(path);
  } catch (cause) {
    throw new SopsError('write-failed', `cannot remove ${path}, which holds plaintext: ${systemReason(cause)}`, {
      file: path,
      hint: 'Remove it yourself.',
      cause,
    });
  } finally {
    release();
  }
}

/** A program may have closed the folder, or may still be putting things there. */
function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    if (lstatSync(path, { throwIfNoEntry: false })) chmodSync(path, 0o700);
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  }
}

/**
 * Removes the folders of earlier runs that were killed before they could do it (SIGKILL). A folder counts
 * only if it is this user's and its process is known to be gone: one of another machine or
 * container that shares the place says nothing about it, and stays. Returns what it found; never throws.
 */
export function removeLeftovers(owner: FolderOwner, host: Host): Leftover[] {
  const places = [...new Set([MEMORY, ...temporaryFolders(host)])];
  return places.flatMap((parent) =>
    listQuietly(parent)
      .filter((name) => name.startsWith(`${PREFIX}-`) && isOwn(join(parent, name), owner.userId))
      .flatMap((name) =>
        isAbandoned(name, join(parent, name))
          ? removed(join(parent, name))
          : [{ path: join(parent, name), state: 'used' as const }],
      ),
  );
}

function removed(path: string): Leftover[] {
  try {
    removeTree(path);
    return [{ path, state: 'removed' }];
  } catch (error) {
    return [{ path, state: 'stuck', reason: systemReason(error) }];
  }
}

function isUsableMemory(): boolean {
  try {
    if (statfsSync(MEMORY).type !== TMPFS) return false;
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Where temporary files go when not into memory: the folder that the system has for this user, or none. Windows and macOS have one for each, so that
 * the folder of everybody must not take its place where a variable is missing.
 */
export function temporaryFolders({ env, platform }: Pick<Host, 'env' | 'platform'>): string[] {
  const named = platform === 'win32' ? env.TEMP || env.TMP : env.TMPDIR;
  if (named) return [named];
  return platform === 'win32' || platform === 'darwin' ? [] : ['/tmp'];
}

/** The same where there must be one. Throws `output-unwritable`. */
export function temporaryRoot(host: Pick<Host, 'env' | 'platform'>): string {
  const [folder] = temporaryFolders(host);
  if (folder !== undefined) return folder;
  const [names, hint] =
    host.platform === 'win32'
      ? ['TEMP and TMP are', 'Set TEMP to a folder that only you can read.']
      : ['TMPDIR is', 'Set it as the system does: TMPDIR=$(getconf DARWIN_USER_TEMP_DIR)'];
  throw new SopsError('output-unwritable', `no folder for temporary files, which hold plaintext: ${names} not set`, {
    hint,
  });
}

/** Where the system does not tell when processes started, a folder older than this belongs to no running process. */
const OLD_MILLISECONDS = 86_400_000;

function isAbandoned(name: string, path: string): boolean {
  const found = /^([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)-\w{6}$/.exec(name.slice(PREFIX.length + 1));
  if (!found) return false;
  const [, machine, boot, pid, start] = found;
  if (machine !== machineTag()) return false;
  if (boot !== bootTag()) return true;
  if (start !== '0') return startOf(Number(pid)) !== start;
  // Without /proc another process may have got the number, or the folder's may be about to begin with it.
  const { mtimeMs = Number.NaN } = lstatSync(path, { throwIfNoEntry: false }) ?? {};
  return !isThere(Number(pid)) && Date.now() - mtimeMs > OLD_MILLISECONDS;
}

function isOwn(path: string, userId: number | undefined): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() && (userId === undefined || stat.uid === userId);
  } catch {
    return false;
  }
}
