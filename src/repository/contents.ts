/** The contents of many files: each is read once, and what is not a regular file, or too large, is told apart. */
import { constants as limits } from 'node:buffer';
import { closeQuietly, isAbsent, systemCode } from '../util/files/files.js';
import { constants, fstatSync, lstatSync, openSync, readSync } from '../util/files/fs.js';
import { realPathIfThere } from '../util/files/real-path.js';

/** What stands at a path. */
export type Content =
  | { readonly kind: 'file'; readonly bytes: Buffer }
  /** A symbolic link, which was not followed, and where it leads in the end; undefined for nowhere. */
  | { readonly kind: 'link'; readonly target: string | undefined }
  /** Too large to be the text of a document; `sample` is its beginning. */
  | { readonly kind: 'huge'; readonly size: number; readonly sample: Buffer }
  /** A pipe, a socket, a device, a folder. */
  | { readonly kind: 'special' }
  /** Git lists files that are gone from the work tree. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly cause: unknown };

/** Never waits for a pipe's other end, and never follows a link. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const SAMPLE = 1 << 20;
/** Files up to this size are read by one call into memory that is used again. */
const USUAL = 64 << 10;
const scratch = Buffer.allocUnsafeSlow(USUAL);

/** Reads one file by its absolute path, synchronously: for thousands of small files, waiting costs more than reading. Never throws. */
export function contentOf(path: string): Content {
  let descriptor: number;
  try {
    descriptor = openedTwice(path);
  } catch (cause) {
    return failedOpening(path, cause);
  }
  try {
    return readOpen(descriptor);
  } catch (cause) {
    return { kind: 'unreadable', cause };
  } finally {
    closeQuietly(descriptor);
  }
}

/** Some editors remove a file before they put the new one in its place: a second look tells whether it is gone. */
function openedTwice(path: string): number {
  try {
    return openSync(path, FLAGS);
  } catch (cause) {
    if (!isAbsent(cause) || !isThere(path)) throw cause;
    return openSync(path, FLAGS);
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    return !isAbsent(cause);
  }
}

/** The same with links followed, for a file that was named itself. */
export function contentBehind(path: string): Content {
  const content = contentOf(path);
  return content.kind === 'link' && content.target !== undefined ? contentOf(content.target) : content;
}

function readOpen(descriptor: number): Content {
  // Most files are small: one call reads them and shows that there is no more.
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) return { kind: 'special' };
  if (stats.size > limits.MAX_STRING_LENGTH) {
    const sample = Buffer.allocUnsafe(SAMPLE);
    return { kind: 'huge', size: stats.size, sample: sample.subarray(0, fill(descriptor, sample)) };
  }
  if (stats.size < USUAL) {
    // A system that names the size gives it at once; what has none may hold something all the same (`/proc`).
    const first = readSync(descriptor, scratch, 0, USUAL, 0);
    const length = first > 0 && first === stats.size ? first : fill(descriptor, scratch);
    if (length < USUAL) return { kind: 'file', bytes: Buffer.from(scratch.subarray(0, length)) };
  }
  return { kind: 'file', bytes: rest(descriptor, Math.max(stats.size, USUAL)) };
}

/** Reads from the beginning until the memory is full or the file ends. */
function fill(descriptor: number, into: Buffer): number {
  let length = 0;
  while (length < into.length) {
    const count = readSync(descriptor, into, length, into.length - length, length);
    if (count === 0) break;
    length += count;
  }
  return length;
}

function rest(descriptor: number, size: number): Buffer {
  for (let wanted = size + 1; ; wanted *= 2) {
    const bytes = Buffer.allocUnsafeSlow(wanted);
    const length = fill(descriptor, bytes);
    if (length < wanted) return bytes.subarray(0, length);
  }
}

function failedOpening(path: string, cause: unknown): Content {
  switch (systemCode(cause)) {
    case 'ELOOP':
    case 'EMLINK':
      return { kind: 'link', target: realPathIfThere(path) };
    case 'ENOENT':
    case 'ENOTDIR':
      return isThere(path) ? { kind: 'unreadable', cause } : { kind: 'gone' };
    case 'ENXIO':
    case 'ENODEV':
    case 'EISDIR':
      return { kind: 'special' };
    default:
      return { kind: 'unreadable', cause };
  }
}
