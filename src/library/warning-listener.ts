/** Who is told of warnings. What a caller's function answers may be a promise: a call waits for it, and fails with it. */
import type { Options, Warning } from './types.js';

type Listener = NonNullable<Options['onWarning']>;

/** What listeners have answered and no call has waited for. */
const answers = new WeakMap<Listener, Promise<unknown>[]>();

/** The caller's function, with its answers kept. A promise that nobody waits for yet does not end the process when it is rejected. */
export function keepingAnswers(tell: Listener): Listener {
  const kept: Promise<unknown>[] = [];
  const listener = (warning: Warning): void => {
    const answer = Promise.resolve(tell(warning));
    answer.catch(() => undefined);
    kept.push(answer);
  };
  answers.set(listener, kept);
  return listener;
}

/** The result of some work, once who was told of its warnings has answered. Rejects as the work or the answers do. */
export async function withAnswers<T>({ onWarning }: Options, work: () => Promise<T>): Promise<T> {
  const kept = (onWarning && answers.get(onWarning)) ?? [];
  try {
    const result = await work();
    await Promise.all(kept);
    return result;
  } finally {
    kept.length = 0;
  }
}
