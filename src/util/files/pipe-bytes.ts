/** Named pipes in place of files, where a program goes on with other work while nobody writes to them. */

import type { Host } from '../host/host.js';
import { statSync } from './fs.js';

/**
 * The bytes of what is a named pipe, for a call of the library; undefined for anything else, and on the command line, which has nothing else
 * to do than wait. Rejects with the system's error, and when the host's signal is aborted.
 */
export async function pipeBytes(path: string, { isUnattended, signal }: Host): Promise<Buffer | undefined> {
  if (!isUnattended || !statSync(path).isFIFO()) return undefined;
  return (await import('./pipe-input.js')).readPipe(path, signal);
}
