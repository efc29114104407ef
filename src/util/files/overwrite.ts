/** Overwriting a file that cannot be replaced: names, owner and place stay, at the price of one moment in which a kill may leave a mixture. */

import { SopsError } from '../../errors.js';
import { closeQuietly, systemReason } from './files.js';
import { constants, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, type Stats, writeSync } from './fs.js';

/**
 * Puts new bytes into an existing file. What can fail for want of room comes first: the bytes beyond the old end are
 * written before any old byte is touched, and a failure there is undone by cutting them off again. Then the old bytes are
 * written over, which needs no room, and only then the file is shortened. The old bytes are kept in memory
 * meanwhile and put back when a step fails. The steps are synchronous, to keep the moment in which a kill
 * or a power cut leaves a mixture as short as it can be.
 *
 * `path` is opened, `shown` is how the user named it, `looked` what was found there before; it must be the same file still. Throws `output-unwritable` when it cannot be opened for
 * reading and writing, `write-failed` when a step failed; the message says so if the old bytes could not be put back.
 */
export function overwriteFile(path: string, bytes: Uint8Array, shown: string, looked: Stats | null): void {
  const descriptor = openBoth(path, shown);
  try {
    const old = readOld(descriptor, shown, looked);
    try {
      writeAll(descriptor, bytes.subarray(old.length), old.length);
      writeAll(descriptor, bytes.subarray(0, old.length), 0);
      ftruncateSync(descriptor, bytes.length);
      fsyncSync(descriptor);
    } catch (error) {
      const hint = putBack(descriptor, old) ? 'The file is as it was before.' : 'The file is damaged: restore it.';
      throw new SopsError('write-failed', `write ${shown}: ${systemReason(error)}`, {
        file: shown,
        hint,
        cause: error,
      });
    }
  } finally {
    closeQuietly(descriptor);
  }
}

function openBoth(path: string, shown: string): number {
  try {
    return openSync(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    const message = `open ${shown}: ${systemReason(error)}`;
    throw new SopsError('output-unwritable', message, { file: shown, cause: error });
  }
}

function readOld(descriptor: number, shown: string, looked: Stats | null): Uint8Array {
  let reason: string;
  try {
    const { ino, dev } = fstatSync(descriptor);
    if (looked === null || (looked.ino === ino && looked.dev === dev)) return readFileSync(descriptor);
    reason = 'another file took its place';
  } catch (error) {
    reason = systemReason(error);
  }
  throw new SopsError('write-failed', `write ${shown}: ${reason}`, { file: shown, hint: 'Nothing was changed.' });
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

function putBack(descriptor: number, old: Uint8Array): boolean {
  try {
    ftruncateSync(descriptor, old.length);
    writeAll(descriptor, old, 0);
    fsyncSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
