/** What the operating system refused and nobody on the way has worded: a failure of the machine, not a defect of sops-ts. */
import { SopsError } from '../../errors.js';
import { isSystemError, systemReason } from '../files/files.js';

/** Calls that only look. `open` is for both; where it could not make a file, the reason is one of {@link NO_ROOM}. */
const LOOKING: ReadonlySet<string> = new Set([
  'open',
  'read',
  'stat',
  'lstat',
  'fstat',
  'statx',
  'statfs',
  'scandir',
  'opendir',
  'readdir',
  'readlink',
  'realpath',
  'access',
]);
/** Calls that change something, or end a change. */
const CHANGING: ReadonlySet<string> = new Set([
  ...['write', 'close', 'fsync', 'fdatasync', 'ftruncate', 'truncate', 'chmod', 'fchmod', 'chown', 'fchown', 'lchown'],
  ...[
    'rename',
    'link',
    'symlink',
    'unlink',
    'rm',
    'rmdir',
    'mkdir',
    'mkdtemp',
    'copyfile',
    'utime',
    'futime',
    'lutime',
  ],
]);
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EEXIST', 'ETXTBSY']);
/** What only a program that is wrong itself gets to hear. */
const DEFECTS: ReadonlySet<string> = new Set(['EBADF', 'EFAULT', 'EINVAL', 'ENOSYS']);
const STATE =
  'Files are replaced as a whole: each holds what it held before, or all that is new. Look, and run it again.';

/**
 * The error of a call on files in words: `input-unreadable` or `write-failed`, with the call, the path, the reason, and what state
 * the file is in. Anything else comes back as it is.
 */
export function wordedFailure(error: unknown): unknown {
  if (!isSystemError(error) || error instanceof SopsError || DEFECTS.has(error.code ?? '')) return error;
  const call = error.syscall ?? '';
  if (call === 'uv_cwd') return noWorkingDirectory(error);
  const path = pathOf(error);
  const message = `${[call, ...(path === undefined ? [] : [path])].join(' ')}: ${systemReason(error)}`;
  const isRead = LOOKING.has(call) && !NO_ROOM.has(error.code ?? '');
  if (!isRead && !LOOKING.has(call) && !CHANGING.has(call)) return error;
  return new SopsError(isRead ? 'input-unreadable' : 'write-failed', message, {
    cause: error,
    ...(path === undefined ? {} : { file: path }),
    ...(isRead ? {} : { hint: STATE }),
  });
}

/** Both paths, where there are two. */
function pathOf(error: NodeJS.ErrnoException): string | undefined {
  const { path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  return dest === undefined ? path : `${path} to ${dest}`;
}

function noWorkingDirectory(cause: NodeJS.ErrnoException): SopsError {
  return new SopsError('input-unreadable', `the working directory cannot be told: ${systemReason(cause)}`, {
    hint: 'Was it removed? Go to another one, and start again.',
    cause,
  });
}
