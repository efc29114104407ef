/** A folder for what is to be written, with those that lead to it. */
import { SopsError } from '../../errors.js';
import { systemCode, systemReason } from './files.js';
import { mkdir } from './fs-promises.js';

/** What stands where a folder is to be, or leads nowhere. */
const IN_THE_WAY: ReadonlySet<string | undefined> = new Set(['EEXIST', 'ENOTDIR', 'ENOENT', 'ELOOP']);

/** Makes a folder, unless there is one; `shown` is what users call it. Throws `output-unwritable`. */
export async function makeFolder(path: string, shown = path, mode?: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (cause) {
    const hint = 'It, or a part of its path, is something else than a folder: name another, or move that away.';
    throw new SopsError('output-unwritable', `cannot make the folder ${shown}: ${systemReason(cause)}`, {
      ...(IN_THE_WAY.has(systemCode(cause)) ? { hint } : {}),
      cause,
    });
  }
}
