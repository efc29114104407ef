/** What the operating system says about files, and when something about one fails. */
import { sep } from 'node:path';
import { closeSync, type Stats, statSync } from './fs.js';

/** Whether an error comes from the operating system; such a message holds paths and reasons, never file contents. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** The short name of a system error (`ENOENT`), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  return isSystemError(error) ? error.code : undefined;
}

/**
 * The reason of a system error alone, e.g. `permission denied`: Node words such errors
 * `EACCES: permission denied, open '/x'`. For other values: the class of the error, without its message,
 * since foreign messages may quote the data they failed on.
 */
export function systemReason(error: unknown): string {
  if (error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_ARG_VALUE') return 'no valid path';
  if (!isSystemError(error)) return error instanceof Error ? error.name : 'unknown error';
  const reason = /^[A-Z0-9_]+: ([^,]*)/.exec(error.message)?.[1];
  if (error.code === 'EISDIR') return 'is a directory';
  return reason ?? error.code ?? error.name;
}

/** What stands at a path, links followed; undefined for nothing, and for what no path can be (too long, with a NUL) or cannot be looked at. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Closes a descriptor whose bytes are safe already, or lost. */
export function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // As said.
  }
}

/** Whether an absolute path is a folder or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return `${path}${sep}`.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
