/** Files that must not be there yet. */

import { dirname } from 'node:path';
import { SopsError } from '../../errors.js';
import { encodeText } from '../text/text.js';
import { writeFileSafely } from './atomic-write.js';
import { systemReason } from './files.js';
import { lstatSync } from './fs.js';
import { mkdir } from './fs-promises.js';

/**
 * Writes a file that is not there yet, not even as a symbolic link, with the folders that lead to it (mode 0700). It gets its name
 * only when it is complete and on the disk: whoever ends the run, there is the whole file or none. Throws `output-unwritable`
 * when something is there or it cannot be written; then nothing is left behind.
 */
export async function writeNewFile(path: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (lstatSync(path, { throwIfNoEntry: false }))
      throw new SopsError('changed-meanwhile', `${path} is there already`);
    await writeFileSafely(path, encodeText(text), { mode, isNew: true });
  } catch (cause) {
    const reason = cause instanceof SopsError ? cause.message : systemReason(cause);
    throw new SopsError('output-unwritable', `cannot make ${path}: ${reason}`, { file: path, cause });
  }
}
