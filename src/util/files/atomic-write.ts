/** The safe write: a file is replaced as a whole, so that whatever happens it holds the old bytes or the new ones. */

import { dirname } from 'node:path';
import { platform } from 'node:process';
import { promisify } from 'node:util';
import { SopsError } from '../../errors.js';
import { errorAfterCleanup } from '../cleanup.js';
import { copyAttributes } from './attributes.js';
import { closeQuietly, systemCode, systemReason } from './files.js';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFile,
  writeFileSync,
} from './fs.js';
import { overwriteFile } from './overwrite.js';
import { renameWithRetries } from './rename-with-retries.js';
import { holdTemporary } from './temporaries.js';
import { temporaryIn } from './temporary-name.js';
import { locate, unwritable, type WriteTarget, writeFailed } from './write-target.js';

export interface WriteOptions {
  /** Permission bits of a file that does not exist yet; without it the process's umask decides. */
  readonly mode?: number;
  /** Whether nothing may stand there: the file then appears under its name as a whole, and never takes the place of another. */
  readonly isNew?: boolean;
  /** Ends the wait for somebody who reads a FIFO. When it is aborted before a file gets its new bytes, nothing is written. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called once, when all that takes long is done: `put` gives the file its new bytes, at once and without waiting, and is called
   * at most once. `path` is the file behind all symbolic links. What it throws ends the write; nothing is changed then.
   * For what has to be looked at last (see `replace-file.ts`). A stream is not asked about.
   */
  readonly exchange?: (path: string, put: () => void) => Promise<void>;
}

/**
 * How the bytes got there. `replaced`: by renaming a complete new file; killed at any point, the old or the new bytes
 * stand. `overwritten`: into the old file, since it could not be replaced by its like (see {@link writeFileSafely}).
 * `streamed`: into a FIFO or device.
 */
export type WriteOutcome = 'replaced' | 'overwritten' | 'streamed';

/** Why a temporary file may be missing although the target can be written: the folder is closed to us. */
const FOLDER_CLOSED: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS']);
/** Why a rename may be refused although the target can be written: a mount point, a sticky folder. */
const RENAME_REFUSED: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EBUSY', 'EXDEV']);
/** Where access lists narrow what the mode says, and the mode cannot tell. */
const ON_LINUX = platform === 'linux';

const writeAll = promisify<number, Uint8Array, void>(writeFile);
const flush = promisify(fsync);
const FEW_BYTES = 65_536;

/**
 * Writes a whole file. The bytes go to a temporary file in the same folder (`.sops-ts-*.tmp`, mode 0600, never
 * followed or shared), which has the owner, mode, access list and extended attributes of the file that stands there, are
 * flushed to the disk, and the file is renamed onto the other; symbolic links are followed to their target. On any failure, and when
 * a signal ends the process, the temporary file is removed and the old file is untouched. (A file without a name, O_TMPFILE,
 * could be left by nothing, but Node cannot give it one: its `link` does not follow /proc/self/fd.)
 *
 * A file that is writable but cannot be replaced by its like is overwritten instead, in an order that
 * survives a full disk (see `overwrite.ts`): a writable file in a folder that is not, a file mounted alone into a
 * container, a file with several hard links, a file of another owner or with attributes that cannot be copied. SOPS works on all of them, and replacing would cut the
 * links or give the file away. There, and only there, a kill in the middle of the write can leave a mixture.
 *
 * `path` is absolute or relative to the working directory of the process. Throws `output-unwritable` when the target
 * cannot be opened (read-only, a directory, no such folder), `write-failed` for everything later, and `changed-meanwhile` for what
 * is there although it had to be new.
 */
