/** How many calls of services a run makes at a time: fewer when one answers that it gets too many. */
import { type ErrorCode, SopsError } from '../errors.js';
import { SYSTEM_CLOCK } from './clock.js';
import type { Host, Session } from './host.js';
import { sessionOf } from './session.js';

/** Calls that were under way when the service said so will say so, too: within this time they count as one answer. */
const ONE_ANSWER_MS = 250;

/** The limit is halved when a service is overtaxed, and grows by one after as many successful calls as it allows. */
export class Pace {
  #limit = Number.POSITIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;
  #processes = 1;
  #good = 0;
  #since = Number.NEGATIVE_INFINITY;
  #answers = 0;

  /** How many may be under way now, at least 1, out of `most` when nothing is wrong. */
  limitOf(most: number): number {
    this.#most = Math.min(this.#most, most);
    return Math.min(most, this.#limit);
  }

  /** The same for calls to services, of which every process makes its share. */
  callsOf(most: number): number {
    return Math.max(1, Math.floor(this.limitOf(most) / this.#processes));
  }

  /** From now on so many processes call services; together they are to make no more calls at a time than this one could alone. */
  share(processes: number): void {
    this.#processes = processes;
  }

  /** How often services have said that it is too much. */
  get answers(): number {
    return this.#answers;
  }

  /** A service said that it is too much. */
  slowDown(now = SYSTEM_CLOCK.steady()): void {
    this.#answers += 1;
    if (now - this.#since < ONE_ANSWER_MS) return;
    this.#since = now;
    this.#good = 0;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, this.#most) / 2) || 1);
  }

  /** Something has gone well. */
  goOn(): void {
    if (!Number.isFinite(this.#limit)) return;
    this.#good += 1;
    if (this.#good < this.#limit) return;
    this.#good = 0;
    this.#limit += 1;
  }
}

const PACE = Symbol('pace');

/** The pace of a run. */
export function paceOf(host: Session): Pace {
  return host.once(PACE, () => new Pace());
}

/** To be called by a client whose service answers that it gets too many calls; without effect outside of a run. */
export function noteThrottled(host: Host): void {
  paceOf(sessionOf(host)).slowDown();
}

/** How often it is tried; by the last tries, others no longer call too often. */
const MOST_TRIES = 6;
const FIRST_PAUSE_MS = 250;
const KEY_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'key',
  'data-key-not-recovered',
  'data-key-not-wrapped',
]);

/** Does something that asks services. If it fails while they say that they get too many calls, it is done again, after longer and longer pauses. */
export async function patiently<T>(pace: Pace, task: () => Promise<T>): Promise<T> {
  for (let number = 1; ; number++) {
    const before = pace.answers;
    try {
      return await task();
    } catch (error) {
      const isWorthwhile = error instanceof SopsError && KEY_FAILURES.has(error.code) && pace.answers > before;
      if (!isWorthwhile || number === MOST_TRIES) throw error;
    }
    const pause = FIRST_PAUSE_MS * 2 ** (number - 1);
    await pauseAbout(pause);
  }
}

/**
 * Waits for about so many milliseconds, from half to one and a half times as long, so that callers who were refused at the same time do not
 * come back at the same time.
 */
export async function pauseAbout(milliseconds: number): Promise<void> {
  await new Promise((done) => setTimeout(done, milliseconds * (0.5 + Math.random())));
}
