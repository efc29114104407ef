/** Files with credentials and settings that the user's surroundings name, which a shell may have made pipes of (`<(…)`). */

import type { Host, Session } from '../host/host.js';
import { isContent, noPath } from '../text/content-as-path.js';
import { statOf } from './files.js';
import { readFile } from './fs-promises.js';
import { pipeBytes } from './pipe-bytes.js';

const PIPES = Symbol('what came out of pipes');

/**
 * The bytes of a file. Rejects with the system's error, and where content was named in place of a path with one that does not show it. In a call of the library a named pipe that nobody writes to keeps no thread of the
 * program waiting, and the host's signal ends the wait. What came out of a pipe is remembered by a session, since it comes once.
 */
export async function readNamedFile(path: string, host: Host | Session): Promise<Buffer> {
  if (isContent(path)) throw noPath();
  if (!('once' in host) || !statOf(path)?.isFIFO()) return readNow(path, host);
  const known = host.once(PIPES, () => new Map<string, Promise<Buffer>>());
  const read = known.get(path) ?? readNow(path, host);
  known.set(path, read);
  return read;
}

async function readNow(path: string, host: Host): Promise<Buffer> {
  return (await pipeBytes(path, host)) ?? readFile(path);
}
