/** Who else than the user can write a file: what others can change must not be believed. */

import { dirname } from 'node:path';
import { getgid, getuid } from 'node:process';
import type { Host } from '../host/host.js';
import { userName } from '../host/user-name.js';
import { statOrThrow } from './files.js';
import { lstatSync, readFileSync, realpathSync, type Stats } from './fs.js';

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;
const ROOT = 0;

/**
 * Tells why a file can be another's work: it or its folder belongs to somebody else than the user and root, or others have the right to write there.
 * Undefined when nobody else can, for what is not a regular file (pipes, `/dev/null`), and where files have no such owners
 * (Windows). A folder that is sticky, as `/tmp`, keeps a file from all but its owner. `stats` are those of the open file.
 */
export function otherWriterOf(path: string, stats: Stats, { env, platform }: Host): string | undefined {
  if (platform === 'win32' || !stats.isFile()) return undefined;
  const owners = ownersTrusted(env);
  if (!owners.has(stats.uid)) return `it belongs to another user (uid ${stats.uid})`;
  const link = linkAt(path);
  if (link && !owners.has(link.uid)) return `it is a link of another user (uid ${link.uid})`;
  if (isWritableByOthers(stats)) return `others can write it (mode ${modeOf(stats)})`;
  for (const folder of new Set([dirname(path), ...(link ? [dirname(realpathSync(path))] : [])])) {
    const found = statOrThrow(folder);
    if (!found) continue;
    if (!owners.has(found.uid)) return `its folder ${folder} belongs to another user (uid ${found.uid})`;
    if ((found.mode & STICKY) === 0 && isWritableByOthers(found))
      return `others can write in its folder ${folder} (mode ${modeOf(found)})`;
  }
  return undefined;
}

/** The user, root, and under sudo whoever called it, as for git. */
function ownersTrusted(env: Host['env']): ReadonlySet<number> {
  const user = getuid?.() ?? ROOT;
  const caller = user === ROOT && /^\d{1,10}$/.test(env.SUDO_UID ?? '') ? [Number(env.SUDO_UID)] : [];
  return new Set([ROOT, user, ...caller]);
}

function linkAt(path: string): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSymbolicLink() ? found : undefined;
}

function isWritableByOthers({ mode, gid }: Stats): boolean {
  if ((mode & OTHERS_WRITE) !== 0) return true;
  return (mode & GROUP_WRITES) !== 0 && gid !== ROOT && !isPrivateGroup(gid);
}

/** Whether a group is the user's own, without other members, as many systems give one to each user (with the umask 002). */
function isPrivateGroup(group: number): boolean {
  if (group !== getgid?.()) return false;
  const line = groupLines().find((fields) => fields[2] === String(group));
  if (!line) return getuid?.() === group;
  const username = userName();
  const members = (line[3] ?? '').split(',').filter((member) => member !== '' && member !== username);
  return line[0] === username && members.length === 0;
}

/** The lines of `/etc/group`: name, password, number, members. */
function groupLines(): string[][] {
  try {
    return readFileSync('/etc/group', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
