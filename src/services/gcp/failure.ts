/** Words for what goes wrong between Google's packages and its services. */
import { SopsError } from '../../errors.js';
import { isError } from '../../util/realms.js';
import { HttpFailure } from '../http/failure.js';

/**
 * The error for something that failed: what was being done, and why it failed; an error of ours keeps its hint. `advice` gives the next
 * step for any other.
 */
export function gcpFailure(
  doing: string,
  error: unknown,
  advice: (error: unknown) => string | undefined = () => undefined,
): SopsError {
  const next = error instanceof SopsError ? error.hint : advice(error);
  const hint = next === undefined ? {} : { hint: next };
  if (!(error instanceof SopsError))
    return new SopsError('key', `${doing}: ${reasonOf(error)}`, { ...hint, cause: error });
  return new SopsError('key', `${doing}: ${error.message}`, { ...hint, cause: error.cause });
}

/**
 * The first line of the message. Errors of the services and of connections carry a code, those of getting a token the
 * answer; of others only the name is told, since a parser's message quotes what it could not read.
 */
function reasonOf(error: unknown): string {
  if (!isError(error)) return 'unknown error';
  const isKnown =
    error instanceof HttpFailure ||
    'response' in error ||
    ('code' in error && ['string', 'number'].includes(typeof error.code));
  return (isKnown && firstLine(error.message)) || error.name;
}

/** The package for gRPC ends the reason of a lost connection with an empty note. */
function firstLine(text: string): string {
  return (text.trim().split('\n', 1)[0] ?? '').replace(/ Resolution note: *$/, '');
}
