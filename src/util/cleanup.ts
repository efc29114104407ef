/** Tidying up after a task, whatever became of it, without losing the error of either. */
import { SopsError } from '../errors.js';

/**
 * Runs a task, then `tidy`. What `tidy` throws is thrown when the task succeeded, and told beside the task's own error
 * when it did not.
 */
export async function cleanUpAfter<T>(task: () => Promise<T>, tidy: () => void): Promise<T> {
  let outcome: T;
  try {
    outcome = await task();
  } catch (error) {
    throw errorAfterCleanup(error, tidy);
  }
  tidy();
  return outcome;
}

/** The error of a task, after `tidy`: with what that has thrown, if it has. */
export function errorAfterCleanup(error: unknown, tidy: () => void): unknown {
  try {
    tidy();
    return error;
  } catch (second) {
    if (!(second instanceof SopsError)) return error;
    if (!(error instanceof SopsError)) return second;
    const told = [error.hint, second.message].filter((part) => part !== undefined);
    return error.with(error.code, { hint: told.join('\n') });
  }
}
