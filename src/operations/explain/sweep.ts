/** Taking away what runs that were killed left behind. */

import { dirname } from 'node:path';
import { removeLeftovers } from '../../exec/private-folder.js';
import type { OwnProcess } from '../../exec/process-access.js';
import { type Leftover, sweepFolder } from '../../util/files/leftovers.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { foldersBelow } from '../read/encrypted-files.js';

/**
 * Looks for plaintext in private folders, and for temporary files and locks below the working folder and beside a file. Returns what it
 * found, and what became of it; never throws.
 */
export async function sweepAll(path: string | undefined, own: OwnProcess, host: Host): Promise<Leftover[]> {
  const found = removeLeftovers(own, host);
  const folders = new Set<string>();
  for await (const folder of foldersBelow(host.cwd)) folders.add(folder);
  if (path !== undefined) folders.add(dirname(resolve(host.cwd, path)));
  for (const folder of folders) append(found, sweepFolder(folder));
  return found;
}
