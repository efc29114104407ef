/** Before a command runs, removes what killed runs left behind in memory and where it is going to work. */

import { dirname } from 'node:path';
import { geteuid, pid } from 'node:process';
import { lstatSync, nativeRealpath, readdirSync, readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import type { RunLine } from '../words/command-line.js';
import { START_FLAGS } from '../words/flags.js';

/** Where temporary files begin their names, and where locks end theirs; a look at names is all that most runs need. */
const OURS = /^\.sops-ts-|\.sops-ts-lock$/;

/** Where plaintext for other programs is put, if the system has such a place. */
const MEMORY = '/dev/shm';

/** Removes what is left in the working folder and in those of the files named. Tells what it removed; never throws. */
export async function sweep(line: RunLine, host: Host): Promise<void> {
  const folders = foldersOf(line, host).filter((folder) => mayHoldSome(folder));
  if (folders.length === 0) return;
  const { tellSwept } = await import('../../util/files/leftovers.js');
  for (const folder of folders) tellSwept(folder, host);
}

/**
 * Removes the private folders of killed runs, with their plaintext, wherever those runs worked. Only what cannot be removed is told, since
 * the runs may have been anybody's. Never throws.
 */
export async function sweepMemory(host: Host): Promise<void> {
  if (!mayHoldSome(MEMORY, isOfLivingRun)) return;
  const { removeLeftovers } = await import('../../exec/private-folder.js');
  for (const { path, state, reason } of removeLeftovers({ pid, userId: geteuid?.() }, host)) {
    if (state !== 'stuck') continue;
    host.warn(`${path}, which a run that was killed left behind, may hold plaintext and cannot be removed: ${reason}`);
  }
}

function foldersOf({ operands, values }: RunLine, host: Host): string[] {
  const output = values.text(START_FLAGS.output);
  const files = [...operands, ...(output === undefined ? [] : [output])];
  return [...new Set([host.cwd, ...files.map((file) => folderOf(resolve(host.cwd, file)))])];
}

/** What is written through a link is made where the link leads to. */
function folderOf(path: string): string {
  try {
    if (lstatSync(path).isSymbolicLink()) return dirname(nativeRealpath(path));
  } catch {
    // Whoever opens it tells.
  }
  return dirname(path);
}

function mayHoldSome(folder: string, isInUse = (_name: string): boolean => false): boolean {
  try {
    return readdirSync(folder).some((name) => OURS.test(name) && !isInUse(name));
  } catch {
    return false;
  }
}

/**
 * Whether a private folder is one of a run that goes on, which `exec-file` may do for weeks: by its process and when that started, as
 * private-folder.ts names it, and without what that loads.
 */
function isOfLivingRun(name: string): boolean {
  const [, pid, start] = /-(\d+)-(\d+)-\w+$/.exec(name) ?? [];
  if (pid === undefined) return false;
  try {
    // Field 22 of proc(5); the second one, in parentheses, may itself hold blanks.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')')).split(' ')[START_FIELD] === start;
  } catch {
    return false;
  }
}

/** Counted from the name's closing parenthesis. */
const START_FIELD = 20;
