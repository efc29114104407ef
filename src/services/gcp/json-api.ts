/** Calls to Google's services by their JSON APIs, with the user's credentials. */
import { type ErrorCode, SopsError } from '../../errors.js';
import { endingPrograms } from '../../exec/started-programs.js';
import type { Session } from '../../util/host/host.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { answerTime, inTime, keyTimeout, whileWaitingFor } from '../../util/waiting/timeout.js';
import type { HttpRequest, HttpResponse } from '../http/request.js';
import { type RetryRule, sendWithRetries } from '../http/retry.js';
import { LastingAccess } from '../lasting-access.js';
import type { ServiceCall } from '../service-call.js';
import { type AuthClient, findDefaultCredentials } from './credentials.js';

/** An object that is uploaded takes longer than a secret. */
const TIMEOUT_MS = 120_000;
const AGAIN: RetryRule = { retries: 3, wait: (retry) => 250 * 2 ** retry, isPassing: isGooglePassing };
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
  /** After the host, encoded. */
  readonly path: string;
  /** Sent as JSON, if it is not content that says itself what it is. */
  readonly body?: Readonly<Record<string, unknown>> | TypedContent;
  /** Whether it can be sent again, since twice does no more than once; as every GET. */
  readonly isRepeatable?: boolean;
}

/** Bytes, with what they are for the header `Content-Type`. */
export class TypedContent {
  constructor(
    readonly type: string,
    readonly bytes: Uint8Array,
  ) {}
}

/** Where a request goes, and what allows it. */
export interface GoogleAccess {
  readonly url: URL;
  /** Whose token it is; absent for a server that gets none. */
  readonly credentials?: AuthClient;
  readonly headers: Readonly<Record<string, string>>;
}

const CREDENTIALS = Symbol("credentials of Google's JSON APIs");

/** The answer as it is, whatever its status. Throws `key` for no credentials, and for a service that is not reached. */
export async function callGoogleApi(api: GoogleApi, call: GoogleCall, at: ServiceCall): Promise<HttpResponse> {
  return sendToGoogle(await googleAccessTo(api, call.path, at), call, at);
}

/** The way to a service, with one set of credentials for the whole run. Throws `key` for none, and for an address that is not one. */
export async function googleAccessTo(api: GoogleApi, path: string, at: ServiceCall): Promise<GoogleAccess> {
  const { host } = at;
  const credentials = await lastingAccess(host).get(() => findDefaultCredentials(host));
  const url = new URL(`${googleBaseOf(api, credentials, host)}${path}`);
  return { url, credentials, headers: await googleLoginFor(url, credentials, at) };
}

/**
 * The answer as it is, whatever its status; a token that is refused is got anew, once. Throws an error of the code for a service that is
 * not reached, and `key` for credentials that give no token any more.
 */
export async function sendToGoogle(
  access: GoogleAccess,
  call: Omit<GoogleCall, 'path'>,
  at: ServiceCall,
  errorCode: ErrorCode = 'key',
): Promise<HttpResponse> {
  const answer = await sendOnce(access, call, at, errorCode);
  const { credentials: refused } = access;
  if (answer.status !== 401 || !refused) return answer;
  const { host } = at;
  const credentials = await lastingAccess(host).renew(refused, () => findDefaultCredentials(host));
  const headers = await googleLoginFor(access.url, credentials, at);
  if (headers.authorization === access.headers.authorization) return answer;
  return sendOnce({ ...access, headers }, call, at, errorCode);
}

function sendOnce(
  { url, headers }: GoogleAccess,
  { method, body, isRepeatable = method === 'GET' }: Omit<GoogleCall, 'path'>,
  { host, signal }: ServiceCall,
  errorCode: ErrorCode,
): Promise<HttpResponse> {
  const content =
    body === undefined || body instanceof TypedContent
      ? body
      : new TypedContent('application/json', Buffer.from(JSON.stringify(body)));
  const request: HttpRequest = {
    ...{ method, url, timeout: answerTime(host, TIMEOUT_MS), signal, errorCode },
    headers: content === undefined ? headers : { ...headers, 'Content-Type': content.type },
    ...(content === undefined ? {} : { body: content.bytes }),
  };
  return sendWithRetries(request, isRepeatable ? AGAIN : ONCE, host);
}

function lastingAccess(host: Session): LastingAccess<AuthClient> {
  return host.once(CREDENTIALS, () => new LastingAccess<AuthClient>());
}

/** The headers with which a request is allowed; the token may come from a program that waits for somebody. Throws what the credentials throw. */
function googleLoginFor(
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

/** The address of a service, without a slash at its end. Throws `key` for one that the environment names and is not one. */
function googleBaseOf({ name, variable }: GoogleApi, { universeDomain }: AuthClient, { env }: Session): string {
  const own = env[variable];
  if (!own) return `https://${name}.${universeDomain}`;
  const address = own.includes('://') ? own : `https://${own}`;
  if (URL.canParse(address)) return withoutTrailing(address, '/');
  throw new SopsError('key', `${variable} is not a URL`, { hint: `Correct ${variable}, or unset it.` });
}

/** Whether a status is one that may be another one later. */
export function isGooglePassing(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}
