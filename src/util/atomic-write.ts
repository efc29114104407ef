/** The safe write: a file is replaced as a whole, so that whatever happens it holds the old bytes or the new ones. */
import { constants, linkSync, lstatSync, renameSync, type Stats } from 'node:fs';
import { access, type FileHandle, open, readlink, realpath, stat, unlink } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { SopsError } from '../errors.js';
import { systemCode, systemReason } from './files.js';
import { overwriteFile } from './overwrite.js';
import { temporaryIn } from './temporary-name.js';

export interface WriteOptions {
  /** Permission bits of a file that does not exist yet; without it the process's umask decides. */
  readonly mode?: number;
  /** Whether nothing may stand there: the file then appears under its name as a whole, and never takes the place of another. */
  readonly isNew?: boolean;
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
/** Paths that name an open descriptor; replacing what they lead to would leave the descriptor behind. */
const DESCRIPTOR = /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/(?:self|thread-self|\d+)\/fd\/\d+)$/;
const MOST_LINKS = 40;

/**
 * Writes a whole file. The bytes go to a temporary file in the same folder (`.sops-ts-*.tmp`, mode 0600, never
 * followed or shared), are flushed to the disk, get the mode and owner of the file that stands there, and are renamed
 * onto it; symbolic links are followed to their target. On any failure the temporary file is removed and the
 * old file is untouched.
 *
 * A file that is writable but cannot be replaced by its like is overwritten instead, in an order that
 * survives a full disk (see `overwrite.ts`): a writable file in a folder that is not, a file mounted alone into a
 * container, a file with several hard links, a file of another owner. SOPS works on all of them, and replacing would cut the
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
  const target = await locate(path);
  if (target.stream) return streamInto(path, bytes);
  if (target.stats && options.isNew) throw thereAlready(path);
  const exchange = options.exchange ?? (async (_, put) => put());
  const temporary = await createTemporary(target, options);
  if (temporary === null) {
    await exchange(target.path, () => overwriteFile(target.path, bytes, path));
    return 'overwritten';
  }
  try {
    await fill(temporary, bytes, path);
    const alike = await makeAlike(temporary.handle, target.stats);
    await temporary.handle.close();
    let outcome: WriteOutcome = 'replaced';
    let isMoved = false;
    await exchange(target.path, () => {
      isMoved = options.isNew
        ? linkNew(temporary.path, target.path, path)
        : alike && renameOnto(temporary.path, target.path, path);
      if (isMoved || options.isNew) return;
      overwriteFile(target.path, bytes, path);
      outcome = 'overwritten';
    });
    if (!isMoved) await unlink(temporary.path);
    if (outcome === 'replaced') await flushFolder(dirname(target.path));
    return outcome;
  } catch (error) {
    await temporary.handle.close().catch(() => undefined);
    await unlink(temporary.path).catch(() => undefined);
    throw error;
  }
}

interface Target {
  /** The file itself, behind all symbolic links. */
  readonly path: string;
  /** What stands there, or null for a new file. */
  readonly stats: Stats | null;
  /** Whether it is no regular file but something bytes flow into. */
  readonly stream: boolean;
}

/** Finds what a path leads to, and makes sure that it may be written. */
async function locate(path: string): Promise<Target> {
  try {
    const found = await followLinks(path);
    if (found === null) return { path, stats: null, stream: true };
    const stats = await statOrNull(found);
    if (stats?.isDirectory() || (stats === null && (path.endsWith('/') || path.endsWith(sep)))) {
      throw unwritable(path, 'is a directory');
    }
    if (stats !== null) await access(found, constants.W_OK);
    return { path: found, stats, stream: stats !== null && !stats.isFile() };
  } catch (error) {
    throw error instanceof SopsError ? error : unwritable(path, systemReason(error), error);
  }
}

