/** What the operating system says when something about a file fails. */

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
  if (!isSystemError(error)) return error instanceof Error ? error.name : 'unknown error';
  const reason = /^[A-Z0-9_]+: ([^,]*)/.exec(error.message)?.[1];
  if (error.code === 'EISDIR') return 'is a directory';
  return reason ?? error.code ?? error.name;
}
