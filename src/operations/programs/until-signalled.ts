/** Work before a program is started that a signal ends in an orderly way. */
import { statusOf } from '../../exec/child.js';
import { ENDING_SIGNALS, type OwnProcess } from '../../exec/process-access.js';

/** A signal came while something was prepared; it has been undone. */
export class Signalled extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.name = 'Signalled';
  }
}

/** The exit status of a run that a signal ended before its program was started. Throws what is something else. */
export function statusOfSignal(error: unknown): number {
  if (error instanceof Signalled) return statusOf({ status: null, signal: error.signal });
  throw error;
}

/** What has to be undone when it is not needed any more. */
interface Undoable {
  readonly values: { close(): Promise<void> };
}

/** Does the task, whose signal is aborted when the process gets one that ends it. Rejects with {@link Signalled} then, once all is undone. */
export async function untilSignalled<Made extends Undoable>(
  own: OwnProcess,
  task: (stop: AbortSignal) => Promise<Made>,
): Promise<Made> {
  const stop = new AbortController();
  let by: NodeJS.Signals | undefined;
  const off = own.onSignals(ENDING_SIGNALS, (signal) => {
    by ??= signal;
    stop.abort();
  });
  try {
    const made = await task(stop.signal);
    if (by === undefined) return made;
    await made.values.close();
  } catch (error) {
    if (by === undefined) throw error;
  } finally {
    off();
  }
  throw new Signalled(by);
}
