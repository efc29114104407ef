/** What a run remembers of parts that key services opened, so that many files with one wrapped key cost one call. */
import { createHash } from 'node:crypto';
import { keyIdentity } from '../keys/key-identity.js';
import type { MasterKey } from '../keys/provider.js';
import type { Session } from '../util/host.js';
import type { KeyService } from './keyservice.js';

/** Parts kept at a time; the one that was not asked for the longest goes first. */
const MOST_PARTS = 64;
/** Milliseconds after which a part is opened anew: a run that goes on for long must notice that a key was taken away. */
const LONGEST_STAY = 5 * 60_000;

interface Kept {
  readonly part: Uint8Array;
  /** When it was opened, in milliseconds since 1970. */
  readonly since: number;
}

interface UnderWay {
  readonly part: Promise<Uint8Array>;
  readonly stop: AbortController;
  waiting: number;
}

/** Opened parts by what was asked. Private fields: nothing of it shows when it is printed. */
export class PartMemory {
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, UnderWay>();

  /**
   * The part for a question; `open` is called only when it is neither known nor being asked for. Failures are shared by those who
   * wait for them and then forgotten. What is returned belongs to the caller. `signal` takes the caller's interest back: when
   * nobody is interested any more, `open` is told.
   */
  async recall(
    question: string,
    open: (signal: AbortSignal) => Promise<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const kept = this.#find(question);
    if (kept) return Uint8Array.from(kept);
    const asking = this.#underWay.get(question) ?? this.#ask(question, open);
    asking.waiting += 1;
    const leave = (): void => {
      asking.waiting -= 1;
      if (asking.waiting > 0) return;
      // Whoever asks from now on must not be given a request that was called off.
      if (this.#underWay.get(question) === asking) this.#underWay.delete(question);
      asking.stop.abort(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return Uint8Array.from(await asking.part);
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Wipes what is known of a question. */
  forget(question: string): void {
    this.#kept.get(question)?.part.fill(0);
    this.#kept.delete(question);
  }

  #ask(question: string, open: (signal: AbortSignal) => Promise<Uint8Array>): UnderWay {
    const stop = new AbortController();
    const asking: UnderWay = { part: open(stop.signal), stop, waiting: 0 };
    this.#underWay.set(question, asking);
    const done = (): void => {
      if (this.#underWay.get(question) === asking) this.#underWay.delete(question);
    };
    asking.part.then((part) => {
      done();
      this.#keep(question, part);
    }, done);
    return asking;
  }

  #find(question: string): Uint8Array | undefined {
    const found = this.#kept.get(question);
    if (!found) return undefined;
    this.#kept.delete(question);
    if (Math.abs(Date.now() - found.since) > LONGEST_STAY) {
      found.part.fill(0);
      return undefined;
    }
    this.#kept.set(question, found);
    return found.part;
  }

  #keep(question: string, part: Uint8Array): void {
    this.#kept.set(question, { part, since: Date.now() });
    for (const [oldest, { part: old }] of this.#kept) {
      if (this.#kept.size <= MOST_PARTS) break;
      old.fill(0);
      this.#kept.delete(oldest);
    }
  }
}

const MEMORY = Symbol('opened parts');

/**
 * A key service that asks another one once per wrapped key and run, whoever asks. `name` tells services of one run apart, e.g.
 * the URI. Wrapping is passed on as it is.
 */
export function remembering(service: KeyService, name: string, host: Session): KeyService {
  const memory = host.once(MEMORY, () => new PartMemory());
  return {
    wrap: (key, part) => service.wrap(key, part),
    async unwrap(key, signal) {
      const question = questionOf(name, key);
      const part = await memory.recall(question, (stop) => service.unwrap(key, stop), signal);
      // A provider that mended the entry (AWS KMS: a context of old versions) does so for every file's own.
      if (questionOf(name, key) !== question) memory.forget(question);
      return part;
    },
  };
}

/** A hash of all that the answer depends on; what is wrapped may be long, and is nobody's business in a look-up table. */
function questionOf(name: string, key: MasterKey): string {
  const question = JSON.stringify([name, keyIdentity(key), key.enc]);
  return createHash('sha256').update(question).digest('base64');
}
