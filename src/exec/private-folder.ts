/** Folders for plaintext that a program reads from a file: for this user alone, in memory where possible, gone afterwards. */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { SopsError } from '../errors.js';
import { systemReason } from '../util/files.js';
import { accessSync, chmodSync, constants, lstatSync, mkdtempSync, readdirSync, rmSync } from '../util/fs.js';
import type { Host } from '../util/host.js';
import type { Leftover } from '../util/leftovers.js';
import { bootTag, machineTag, startOf } from '../util/processes.js';
import { holdTemporary } from '../util/temporaries.js';

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

/** Makes a folder of mode 0700, in memory if the system has such a place, else in TMPDIR. Throws the system's error. */
export function makePrivateFolder(owner: FolderOwner, host: Host): PrivateFolder {
  const parent = isUsableMemory() ? MEMORY : temporaryRoot(host);
  let path: string | undefined;
  const release = holdTemporary(() => {
    if (path !== undefined) removeTree(path);
  });
  try {
    path = mkdtempSync(join(parent, `${ownPrefix(owner.pid)}-`));
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
  const places = [...new Set([MEMORY, temporaryRoot(host)])];
  return places.flatMap((parent) =>
    listQuietly(parent)
      .filter((name) => name.startsWith(`${PREFIX}-`) && isOwn(join(parent, name), owner.userId))
      .flatMap((name) =>
        isAbandoned(name) ? removed(join(parent, name)) : [{ path: join(parent, name), state: 'used' as const }],
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

/** Where temporary files go when not into memory. */
export function temporaryRoot({ env, platform }: Host): string {
  if (platform === 'win32') return env.TEMP || env.TMP || 'C:\\Windows\\Temp';
  return env.TMPDIR || '/tmp';
}

/** `.sops-ts-MACHINE-BOOT-PID-START`. */
function ownPrefix(pid: number): string {
  return [PREFIX, machineTag(), bootTag(), pid, startOf(pid) || '0'].join('-');
}

function isAbandoned(name: string): boolean {
  const found = /^([0-9a-f]{8})-([0-9a-f]{8})-(\d+)-(\d+)-\w{6}$/.exec(name.slice(PREFIX.length + 1));
  if (!found) return false;
  const [, machine, boot, pid, start] = found;
  if (machine !== machineTag()) return false;
  // Without /proc nothing tells the age of a process, so that its number must do, and nothing here can ask for that.
  return boot !== bootTag() || (start !== '0' && startOf(Number(pid)) !== start);
}

function isOwn(path: string, userId: number | undefined): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() && (userId === undefined || stat.uid === userId);
  } catch {
    return false;
  }
}

function listQuietly(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
