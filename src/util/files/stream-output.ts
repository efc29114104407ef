/** Writing into what is not a file: a device, an open descriptor, a named pipe, whose reader is waited for without keeping a thread. */
import { setTimeout as delay } from 'node:timers/promises';
import { SopsError } from '../../errors.js';
import { systemCode, systemReason } from './files.js';
import { closeSync, constants, fstatSync, openSync, type Stats, writeSync } from './fs.js';
import { type FileHandle, open } from './fs-promises.js';
import { unwritable, writeFailed } from './write-target.js';

export interface Stream {
  /** What was looked at, if anything; what stands there now must be the same. */
  readonly stats: Stats | null;
  /** Ends the wait for a reader. */
  readonly signal?: AbortSignal | undefined;
}

/** Between two looks for a reader, or for room for more. */
const PAUSE_MS = 20;

/** Writes all bytes. Throws `output-unwritable`, `write-failed`, and what the signal of a FIFO is aborted with. */
export async function streamInto(path: string, bytes: Uint8Array, { stats, signal }: Stream): Promise<void> {
  if (stats?.isFIFO()) return writePipe(path, bytes, stats, signal);
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_WRONLY | constants.O_TRUNC);
  } catch (error) {
    throw unwritable(path, systemReason(error), error);
  }
  try {
    checkSame(path, await handle.stat(), stats);
    await handle.writeFile(bytes);
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error instanceof SopsError ? error : writeFailed(path, error);
  }
}

/** A thread that opens a pipe waits until somebody reads it: no signal ends that, nor does the process before it has. */
async function writePipe(
  path: string,
  bytes: Uint8Array,
  stats: Stats,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pause = (): Promise<unknown> => delay(PAUSE_MS, undefined, signal ? { signal } : {});
  let descriptor = openPipe(path);
  while (descriptor === undefined) {
    await pause();
    descriptor = openPipe(path);
  }
  try {
    checkSame(path, fstatSync(descriptor), stats);
    for (let at = 0; at < bytes.length; ) {
      const count = writePart(path, descriptor, bytes.subarray(at));
      if (count === undefined) await pause();
      else at += count;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Undefined while nobody reads. */
function openPipe(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENXIO') return undefined;
    throw unwritable(path, systemReason(error), error);
  }
}

/** How many bytes there was room for; undefined for none. */
function writePart(path: string, descriptor: number, bytes: Uint8Array): number | undefined {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return undefined;
    throw writeFailed(path, error);
  }
}

function checkSame(path: string, now: Stats, stats: Stats | null): void {
  if (stats !== null && now.ino !== stats.ino) throw unwritable(path, 'another file took its place');
}
