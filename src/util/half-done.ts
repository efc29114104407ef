/** What was done before something failed: it stays, and the error says so. */
import { SopsError } from '../errors.js';
import { systemAdvice } from './files/files.js';
import { wordedFailure } from './host/system-failure.js';

/** The same error with what was done before, as a sentence after its own advice. */
export function withDone(thrown: unknown, done: string): unknown {
  const error = wordedFailure(thrown);
  if (!(error instanceof SopsError)) return error;
  const advice = error.hint ?? systemAdvice(error);
  return error.with(error.code, { hint: advice === undefined ? done : `${advice}\n${done}` });
}

/** The same error with that sentence alone: its own advice says that nothing was changed, which is about one of several files. */
export function butDone(thrown: unknown, done: string): unknown {
  const error = wordedFailure(thrown);
  return error instanceof SopsError ? error.with(error.code, { hint: done }) : error;
}

/** Makes several files, each of which is noted once it stands there; an error names those that do. */
export async function makingFiles<Made>(make: (note: (path: string) => void) => Promise<Made>): Promise<Made> {
  const made: string[] = [];
  try {
    return await make((path) => void made.push(path));
  } catch (error) {
    throw made.length === 0 ? error : withDone(error, `Written before, whole, and kept: ${made.join(', ')}`);
  }
}
