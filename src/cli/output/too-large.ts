/** What does not fit into memory, in words: V8 says it with errors of its own, which are no defect of sops-ts. */
import { constants } from 'node:buffer';
import { SopsError } from '../../errors.js';
import { isError } from '../../util/realms.js';

const MOST_MEGABYTES = Math.floor(constants.MAX_STRING_LENGTH / 1e6);

/** V8's words for a text beyond its limit, and for memory that is not to be had. */
const WORDS: ReadonlySet<string> = new Set(['Invalid string length', 'Array buffer allocation failed']);

/** The error for a file that is too large, if that is what an error says; else the error itself. */
export function tooLargeInWords(error: unknown): unknown {
  if (!isError(error) || error instanceof SopsError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isKnown = code === 'ERR_STRING_TOO_LONG' || (error instanceof RangeError && WORDS.has(error.message));
  if (!isKnown) return error;
  return new SopsError('failed', `the file is too large: as text, encrypted or not, it may have ${MOST_MEGABYTES} MB`, {
    hint: 'Encrypt what is larger with age itself, and keep only its key in a file of secrets.',
    cause: error,
  });
}
