/** What the operating system says about files, and when something about one fails. */
import { sep } from 'node:path';
import { SopsError } from '../../errors.js';
import { isError } from '../realms.js';
import { closeSync, lstatSync, readdirSync, type Stats, statSync } from './fs.js';

/** Whether an error comes from the operating system; such a message holds paths and reasons, never file contents. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return isError(error) && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** The short name of a system error (`ENOENT`), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  return isSystemError(error) ? error.code : undefined;
}

/** Whether the system says with an error that nothing is at a path: neither there nor below a file. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * The reason of a system error alone, e.g. `permission denied`: Node words such errors
 * `EACCES: permission denied, open '/x'`. For other values: the class of the error, without its message,
 * since foreign messages may quote the data they failed on.
 */
export function systemReason(error: unknown): string {
  if (isError(error) && 'code' in error && error.code === 'ERR_INVALID_ARG_VALUE') return 'no valid path';
  if (!isSystemError(error)) return isError(error) ? error.name : 'unknown error';
  const reason = /^[A-Z0-9_]+: ([^,]*)/.exec(error.message)?.[1];
  if (error.code === 'EISDIR') return 'is a directory';
  return reason ?? error.code ?? error.name;
}

const ADVICE: ReadonlyMap<string | undefined, string> = new Map([
  ['EACCES', 'Its owner and mode, or those of a folder above it, forbid that: ls -ld shows them.'],
  ['ENOENT', 'Is the name written right? A relative one counts from the working directory.'],
  ['ENOTDIR', 'Is the name written right? A part of it is not a folder.'],
]);
/** Calls that are about programs and hosts. */
const NO_FILE_CALLS = /^(?:spawn|connect|getaddrinfo|kill|set)/;

/** What the user can do about the system error on a file that an error came of, in a sentence; undefined where there is none. */
export function systemAdvice(error: Error): string | undefined {
  let { cause } = error;
  while (cause instanceof SopsError) cause = cause.cause;
  return isSystemError(cause) && !NO_FILE_CALLS.test(cause.syscall ?? '') ? ADVICE.get(cause.code) : undefined;
}

/** What stands at a path, links followed; undefined for nothing, and for what no path can be (too long, with a NUL) or cannot be looked at. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/**
 * What stands at a path, links followed; undefined for nothing, and for what no path can be. Throws `input-unreadable` where that cannot be
 * told, as in a folder that is closed to us: to say that nothing is there would be a guess.
 */
export function statOrThrow(path: string): Stats | undefined {
  return lookedAt(path, statSync);
}

/** The same, but that links are not followed: one that leads nowhere is something, too. */
export function lstatOrThrow(path: string): Stats | undefined {
  return lookedAt(path, lstatSync);
}

function lookedAt(path: string, look: (path: string) => Stats): Stats | undefined {
  try {
    return look(path);
  } catch (cause) {
    if (!isSystemError(cause) || isAbsent(cause) || cause.code === 'ENAMETOOLONG') return undefined;
    throw new SopsError('input-unreadable', `cannot look at ${path}: ${systemReason(cause)}`, { file: path, cause });
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

/** The names in a folder; none where it cannot be read. */
export function listQuietly(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
