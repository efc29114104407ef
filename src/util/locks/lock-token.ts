/** The file that a lock is a link to: it says which process holds the lock. */
import { closeQuietly } from '../files/files.js';
import { constants, fstatSync, linkSync, openSync, unlinkSync, writeSync } from '../files/fs.js';
import { holdTemporary } from '../files/temporaries.js';
import { temporaryIn } from '../files/temporary-name.js';
import { ownText } from './lock-owner.js';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
/** Others may read who holds it. */
const MODE = 0o644;

/** Tokens that no lock is a link to, by their folders. */
const spares = new Map<string, LockToken[]>();
let keepers = 0;

/**
 * For work on many files: lets one token serve lock after lock, until every caller has called the function it was given. Making a file
 * takes longer the more were removed lately (docs/decisions.md#many-files-in-one-process).
 */
export function keepTokens(): () => void {
  keepers += 1;
  return () => {
    keepers -= 1;
    if (keepers > 0) return;
    for (const token of [...spares.values()].flat()) token.drop();
    spares.clear();
  };
}

/** What tells a file from all others. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The file of an open descriptor. Throws the system's error. */
export function identityOf(descriptor: number): FileIdentity {
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return { dev, ino };
}

export class LockToken {
  /** Open as long as the token is there, so that no other file can get its inode meanwhile. */
  readonly descriptor: number;
  readonly #folder: string;
  readonly #path: string;
  /** Its own name goes with the process; absent for a token that serves one lock, whose name goes at once. */
  readonly #forget: (() => void) | undefined;
  #identity: FileIdentity | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#path = temporaryIn(folder);
    this.#forget = keepers > 0 ? holdTemporary(() => unlinkSync(this.#path)) : undefined;
    try {
      this.descriptor = createOwned(this.#path);
    } catch (error) {
      this.#forget?.();
      throw error;
    }
  }

  /** A token for a lock in a folder, with a text that no other has, as young as if it had just been made. Throws the system's error. */
  static in(folder: string): LockToken {
    const spare = spares.get(folder)?.pop();
    if (!spare) return new LockToken(folder);
    sayWho(spare.descriptor);
    return spare;
  }

  /** The file itself, which is that of each lock. Throws the system's error. */
  get identity(): FileIdentity {
    this.#identity ??= identityOf(this.descriptor);
    return this.#identity;
  }

  /** Makes the lock. Throws the system's error: `EEXIST` where there is one. */
  linkTo(place: string): void {
    linkSync(this.#path, place);
    if (!this.#forget) this.#removeName();
  }

  /** Frees the token for the next lock: this one is gone, or was not made. */
  giveBack(): void {
    if (!this.#forget || keepers === 0) {
      this.drop();
      return;
    }
    const others = spares.get(this.#folder);
    if (others) others.push(this);
    else spares.set(this.#folder, [this]);
  }

  /** Never throws: what stays of it is taken away by the next run, as what an ended one left behind. */
  drop(): void {
    this.#removeName();
    closeQuietly(this.descriptor);
    this.#forget?.();
  }

  #removeName(): void {
    try {
      unlinkSync(this.#path);
    } catch {
      // As said of drop.
    }
  }
}

/** Makes a file that says who we are. Throws the system's error. */
export function createOwned(path: string): number {
  const descriptor = openSync(path, CREATE, MODE);
  sayWho(descriptor);
  return descriptor;
}

/** All texts have one length, so that each replaces the one before. A full disk may leave none; then nobody can tell whose lock it is. */
function sayWho(descriptor: number): void {
  try {
    writeSync(descriptor, ownText(), 0);
  } catch {
    // As said.
  }
}
