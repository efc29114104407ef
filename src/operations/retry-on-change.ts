/** Redoing a change that was not written because somebody else wrote meanwhile. */
import { SopsError } from '../errors.js';

/** Each failure of ours is somebody else's success, so that even many writers get through; but a slow one has to give up eventually. */
const MOST_ATTEMPTS = 100;
const LONGEST_PAUSE_MS = 30;

/** What somebody else wrote meanwhile and what we would write cannot be combined: {@link redoing} does not try again. */
export class Irreconcilable extends SopsError {
  constructor(file: string, why = 'in what this command changes') {
    super('changed-meanwhile', `${file} was changed by somebody else meanwhile, and ${why}`, {
      file,
      hint: 'Nothing was written. Look at what it holds now, and run the command again if it is still wanted.',
    });
  }
}

/**
 * Runs something that begins with reading a file and ends with replacing it, until nobody else has written in between: whatever
 * others wrote is then in it, too. `attempt` is called with its number, from 1. Throws what it throws, `changed-meanwhile`
 * only when that never ended.
 */
export async function redoing<Result>(attempt: (number: number) => Promise<Result>): Promise<Result> {
  for (let number = 1; ; number++) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!isWorthwhile(error) || number === MOST_ATTEMPTS) throw error;
    }
    await new Promise((done) => setTimeout(done, Math.random() * LONGEST_PAUSE_MS));
  }
}

function isWorthwhile(error: unknown): boolean {
  return error instanceof SopsError && error.code === 'changed-meanwhile' && !(error instanceof Irreconcilable);
}
