/** Doing again, after pauses, what a service refused because it gets too many calls. */
import { type ErrorCode, SopsError } from '../../errors.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';

/** By the last ones, other programs have slowed down as well. */
const MOST_TRIES = 6;
const FIRST_PAUSE_MS = 250;
const KEY_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'key',
  'data-key-not-recovered',
  'data-key-not-wrapped',
]);

/** Does something that calls services. If it fails while they refuse calls because of their number, it is done again, after longer and longer pauses. */
export async function retryWhenThrottled<T>(limit: ConcurrencyLimit, task: () => Promise<T>): Promise<T> {
  for (let number = 1; ; number++) {
    const before = limit.refusals;
    try {
      return await task();
    } catch (error) {
      const isWorthwhile = error instanceof SopsError && KEY_FAILURES.has(error.code) && limit.refusals > before;
      if (!isWorthwhile || number === MOST_TRIES) throw error;
    }
    await jitteredPause(FIRST_PAUSE_MS * 2 ** (number - 1));
  }
}

/**
 * Waits for about so many milliseconds, from half to one and a half times as long, so that callers who were refused at the same time do not
 * come back at the same time.
 */
export async function jitteredPause(milliseconds: number): Promise<void> {
  await new Promise((done) => setTimeout(done, milliseconds * (0.5 + Math.random())));
}
