/** Ends the waiting for something that does not answer. */

/** Thrown when the time is up. */
export class DeadlineError extends Error {}

/** A signal that is aborted with the first of two; absent where neither is given. */
export function eitherSignal(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other);
}

/** One for each signal that is not Node's, as long as that is there. */
const counterparts = new WeakMap<AbortSignal, AbortSignal>();

/**
 * A signal of Node's that is aborted with the given one, which may be another program's idea of one, such as jsdom's: Node takes that for
 * one of its own, and never hears of its end.
 */
export function ownSignal(signal: AbortSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const known = counterparts.get(signal) ?? counterpartOf(signal);
  counterparts.set(signal, known);
  return known;
}

function counterpartOf(signal: AbortSignal): AbortSignal {
  const stop = new AbortController();
  if (signal.aborted) stop.abort(signal.reason);
  else signal.addEventListener('abort', () => stop.abort(signal.reason));
  return stop.signal;
}

/**
 * What an action gives, unless its time (milliseconds, Infinity for no limit) is up before: then rejects with
 * {@link DeadlineError}. Rejects with the reason of `signal` when that is aborted. The action gets a signal that is aborted
 * in both cases; one that ignores it is left to itself, and what becomes of it is nobody's business any more.
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const forward = (): void => stop.abort(signal?.reason);
  const timer = Number.isFinite(milliseconds)
    ? setTimeout(() => stop.abort(new DeadlineError(`no answer within ${milliseconds} ms`)), milliseconds)
    : undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason));
  });
  if (signal?.aborted) forward();
  signal?.addEventListener('abort', forward, { once: true });
  try {
    return await Promise.race([stopped, action(stop.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}
