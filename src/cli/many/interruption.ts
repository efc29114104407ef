/** Ctrl+C on work on many files: what is in work ends whole, and nothing else is begun; a second one ends the program at once. */
import type { Streams } from '../terminal/streams.js';

/** What a shell reports for a process that SIGINT ended. */
export const INTERRUPTED = 130;

/**
 * Does something that can be stopped; `interrupted` is called as soon as it is to stop. While `isIdle` nothing is in work, as when
 * somebody is asked: then the first Ctrl+C ends the program, too.
 */
export async function withInterruption<T>(
  { areOwn }: Streams,
  task: (stop: AbortSignal) => Promise<T>,
  interrupted: () => void,
  isIdle = () => false,
): Promise<T> {
  const stop = new AbortController();
  const listen = (): void => {
    if (stop.signal.aborted || isIdle()) {
      // The handler that removes temporary files ends the process then; where none is set, the signal itself does.
      process.off('SIGINT', listen);
      if (process.listenerCount('SIGINT') === 0) process.kill(process.pid, 'SIGINT');
      return;
    }
    interrupted();
    stop.abort();
  };
  // In somebody else's process signals are theirs.
  if (areOwn) process.on('SIGINT', listen);
  try {
    return await task(stop.signal);
  } finally {
    process.off('SIGINT', listen);
  }
}
