/** Words for the errors of the operating system, in the order SOPS has them: what was done, to what, why not. */
import { isError } from '../../util/realms.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ELOOP: 'too many levels of symbolic links',
};

/** The code of a system error, e.g. `ENOENT`; undefined for other errors. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = isError(error) && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** E.g. `open /a/b: no such file or directory`. */
export function describeFileError(error: unknown, path: string): string {
  const code = systemErrorCode(error) ?? 'unknown error';
  return `open ${path}: ${Object.hasOwn(REASONS, code) ? REASONS[code] : code}`;
}
