/** Calls to Google's services by their JSON APIs, with the user's credentials. */
import { type ErrorCode, SopsError } from '../../errors.js';
import { endingPrograms } from '../../exec/started-programs.js';
import type { Session } from '../../util/host.js';
import { inTime, keyTimeout, whileWaitingFor } from '../../util/timeout.js';
import { withoutTrailing } from '../../util/trim.js';
import type { HttpRequest, HttpResponse } from '../http/request.js';
import { type RetryRule, sendWithRetries } from '../http/retry.js';
import type { ServiceCall } from '../service-call.js';
import { type AuthClient, findDefaultCredentials } from './credentials.js';

const TIMEOUT_MS = 60_000;
const AGAIN: RetryRule = {
  retries: 3,
  wait: (retry) => 250 * 2 ** retry,
  isPassing: (status) => status === 408 || status === 429 || (status >= 500 && status !== 501),
};
/** What was lost on the way may have been done. */
const ONCE: RetryRule = { ...AGAIN, isPassing: (status) => status === 429, onlyAnswered: true };

/** One service of Google Cloud. */
export interface GoogleApi {
  /** Its host below the domain of the universe. */
  readonly name: string;
  /** The variable by which users of gcloud name another server. */
  readonly variable: string;
}

export interface GoogleCall {
  readonly method: HttpRequest['method'];
  /** Behind the host, encoded. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

const CREDENTIALS = Symbol("credentials of Google's JSON APIs");

/** The answer as it is, whatever its status. Throws `key` for no credentials, and for a service that is not reached. */
export async function callGoogleApi(
  api: GoogleApi,
  { method, path, body }: GoogleCall,
  { host, signal }: ServiceCall,
): Promise<HttpResponse> {
  const credentials = await host.once(CREDENTIALS, () => findDefaultCredentials(host));
  const url = new URL(`${googleBaseOf(api, credentials, host)}${path}`);
  const login = await googleLoginFor(url, credentials, { host, signal });
  const request: HttpRequest = {
    method,
    url,
    headers: body === undefined ? login : { ...login, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeout: TIMEOUT_MS,
    signal,
  };
  return sendWithRetries(request, method === 'GET' ? AGAIN : ONCE, host);
}

/** The headers with which a request is allowed; the token may come from a program that waits for somebody. Throws what the credentials throw. */
export function googleLoginFor(
  url: URL,
  credentials: AuthClient,
  { host, signal }: ServiceCall,
): Promise<Record<string, string>> {
  return inTime(keyTimeout(host), signal, (ending) =>
    whileWaitingFor('the Google credentials', { host, signal: ending }, () =>
      endingPrograms(ending, async () => Object.fromEntries(await credentials.getRequestHeaders(url.origin))),
    ),
  );
}

/** The address of a service, without a slash at its end. Throws an error of the code for one that the environment names and is none. */
export function googleBaseOf(
  { name, variable }: GoogleApi,
  { universeDomain }: AuthClient,
  { env }: Session,
  code: ErrorCode = 'key',
): string {
  const own = env[variable];
  if (!own) return `https://${name}.${universeDomain}`;
  const address = own.includes('://') ? own : `https://${own}`;
  if (URL.canParse(address)) return withoutTrailing(address, '/');
  throw new SopsError(code, `${variable} is not a URL`);
}
