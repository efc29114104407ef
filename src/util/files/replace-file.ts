/** Writing back a file that was read: only if it still holds what was read. */
import { createHash } from 'node:crypto';

import { SopsError } from '../../errors.js';
import { lockFile } from '../locks/file-lock.js';
import { type WriteOutcome, writeFileSafely } from './atomic-write.js';
import { closeQuietly, systemCode, systemReason } from './files.js';
import { fstatSync, openSync, readSync } from './fs.js';

/** By what bytes are known again without being held. */
export interface Fingerprint {
  readonly size: number;
  /** SHA-256. */
  readonly digest: Buffer;
}

export interface Replacement {
  /** What was read of the file, from which the new bytes were made, or its fingerprint; null when it was not there. */
  readonly read: Uint8Array | Fingerprint | null;
  /** Permission bits of a file that does not exist yet. */
  readonly mode?: number | undefined;
  /** When it is aborted before the file is replaced, nothing is written. */
  readonly signal?: AbortSignal | undefined;
  /** Told, at most once, that another run's lock was in the way or that there is none. */
  warn(message: string): void;
}

/** So much is read at a time. */
const CHUNK = 1 << 20;

/**
 * Writes a whole file, as `writeFileSafely` does, unless it was changed since it was read: the last look and the replacement
 * happen under the file's lock, which waits for nothing but these two. Throws `changed-meanwhile`, and nothing is written
 * then; the caller reads again and redoes its change, or says so (see `redoing`). What is not a regular file is just written.
 */
export async function replaceFile(path: string, bytes: Uint8Array, replacement: Replacement): Promise<WriteOutcome> {
  const { read, mode, signal, warn } = replacement;
  return writeFileSafely(path, bytes, {
    ...(mode === undefined ? {} : { mode }),
    isNew: read === null,
    signal,
    async exchange(target, put) {
      // A new file needs none: whatever stands there by then makes it fail.
      if (read === null) return put();
      for (;;) {
        const lock = await lockFile(target, warn);
        try {
          if (!holds(target, read)) throw changedMeanwhile(path);
          if (lock.isHeld()) return put();
        } finally {
          lock.release();
        }
      }
    },
  });
}

/** The fingerprint of some bytes. */
export function fingerprintOf(bytes: Uint8Array): Fingerprint {
  return { size: bytes.length, digest: createHash('sha256').update(bytes).digest() };
}

/** The error of a file that somebody else has written since it was read. */
export function changedMeanwhile(path: string): SopsError {
  return new SopsError('changed-meanwhile', `${path} was changed by somebody else meanwhile`, {
    file: path,
    hint: 'Nothing was written. Run the command again.',
  });
}

function holds(path: string, wanted: Uint8Array | Fingerprint): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw unreadable(path, error);
  }
  try {
    const { size } = fstatSync(descriptor);
    if (wanted instanceof Uint8Array) return size === wanted.length && holdsBytes(descriptor, wanted);
    return size === wanted.size && digestOf(descriptor, size)?.equals(wanted.digest) === true;
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    closeQuietly(descriptor);
  }
}

function unreadable(path: string, cause: unknown): SopsError {
  const hint = 'Nothing was changed.';
  return new SopsError('write-failed', `read ${path}: ${systemReason(cause)}`, { file: path, hint, cause });
}

function holdsBytes(descriptor: number, wanted: Uint8Array): boolean {
  let at = 0;
  for (const chunk of chunksOf(descriptor, wanted.length)) {
    if (!chunk.equals(wanted.subarray(at, at + chunk.length))) return false;
    at += chunk.length;
  }
  return at === wanted.length;
}

/** The digest of as many bytes of a file; undefined when it has fewer by now. */
function digestOf(descriptor: number, size: number): Buffer | undefined {
  const hash = createHash('sha256');
  let hashed = 0;
  for (const chunk of chunksOf(descriptor, size)) {
    hash.update(chunk);
    hashed += chunk.length;
  }
  return hashed === size ? hash.digest() : undefined;
}

/** As many bytes of a file as it has, up to some count; each chunk is valid until the next one. */
function* chunksOf(descriptor: number, size: number): Generator<Buffer> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size));
  for (let at = 0; at < size; ) {
    const count = readSync(descriptor, chunk, 0, Math.min(chunk.length, size - at), at);
    if (count === 0) return;
    yield chunk.subarray(0, count);
    at += count;
  }
}
