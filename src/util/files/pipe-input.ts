/** Reading a named pipe without keeping the program around it from its other work: nobody may ever write to it. */
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from './files.js';
import { closeSync, constants, openSync, readSync, realpathSync } from './fs.js';

/** Between two looks for a writer, or for more of what it writes. */
const PAUSE_MS = 20;
const PART = 65_536;

/** All bytes up to where the last writer leaves. Rejects with the system's error, and when the signal is aborted. */
export async function readPipe(path: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const parts: Uint8Array[] = [];
  let hasWriter = isNameless(path);
  try {
    for (;;) {
      const part = readPart(descriptor);
      hasWriter ||= part === undefined || part.length > 0;
      if (part?.length === 0 && hasWriter) return Buffer.concat(parts);
      if (part && part.length > 0) parts.push(part);
      else await delay(PAUSE_MS, undefined, signal ? { signal } : {});
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Whether nobody comes to write who is not there from the beginning, as with what a shell makes of `<(…)`. */
function isNameless(path: string): boolean {
  try {
    return /\/fd\/(?:\d+|pipe:\[\d+\])$/.test(realpathSync(path));
  } catch {
    return true;
  }
}

/** What is there: nothing at the end, undefined where a writer has nothing yet. */
function readPart(descriptor: number): Uint8Array | undefined {
  const part = new Uint8Array(PART);
  try {
    return part.subarray(0, readSync(descriptor, part));
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
