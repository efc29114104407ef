/** Access lists and extended attributes of a file: Node has no call for them, so a program of the system's copies them. */

import { basename } from 'node:path';
import { closeSync, existsSync, openSync, realpathSync, type Stats } from './fs.js';

/** GNU's, which takes descriptors by their names in /proc: nothing depends on what a file is called. */
const PROGRAMS = ['/usr/bin/cp', '/bin/cp', '/run/current-system/sw/bin/cp'];
const WORDS = ['--attributes-only', '--preserve=mode,xattr', '--', '/proc/self/fd/3', '/proc/self/fd/4'];
const SMALL_PROGRAMS: ReadonlySet<string> = new Set(['busybox', 'toybox']);
const MOST_MS = 10_000;

/**
 * Gives an open file the mode, the access list and the extended attributes of another. False when that cannot be done, or
 * nobody can tell whether it was: then only the file itself has them. Without the program they are taken to be absent
 * where an access list could have narrowed nothing: its mask stands in the place of the group's bits.
 */
export async function copyAttributes(path: string, old: Stats, descriptor: number): Promise<boolean> {
  const program = PROGRAMS.find((file) => existsSync(file));
  if (program === undefined || SMALL_PROGRAMS.has(basename(realpathSync(program)))) return !mayBeNarrowed(old.mode);
  const { spawn } = await import('node:child_process');
  const from = openSync(path, 'r');
  try {
    const child = spawn(program, WORDS, {
      stdio: ['ignore', 'ignore', 'ignore', from, descriptor],
      env: {},
      timeout: MOST_MS,
    });
    return await new Promise((settle) => {
      child.on('error', () => settle(false)).on('exit', (status) => settle(status === 0));
    });
  } finally {
    closeSync(from);
  }
}

function mayBeNarrowed(mode: number): boolean {
  return ((mode >> 3) & ~mode & 0o7) !== 0;
}
