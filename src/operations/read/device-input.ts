/** Reading a device that stands where a file is expected: a terminal (`/dev/stdin`) has somebody type it, and has to say so. */
import { isatty } from 'node:tty';
import { readFile } from '../../util/files/fs-promises.js';
import type { Host } from '../../util/host/host.js';

/**
 * All bytes of the device that the descriptor is open on, until it ends. A terminal is waited for without stopping anything else, and it is told that it is. Rejects with the
 * system's error.
 */
export async function readDevice(
  { path, descriptor }: { readonly path: string; readonly descriptor: number },
  host: Host,
): Promise<Uint8Array> {
  const end = host.platform === 'win32' ? 'Ctrl+Z and Enter' : 'Ctrl+D';
  const activity = isatty(descriptor)
    ? host.begin?.(`${path} is a terminal: type the file there, and end it with ${end} on a line of its own`, 'note')
    : undefined;
  try {
    return await readFile(path);
  } finally {
    activity?.end();
  }
}
