/** Paths of any bytes as strings: what is not UTF-8 in them stands as `decodeText` has it, and goes to the system as bytes. */
import type { Dirent } from 'node:fs';
import { platform as ownPlatform } from 'node:process';
import { decodeText, encodeText } from '../text/text.js';

/** What stands in a string for bytes that Node could not decode. */
const REPLACED = '\ufffd';

/** A path as Node's calls take it: the same string, or bytes where a string would change them. Other values stay as they are. */
export function nativePath<T>(path: T, platform: NodeJS.Platform = ownPlatform): T | Buffer {
  // On Windows names are texts, of which a lone surrogate may be a part.
  return typeof path !== 'string' || path.isWellFormed() || platform === 'win32' ? path : encodeText(path);
}

/** A call of Node's that begins with paths, made to take those of any bytes. It must be one that returns no path. */
export function takingPaths<F extends (...given: never[]) => unknown>(call: F, count = 1): F {
  const bare = call as unknown as (...given: unknown[]) => unknown;
  const native = (...given: unknown[]): unknown =>
    bare(...given.map((value, at) => (at < count ? nativePath(value) : value)));
  return native as unknown as F;
}

/** Whether a word or name that Node decoded may stand for other bytes. */
export function isInexact(name: string, platform: NodeJS.Platform = ownPlatform): boolean {
  return name.includes(REPLACED) && platform !== 'win32';
}

/** Whether one of a folder's names may stand for other bytes. */
export function areInexact(entries: readonly (string | Dirent)[]): boolean {
  return entries.some((entry) => isInexact(typeof entry === 'string' ? entry : entry.name));
}

/** An entry of a folder whose name was read as bytes. */
export function exactEntry(entry: Buffer | Dirent<Buffer>): string | Dirent {
  if (Buffer.isBuffer(entry)) return decodeText(entry);
  return Object.assign(entry as Dirent<string | Buffer>, { name: decodeText(entry.name) }) as Dirent;
}
