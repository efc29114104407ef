/** A small text file of settings: read whole, written whole and safely, gone when nothing is left in it. */
import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { isAbsent, isWithin, statOrThrow, systemReason } from '../util/files/files.js';
import { chmodSync, lstatSync, readFileSync, rmSync } from '../util/files/fs.js';
import { tellSwept } from '../util/files/leftovers.js';
import { makeFolder } from '../util/files/new-folder.js';
import { realPath } from '../util/files/real-path.js';
import { replaceFile } from '../util/files/replace-file.js';
import type { Host } from '../util/host/host.js';
import { decodeText, encodeText } from '../util/text/text.js';
import type { SetupPlace } from './place.js';

/** The text of a file; null where there is none. Throws `failed`. */
export function readSettingsFile(path: string): string | null {
  try {
    return decodeText(readFileSync(path));
  } catch (cause) {
    if (isAbsent(cause)) return null;
    throw new SopsError('failed', `cannot read ${path}: ${systemReason(cause)}`, { file: path, cause });
  }
}

const EXECUTABLE = 0o755;
const COMMON = 0o644;

export interface NewText {
  /** What was read; null for nothing. */
  readonly read: string | null;
  /** What it becomes; the empty text takes the file away. */
  readonly text: string;
  readonly isProgram?: boolean;
}

/**
 * Writes a file that is as it was read, with the folders that lead to it. Returns whether there was anything to do. Throws
 * `output-unwritable`, also for a link by which what a repository brings would change files elsewhere.
 */
export async function writeSettingsFile(
  path: string,
  { read, text, isProgram }: NewText,
  place: SetupPlace,
): Promise<boolean> {
  if (text === (read ?? '')) return false;
  if (leadsOut(path, place)) {
    throw new SopsError('output-unwritable', `${path} is behind a link that leads out of the repository`, {
      file: path,
      hint: 'Nothing was written there: put a file or folder of the repository in the place of the link.',
    });
  }
  try {
    if (text === '') rmSync(path);
  } catch (cause) {
    throw new SopsError('output-unwritable', `cannot write ${path}: ${systemReason(cause)}`, { file: path, cause });
  }
  if (text === '') return true;
  await makeFolder(dirname(path));
  // Among hooks and git's own settings nobody else looks for it.
  tellSwept(dirname(path), place.host);
  const mode = isProgram ? EXECUTABLE : COMMON;
  const before = read === null ? null : encodeText(read);
  await replaceFile(path, encodeText(text), { read: before, mode, warn: (message) => place.host.warn(message) });
  // The mode of a new file is what the user's mask leaves of it, so one that is private stays so.
  if (isProgram && read === null) chmodSync(path, EXECUTABLE);
  return true;
}

/** Whether a path of the work tree leads to another place; what stands in the folder of git is nobody's but the user's. */
function leadsOut(path: string, { top, commonFolder }: SetupPlace): boolean {
  if (top === null || !isWithin(path, top) || (commonFolder !== null && isWithin(path, commonFolder))) return false;
  return (isLink(path) && !statOrThrow(path)) || !isWithin(realPath(path), realPath(top));
}

/** Whether something at a path is a program that git would run. */
export function isProgram(path: string, { platform }: Host): boolean {
  if (platform === 'win32') return true;
  return ((lstatOf(path)?.mode ?? 0) & 0o111) !== 0;
}

export function isLink(path: string): boolean {
  return lstatOf(path)?.isSymbolicLink() ?? false;
}

function lstatOf(path: string) {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
