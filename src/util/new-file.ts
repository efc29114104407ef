/** Files that must not be there yet. */
import { mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { systemReason } from './files.js';

/**
 * Writes a file that is not there yet, not even as a symbolic link, with the folders that lead to it (mode 0700), and flushes it
 * to the disk. Throws `output-unwritable` when something is there or it cannot be written; then nothing is left behind.
 */
export async function writeNewFile(path: string, text: string, mode: number): Promise<void> {
  let isOurs = false;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, 'wx', mode);
    isOurs = true;
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (isOurs) await unlink(path).catch(() => undefined);
    throw new SopsError('output-unwritable', `cannot make ${path}: ${systemReason(cause)}`, { file: path, cause });
  }
}
