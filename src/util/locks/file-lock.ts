/** The lock of one file: a small file beside it, held for a moment, which no crash can leave shut (docs/decisions.md#a-lock-that-no-crash-leaves-shut). */
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SopsError } from '../../errors.js';
import { closeQuietly, systemCode, systemReason } from '../files/files.js';
import { fstatSync, linkSync, lstatSync, renameSync, unlinkSync } from '../files/fs.js';
import { temporaryIn } from '../files/temporary-name.js';
import { SYSTEM_CLOCK } from '../waiting/clock.js';
import { lookAt, type SeenLock } from './lock-owner.js';
import { createOwned, identityOf, LockToken } from './lock-token.js';

/** A lock that is held. */
export interface FileLock {
  /** Whether nobody has taken it over meanwhile, as happens to a process that was stopped for long. Throws `write-failed` if that cannot be told. */
  isHeld(): boolean;
  /** Never throws. */
  release(): void;
}

/** A holder needs milliseconds; one that has not let go by then was killed, or stopped for long. */
const STALE_MS = 10_000;
/** After so long in front of ever other holders the write goes on without a lock: the comparison still decides. */
const MOST_WAIT_MS = 60_000;
const LONGEST_PAUSE_MS = 20;
/** As long as the name of a file may be almost everywhere, in bytes. */
const LONGEST_NAME = 255;
const LOCK_SUFFIX = '.sops-ts-lock';
/** What fits the name of every lock, for git's lists. */
export const LOCK_PATTERN = `.*${LOCK_SUFFIX}`;

/** Whether it is the name of a lock, which is that of its file between a dot and this ending. */
export function isLockName(name: string): boolean {
  return name.startsWith('.') && name.endsWith(LOCK_SUFFIX);
}

/**
 * Waits for the lock of a file and takes it. `path` is the file itself, behind symbolic links. A lock that its process cannot give
 * back any more is taken over, with a warning: at once when that process is known to have ended, else after ten seconds. Where
 * no lock can be made (a folder that is closed to us) the caller gets one that holds nobody off, with a warning, too.
 * Never throws.
 */
export async function lockFile(path: string, warn: (message: string) => void): Promise<FileLock> {
  const entrance = new Entrance(lockPath(path), warn);
  const started = SYSTEM_CLOCK.steady();
  for (;;) {
    const lock = entrance.tryToEnter();
    if (typeof lock !== 'string') return lock;
    const reason = SYSTEM_CLOCK.steady() - started > MOST_WAIT_MS ? 'others keep it locked' : lock;
    if (reason !== '') {
      warn(`${path} is written without a lock: ${reason}`);
      return { isHeld: () => true, release: () => undefined };
    }
    await sleep(Math.random() * LONGEST_PAUSE_MS);
  }
}

/** Where the lock of a file stands. */
export function lockPath(path: string): string {
  const name = basename(path);
  const whole = `.${name}${LOCK_SUFFIX}`;
  if (Buffer.byteLength(whole) <= LONGEST_NAME) return join(dirname(path), whole);
  return join(dirname(path), `.${createHash('sha256').update(name).digest('hex')}${LOCK_SUFFIX}`);
}

/** One process before one lock. */
class Entrance {
  private seen: { readonly key: string; readonly since: number } | undefined;

  constructor(
    private readonly place: string,
    private readonly warn: (message: string) => void,
  ) {}

  /** The lock; or why there will never be one, the empty text when it is worth while to try again. */
  tryToEnter(): FileLock | string {
    let token: LockToken;
    try {
      token = LockToken.in(dirname(this.place));
    } catch (error) {
      return `its folder takes none (${systemReason(error)})`;
    }
    try {
      token.linkTo(this.place);
      return new HeldLock(this.place, token);
    } catch (error) {
      const now = timeOf(token.descriptor);
      token.giveBack();
      return systemCode(error) === 'EEXIST' ? this.makeWay(now) : this.enterWithoutLink();
    }
  }

  /** Where there are no hard links: the name itself is what only one can make. */
  private enterWithoutLink(): FileLock | string {
    try {
      return new HeldLock(this.place, tokenless(createOwned(this.place)));
    } catch (error) {
      return systemCode(error) === 'EEXIST' ? this.makeWay(Date.now()) : systemReason(error);
    }
  }

  /** Removes the lock that stands there if it is a dead one. `now` is the time by the clock of the file system. */
  private makeWay(now: number): string {
    const other = lookAt(this.place);
    if (other === null || !this.isStale(other, now)) return '';
    try {
      if (removeSeen(this.place, other)) this.warn(`removed ${this.place}, which a run that was ended left behind`);
    } catch (error) {
      return systemCode(error) === 'ENOENT' ? '' : `${this.place} cannot be removed (${systemReason(error)})`;
    }
    return '';
  }

  private isStale({ key, writtenAt, isDead }: SeenLock, now: number): boolean {
    if (isDead || now - writtenAt > STALE_MS) return true;
    // Clocks are set back. How long the same lock has been seen does not depend on them.
    if (this.seen?.key !== key) this.seen = { key, since: SYSTEM_CLOCK.steady() };
    return SYSTEM_CLOCK.steady() - this.seen.since > STALE_MS;
  }
}

/**
 * Removes the lock that was seen at a place. False when another stands there by now, which stays. Throws what renaming throws.
 * Another waiter may have been faster: then this is its lock, and a live one. It sees itself if somebody came between.
 */
export function removeSeen(place: string, { key }: SeenLock): boolean {
  const aside = temporaryIn(dirname(place));
  renameSync(place, aside);
  const isSeen = lookAt(aside)?.key === key;
  if (!isSeen) putBack(aside, place);
  remove(aside);
  return isSeen;
}

type HeldToken = Pick<LockToken, 'identity' | 'giveBack' | 'drop'>;

/** Where the lock itself is the file that says who holds it. */
function tokenless(descriptor: number): HeldToken {
  const close = (): void => closeQuietly(descriptor);
  return {
    get identity() {
      return identityOf(descriptor);
    },
    giveBack: close,
    drop: close,
  };
}

class HeldLock implements FileLock {
  constructor(
    private readonly place: string,
    private readonly token: HeldToken,
  ) {}

  isHeld(): boolean {
    try {
      return this.isOurs();
    } catch (cause) {
      const hint = 'Nothing was changed.';
      throw new SopsError('write-failed', `look at ${this.place}: ${systemReason(cause)}`, {
        file: this.place,
        hint,
        cause,
      });
    }
  }

  private isOurs(): boolean {
    const there = lstatSync(this.place, { bigint: true, throwIfNoEntry: false });
    const own = this.token.identity;
    return there !== undefined && there.ino === own.ino && there.dev === own.dev;
  }

  release(): void {
    let isGone = false;
    try {
      isGone = this.isOurs() && remove(this.place);
    } catch {
      // Whoever comes next takes it over.
    }
    // What was taken over, or stays, may be a link to it still.
    if (isGone) this.token.giveBack();
    else this.token.drop();
  }
}

/** When a file that was just made was made, by the clock of its file system. */
function timeOf(descriptor: number): number {
  try {
    return fstatSync(descriptor).mtimeMs;
  } catch {
    return Date.now();
  }
}

function putBack(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Somebody holds it by now, or there are no links: whoever loses it so notices, and starts over.
  }
}

/** A lock that cannot be removed is one that is taken over as that of an ended process. Whether it is gone. */
function remove(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