export async function writeFileSafely(
  path: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<WriteOutcome> {
  const target = locate(path);
  if (target.stream) {
    await (await import('./stream-output.js')).streamInto(path, bytes, { stats: target.stats, signal: options.signal });
    return 'streamed';
  }
  if (target.stats && options.isNew) throw thereAlready(path);
  const temporary = temporaryIn(dirname(target.path));
  // A signal ends the process in the middle of any of the steps that wait.
  const release = holdTemporary(() => unlinkSync(temporary));
  try {
    return await writeBy(temporary, { target, bytes, path, options });
  } finally {
    release();
  }
}

interface Job {
  readonly target: WriteTarget;
  readonly bytes: Uint8Array;
  /** As the caller named it. */
  readonly path: string;
  readonly options: WriteOptions;
}

async function writeBy(temporary: string, job: Job): Promise<WriteOutcome> {
  const { target, path, options } = job;
  const exchange = options.exchange ?? (async (_, put) => put());
  const descriptor = createTemporary(temporary, target, options);
  if (descriptor === null) {
    await exchange(target.path, () => {
      checkWanted(job);
      overwrite(job);
    });
    return 'overwritten';
  }
  let outcome: WriteOutcome = 'replaced';
  let isMoved = false;
  try {
    const alike = await complete(descriptor, job);
    await exchange(target.path, () => {
      checkWanted(job);
      isMoved = options.isNew
        ? linkNew(temporary, target.path, path)
        : alike && renameOnto(temporary, target.path, path);
      if (isMoved || options.isNew) return;
      overwrite(job);
      outcome = 'overwritten';
    });
  } catch (error) {
    throw errorAfterCleanup(error, () => remove(temporary));
  }
  if (!isMoved) remove(temporary, `${path} was written, but `);
  if (outcome === 'replaced') await flushFolder(dirname(target.path));
  return outcome;
}

function checkWanted({ path, options: { signal } }: Job): void {
  if (!signal?.aborted) return;
  throw new SopsError('aborted', 'the call was taken back', { file: path, hint: 'Nothing was written.' });
}

/** Fills and closes the new file. Returns whether it is like the old one, and may take its place. */
async function complete(descriptor: number, { target, bytes, path }: Job): Promise<boolean> {
  let isOpen = true;
  try {
    const alike = await makeAlike(descriptor, target);
    // A few go to the system's memory faster than to a thread.
    if (bytes.length <= FEW_BYTES) writeFileSync(descriptor, bytes);
    else await writeAll(descriptor, bytes);
    await flush(descriptor);
    isOpen = false;
    closeSync(descriptor);
    return alike;
  } catch (error) {
    throw notWritten(path, error);
  } finally {
    if (isOpen) closeQuietly(descriptor);
  }
}

function overwrite({ target, bytes, path }: Job): void {
  overwriteFile(target.path, bytes, path, target.stats);
}

/** Removes a temporary file. Throws `write-failed` when it stays; `before` begins the sentence. */
function remove(temporary: string, before = ''): void {
  try {
    unlinkSync(temporary);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return;
    const message = `${before}${temporary} cannot be removed: ${systemReason(cause)}`;
    throw new SopsError('write-failed', message, { file: temporary, hint: 'It may hold plaintext: remove it.', cause });
  }
}

/** Opens a new temporary file beside the target; null when only the folder forbids it and the file itself can be written. */
function createTemporary(path: string, target: WriteTarget, options: WriteOptions): number | null {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  try {
    // A new file is born with its final mode, so that the umask applies; another gets its mode in makeAlike.
    // At once: a thread could make it when a signal has removed it already.
    return openSync(path, flags, target.stats === null ? (options.mode ?? 0o666) : 0o600);
  } catch (error) {
    if (target.stats !== null && FOLDER_CLOSED.has(systemCode(error))) return null;
    const full = ['ENOSPC', 'EDQUOT', 'EIO'].includes(systemCode(error) ?? '');
    throw full ? notWritten(target.path, error) : unwritable(target.path, systemReason(error), error);
  }
}

/**
 * Gives the new file the owner, group, mode, access list and extended attributes of the old one, before there is anything in it to
 * be read. False when that cannot be done, or when the old one has other names (hard links), which a rename would cut off.
 */
async function makeAlike(descriptor: number, { path, stats: old }: WriteTarget): Promise<boolean> {
  if (old === null) return true;
  if (old.nlink > 1) return false;
  try {
    const fresh = fstatSync(descriptor);
    if (fresh.uid !== old.uid || fresh.gid !== old.gid) fchownSync(descriptor, old.uid, old.gid);
    if (ON_LINUX && !(await copyAttributes(path, old, descriptor))) return false;
    // After chown, which clears the set-user-id bits. It is the mask of an access list that is set here, to what it is.
    fchmodSync(descriptor, old.mode & 0o7777);
    return true;
  } catch {
    return false;
  }
}

/** Renames. False when that is refused but the old file may still be overwritten. */
function renameOnto(from: string, to: string, path: string): boolean {
  try {
    renameWithRetries(from, to);
  } catch (error) {
    if (RENAME_REFUSED.has(systemCode(error))) return false;
    throw notWritten(path, error);
  }
  return true;
}

/** Gives a complete file a name that nothing may have yet. True where that was done by renaming, for want of hard links. */
function linkNew(from: string, to: string, path: string): boolean {
  try {
    linkSync(from, to);
    return false;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw thereAlready(path, error);
    try {
      if (lstatSync(to, { throwIfNoEntry: false })) throw thereAlready(path, error);
      renameSync(from, to);
      return true;
    } catch (cause) {
      if (cause instanceof SopsError) throw cause;
      throw notWritten(path, cause);
    }
  }
}

/** Flushes of folders that have not begun: whatever is renamed until they do is in them. */
const toCome = new Map<string, Promise<void>>();

/**
 * Makes the rename survive a power cut. Windows and some network file systems cannot do it, and need not. Of many files that are written
 * side by side in a folder, those that were renamed by then share a flush.
 */
function flushFolder(path: string): Promise<void> {
  const shared = toCome.get(path);
  if (shared) return shared;
  const flushing = (async () => {
    await lastFlush;
    toCome.delete(path);
    await flushNow(path);
  })();
  toCome.set(path, flushing);
  lastFlush = flushing;
  return flushing;
}

/** One at a time: threads that flush folders are not there for files. */
let lastFlush: Promise<void> = Promise.resolve();

async function flushNow(path: string): Promise<void> {
  try {
    const folder = openSync(path, constants.O_RDONLY);
    try {
      await flush(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // As said.
  }
}

function thereAlready(path: string, cause?: unknown): SopsError {
  return new SopsError('changed-meanwhile', `${path} was made by somebody else meanwhile`, {
    file: path,
    hint: 'Nothing was written.',
    cause,
  });
}

function notWritten(path: string, cause: unknown): SopsError {
  return writeFailed(path, cause).with('write-failed', { hint: 'Nothing was changed.' });
}
