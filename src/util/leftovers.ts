/** What runs that were killed have left behind, and taking it away. */

import { join } from 'node:path';
import { geteuid } from 'node:process';
import { systemCode, systemReason } from './files.js';
import { lstatSync, readdirSync, type Stats, unlinkSync } from './fs.js';
import type { Host } from './host.js';
import { makerOf } from './temporary-name.js';

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

/** A temporary file is there for moments. One that another machine or container made is taken for left behind when it is older than this. */
const OLD_MS = 10 * 60 * 1000;

/** Removes the temporary files in a folder whose makers have ended. Those of other users are theirs. Never throws. */
export function sweepFolder(folder: string): Leftover[] {
  return listed(folder).flatMap((name) => {
    const maker = makerOf(name);
    const path = join(folder, name);
    if (maker === null || !isOwnFile(path)) return [];
    return maker === 'ended' || (maker === 'unknown' && isOld(path)) ? removed(path) : [{ path, state: 'used' }];
  });
}

/** Sweeps a folder and tells what it removed, or could not remove. Never throws. */
export function tellSwept(folder: string, { warn }: Pick<Host, 'warn'>): void {
  for (const { path, state, reason } of sweepFolder(folder)) {
    if (state === 'removed') warn(`removed ${path}, which a run that was killed had left behind`);
    if (state === 'stuck') warn(`${path} was left behind by a run that was killed, and cannot be removed: ${reason}`);
  }
}

/** The names in a folder, none when it cannot be read. */
export function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether this user owns it, and it is a regular file. */
export function isOwnFile(path: string): boolean {
  const stats = statsOf(path);
  return stats?.isFile() === true && (geteuid === undefined || stats.uid === geteuid());
}

/** Whether nothing that is there for moments can be as old. */
export function isOld(path: string): boolean {
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
