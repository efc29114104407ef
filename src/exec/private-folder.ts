/** Folders for plaintext that a program reads from a file: for this user alone, in memory where possible, gone afterwards. */
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../util/host.js';
import { startOf } from './process-tree.js';

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

/** Makes a folder of mode 0700, in memory if the system has such a place, else in TMPDIR. Throws the system's error. */
export function makePrivateFolder(owner: FolderOwner, host: Host): string {
  const parent = isUsableMemory() ? MEMORY : temporaryRoot(host);
  return mkdtempSync(join(parent, `${ownPrefix(owner.pid)}-`));
}

/** Removes a folder and what is in it. What cannot be removed stays, to be found by {@link removeLeftovers}. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Whatever the program did to the folder, its exit status is what matters now.
  }
}

/**
 * Removes the folders of earlier runs that were killed before they could do it (SIGKILL). A folder counts
 * only if it is this user's and its process is known to be gone: one of another machine or
 * container that shares the place says nothing about it, and stays. Never throws.
 */
export function removeLeftovers(owner: FolderOwner, host: Host): void {
  for (const parent of new Set([MEMORY, temporaryRoot(host)])) {
    for (const name of listQuietly(parent)) {
      const path = join(parent, name);
      if (name.startsWith(`${PREFIX}-`) && isAbandoned(name) && isOwn(path, owner.userId)) removeFolder(path);
    }
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

/** Process numbers mean something within one machine and one name space of processes only. */
function machineTag(): string {
  return tagOf(hostname(), linkQuietly('/proc/self/ns/pid'));
}

function bootTag(): string {
  return tagOf(readQuietly('/proc/sys/kernel/random/boot_id'));
}

function tagOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 8);
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

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function linkQuietly(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
