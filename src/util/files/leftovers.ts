/** What runs that were killed have left behind, and taking it away. */

import { join } from 'node:path';
import { geteuid } from 'node:process';
import type { Host } from '../host/host.js';
import { isLockName, removeSeen } from '../locks/file-lock.js';
import { lookAt } from '../locks/lock-owner.js';
import { systemCode, systemReason } from './files.js';
import { lstatSync, readdirSync, type Stats, unlinkSync } from './fs.js';
import { isTemporaryName, makerOf } from './temporary-name.js';

/** Something that a run has left behind, or has not done with. */
export interface Leftover {
  readonly path: string;
  /** `removed` just now; `used` by a run that goes on, or may; `stuck`: it could not be removed. */
  readonly state: 'removed' | 'used' | 'stuck';
  /** Why it is stuck. */
  readonly reason?: string;
  /** A lock holds nothing of the file. */
  readonly isLock?: true;
}

/** What is there for moments, and was made by another machine or container, is taken for left behind when it is older than this. */
const OLD_MS = 10 * 60 * 1000;

/** Whether a file is one of ours that lasts no longer than a write: another run may take it away before it is read. */
export function isPassing(name: string): boolean {
  return isTemporaryName(name) || isLockName(name);
}

/** Removes the temporary files and the locks in a folder whose processes have ended. Those of other users are theirs. Never throws. */
export function sweepFolder(folder: string): Leftover[] {
  return listed(folder)
    .filter(isPassing)
    .flatMap((name) => {
      const path = join(folder, name);
      if (!isOwnFile(path)) return [];
      return isLockName(name) ? sweepLock(path) : sweepTemporary(path, name);
    });
}

/** Sweeps a folder and tells what it removed, or could not remove. Never throws. */
export function tellSwept(folder: string, { warn }: Pick<Host, 'warn'>): void {
  for (const { path, state, reason } of sweepFolder(folder)) {
    if (state === 'removed') warn(`removed ${path}, which a run that was killed had left behind`);
    if (state === 'stuck') warn(`${path} was left behind by a run that was killed, and cannot be removed: ${reason}`);
  }
}

function sweepTemporary(path: string, name: string): Leftover[] {
  const maker = makerOf(name);
  return maker === 'ended' || (maker === 'unknown' && isOld(path)) ? removed(path) : [{ path, state: 'used' }];
}

/** Nothing when the lock was given back meanwhile. */
function sweepLock(path: string): Leftover[] {
  try {
    const seen = lookAt(path);
    if (seen === null) return [];
    const isLeft = seen.isDead || isOld(path);
    return [{ path, state: isLeft && removeSeen(path, seen) ? 'removed' : 'used' }];
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? [] : [{ path, state: 'stuck', reason: systemReason(error), isLock: true }];
  }
}

/** The names in a folder, none when it cannot be read. */
function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether this user owns it, and it is a regular file. */
function isOwnFile(path: string): boolean {
  const stats = statsOf(path);
  return stats?.isFile() === true && (geteuid === undefined || stats.uid === geteuid());
}

/** Whether nothing that is there for moments can be as old. */
function isOld(path: string): boolean {
  return Date.now() - (statsOf(path)?.mtimeMs ?? Date.now()) > OLD_MS;
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Nothing when another run was faster. */
function removed(path: string): Leftover[] {
  try {
    unlinkSync(path);
    return [{ path, state: 'removed' }];
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? [] : [{ path, state: 'stuck', reason: systemReason(error) }];
  }
}
