/** What a lock file says of the process that holds it, and whether that process can still be there. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
// Who this process is, and whether another is there; nothing is changed, nor sent.
import { kill, pid } from 'node:process';
import { closeQuietly, systemCode } from './files.js';
import { constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync, readSync } from './fs.js';

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
/** Whoever may put a file there could put a FIFO, or a link to one, at which reading never ends. */
const LOOK = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The text of a lock of this process; never the same twice. */
export function ownText(): string {
  const id = randomBytes(12).toString('hex');
  return `${JSON.stringify({ pid, machine: machine(), id })}\n`;
}

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
  const owner = /^\{"pid":(\d+),/.exec(text)?.[1];
  if (owner === undefined || !text.startsWith(`{"pid":${owner},"machine":${JSON.stringify(machine())},`)) return false;
  try {
    kill(Number(owner), 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}

/** Where a process number means what it means here: the host, since when it runs, and the container. */
function machine(): string {
  const boot = orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  const namespace = orNothing(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, namespace].join(' ');
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
