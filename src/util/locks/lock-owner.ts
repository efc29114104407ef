/** What a lock file says of the process that holds it, and whether that process can still be there. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { closeQuietly } from '../files/files.js';
import { constants, fstatSync, lstatSync, openSync, readSync } from '../files/fs.js';
import { bootTag, isThere, machineTag, START, STATE, startOf, statFields } from './processes.js';

/** A lock file that somebody else made. */
export interface SeenLock {
  /** Differs between any two locks. */
  readonly key: string;
  /** When it was made, in milliseconds, by the clock of its file system. */
  readonly writtenAt: number;
  /** Whether its process is known to have ended; one that we cannot ask about counts as alive. */
  readonly isDead: boolean;
}

const MOST_BYTES = 4096;
/** As `ownText` writes it. */
const OWNER = /^\{"pid":(\d{1,10}),"machine":"([^"]*)","start":"(\d*)",/;
/** Whoever may put a file there could put a FIFO, or a link to one, at which reading never ends. */
const LOOK = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The text of a lock of this process; never the same twice. */
export function ownText(): string {
  const id = randomBytes(12).toString('hex');
  own ??= { pid, machine: machine(), start: startOf(pid) ?? '' };
  return `${JSON.stringify({ ...own, id })}\n`;
}

/** Nothing of it changes while the process runs, and asking the system takes longer than making a lock. */
let own: { readonly pid: number; readonly machine: string; readonly start: string } | undefined;

/** What stands at the path of a lock; null for nothing. */
export function lookAt(path: string): SeenLock | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return null;
  const text = readShort(path) ?? '';
  return {
    key: `${stats.dev}:${stats.ino}:${stats.mtimeMs}:${text}`,
    writtenAt: stats.mtimeMs,
    isDead: isOfDead(text),
  };
}

/** The text of a small regular file; undefined for anything else. */
function readShort(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, LOOK);
    if (!fstatSync(descriptor).isFile()) return undefined;
    const bytes = Buffer.alloc(MOST_BYTES);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeQuietly(descriptor);
  }
}

function isOfDead(text: string): boolean {
  const owner = ownerIn(text);
  if (owner?.machine !== machine()) return false;
  const fields = statFields(owner.pid);
  // Where the system shows us nothing of it, as that of another user, it can still say that there is none.
  if (fields === null) return !isThere(owner.pid);
  return fields[STATE] === 'Z' || (owner.start !== '' && owner.start !== fields[START]);
}

function ownerIn(text: string): { pid: number; machine: string; start: string } | undefined {
  const found = OWNER.exec(text);
  if (!found) return undefined;
  const [, pid = '', machine = '', start = ''] = found;
  return { pid: Number(pid), machine, start };
}

/** Where a process number means what it means here: the host, the container, and since when it runs. */
function machine(): string {
  return `${hostname().replaceAll(/[^\w.-]/g, '_')} ${machineTag()} ${bootTag()}`;
}