/** The path behind all symbolic links, whether or not a file is there; null when a link leads to an open descriptor. */
async function followLinks(path: string): Promise<string | null> {
  let at = resolve(path);
  for (let hops = 0; hops < MOST_LINKS; hops++) {
    if (DESCRIPTOR.test(at)) return null;
    const link = await readlink(at).catch(() => null);
    if (link === null) return at;
    at = resolve(await realpath(dirname(at)), link);
  }
  return realpath(path);
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

interface Temporary {
  readonly path: string;
  readonly handle: FileHandle;
}

/** Opens a new temporary file beside the target; null when only the folder forbids it and the file itself can be written. */
async function createTemporary(target: Target, options: WriteOptions): Promise<Temporary | null> {
  const path = temporaryIn(dirname(target.path));
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  try {
    // A new file is born with its final mode, so that the umask applies; another gets its mode in makeAlike.
    const mode = target.stats === null ? (options.mode ?? 0o666) : 0o600;
    return { path, handle: await open(path, flags, mode) };
  } catch (error) {
    if (target.stats !== null && FOLDER_CLOSED.has(systemCode(error))) return null;
    const full = ['ENOSPC', 'EDQUOT', 'EIO'].includes(systemCode(error) ?? '');
    throw full ? notWritten(target.path, error) : unwritable(target.path, systemReason(error), error);
  }
}

async function fill(temporary: Temporary, bytes: Uint8Array, path: string): Promise<void> {
  try {
    await temporary.handle.writeFile(bytes);
    await temporary.handle.sync();
  } catch (error) {
    throw notWritten(path, error);
  }
}

/**
 * Gives the new file the owner, group and mode of the old one. False when that cannot be done, or when the old
 * one has other names (hard links), which a rename would cut off.
 */
async function makeAlike(handle: FileHandle, old: Stats | null): Promise<boolean> {
  if (old === null) return true;
  if (old.nlink > 1) return false;
  try {
    const fresh = await handle.stat();
    if (fresh.uid !== old.uid || fresh.gid !== old.gid) await handle.chown(old.uid, old.gid);
    // After chown, which clears the set-user-id bits.
    await handle.chmod(old.mode & 0o7777);
    return true;
  } catch {
    return false;
  }
}

/** Renames. False when that is refused but the old file may still be overwritten. */
function renameOnto(from: string, to: string, path: string): boolean {
  try {
    renameSync(from, to);
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
    if (systemCode(error) === 'EEXIST' || lstatSync(to, { throwIfNoEntry: false })) throw thereAlready(path, error);
    try {
      renameSync(from, to);
      return true;
    } catch (cause) {
      throw notWritten(path, cause);
    }
  }
}

/** Makes the rename survive a power cut. Windows and some network file systems cannot do it, and need not. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY).catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

async function streamInto(path: string, bytes: Uint8Array): Promise<WriteOutcome> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_WRONLY | constants.O_TRUNC);
  } catch (error) {
    throw unwritable(path, systemReason(error), error);
  }
  try {
    await handle.writeFile(bytes);
    return 'streamed';
  } catch (error) {
    throw writeFailed(path, error);
  } finally {
    await handle.close();
  }
}

function thereAlready(path: string, cause?: unknown): SopsError {
  return new SopsError('changed-meanwhile', `${path} was made by somebody else meanwhile`, {
    file: path,
    hint: 'Nothing was written.',
    cause,
  });
}

/** Worded as the reason only; callers say what the file was for. */
function unwritable(path: string, reason: string, cause?: unknown): SopsError {
  const message = `open ${path}: ${reason}`;
  return new SopsError('output-unwritable', message, { file: path, ...(cause === undefined ? {} : { cause }) });
}

function notWritten(path: string, cause: unknown): SopsError {
  return writeFailed(path, cause).with('write-failed', { hint: 'Nothing was changed.' });
}

function writeFailed(path: string, cause: unknown): SopsError {
  return new SopsError('write-failed', `write ${path}: ${systemReason(cause)}`, { file: path, cause });
}
