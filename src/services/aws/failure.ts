/** Words for what goes wrong between the AWS SDK and its services. */
import { SopsError } from '../../errors.js';
import { isError } from '../../util/realms.js';

/**
 * The error for something that failed: what was being done, and why it failed; an error of ours keeps its hint. `advice` gives the next
 * step for a service's exception, by its name.
 */
export function awsFailure(
  doing: string,
  error: unknown,
  advice: (name: string) => string | undefined = () => undefined,
): SopsError {
  if (error instanceof SopsError) {
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return new SopsError('key', `${doing}: ${error.message}`, { ...hint, cause: error.cause });
  }
  const hint = isCredentialsError(error) ? CREDENTIALS_HINT : isError(error) ? advice(error.name) : undefined;
  return new SopsError('key', `${doing}: ${reasonOf(error)}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

const CREDENTIALS_HINT =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, log in with aws sso login, or choose another profile with AWS_PROFILE.';

/**
 * Only the first line of a service's message: the further ones of a refused signature quote the headers that were signed,
 * and a session token among them. Of errors of other classes only their name, since a parser's message quotes the
 * answer, which may hold the part of the data key.
 */
function reasonOf(error: unknown): string {
  if (!isError(error)) return 'unknown error';
  if (isServiceError(error)) return error.message === NO_MESSAGE ? error.name : `${error.name}: ${firstLine(error)}`;
  if (isCredentialsError(error) || isConnectionError(error)) return firstLine(error);
  return '$response' in error ? 'the answer cannot be understood' : error.name;
}

/** The SDK's message for a service's exception without one. */
const NO_MESSAGE = 'UnknownError';

/** The service itself has refused: the SDK gives its exceptions a `$fault` of `client` or `server`. */
function isServiceError(error: Error): boolean {
  return '$fault' in error;
}

/** Of the system (`ECONNREFUSED`), of TLS, or a time that ran out. */
function isConnectionError(error: Error): boolean {
  return error.name === 'TimeoutError' || ('code' in error && typeof error.code === 'string');
}

function isCredentialsError(error: unknown): boolean {
  return isError(error) && /^(?:CredentialsProvider|TokenProvider)Error$/.test(error.name);
}

function firstLine({ message, name }: Error): string {
  return message.trim().split('\n', 1)[0] || name;
}

/** Whether a service no longer takes credentials that it once took: a session whose time is over, by its own clock. */
export function hasRunOut(error: unknown): boolean {
  return isError(error) && /^(?:ExpiredToken(?:Exception)?|TokenRefreshRequired)$/.test(error.name);
}
