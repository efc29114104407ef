/** Locks that killed runs have left beside files which nobody has written since. */
import { join } from 'node:path';
import { LOCK_SUFFIX, removeSeen } from './file-lock.js';
import { systemCode, systemReason } from './files.js';
import { isOld, isOwnFile, type Leftover, listed } from './leftovers.js';
import { lookAt } from './lock-owner.js';

/** Removes the locks in a folder whose holders have ended. Those of other users are theirs. Never throws. */
export function sweepLocks(folder: string): Leftover[] {
  return listed(folder)
    .filter((name) => name.startsWith('.') && name.endsWith(LOCK_SUFFIX))
    .map((name) => join(folder, name))
    .filter(isOwnFile)
    .flatMap(sweepLock);
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
