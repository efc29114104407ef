/** Calls to Azure Key Vault, by its challenge: first without token and body, then with both (docs/keys/azure-kv.md#calls). */

import { type ErrorCode, SopsError } from '../../errors.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../../services/http/answer.js';
import type { HttpRequest, HttpResponse } from '../../services/http/request.js';
import { type RetryRule, sendWithRetries } from '../../services/http/retry.js';
import type { ServiceCall } from '../../services/service-call.js';
import { type Advice, adviceOnStatus, adviceOnWords } from '../advice.js';
import { readChallenge } from './challenge.js';
import { type AzureLogin, tokenFor } from './credential.js';

const ADVICE: Advice = {
  login: 'Log in again with az login, to the tenant of the vault.',
  denied:
    'Ask for the role Key Vault Crypto User (or the permissions get, encrypt and decrypt), and check the firewall of the vault.',
  absent: 'Check the name and version of the key; it may have been deleted.',
};

const TIMEOUT = 60_000;
/** As the SDKs do: four tries, waiting longer each time. */
const RETRIES: RetryRule = {
  retries: 3,
  wait: (retry) => 800 * 2 ** (retry - 1) * (0.8 + 0.4 * Math.random()),
  isPassing: (status) => [408, 429, 500, 502, 503, 504].includes(status),
};

/** Reads a resource of a vault, or posts a JSON object to it, and returns the members of the answer. Throws `key`. */
export async function callKeyVault(
  url: URL,
  payload: Readonly<Record<string, string>> | undefined,
  call: ServiceCall,
): Promise<ReadonlyMap<string, unknown>> {
  const { answer, token } = await askKeyVault(url, payload, call);
  return membersIn(answer, token);
}

export interface KeyVaultCall extends ServiceCall {
  /** Code of the errors for a vault that is not reached; `key` unless told otherwise. */
  readonly errorCode?: ErrorCode;
  /** Whose token it is; the SDK's default chain unless told otherwise. */
  readonly login?: AzureLogin;
}

/** As {@link callKeyVault}, with the answer as it is, whatever its status, and the token, which no message may show; empty for none. */
export async function askKeyVault(
  url: URL,
  payload: Readonly<Record<string, string>> | undefined,
  { host, signal, errorCode = 'key', login = 'default' }: KeyVaultCall,
): Promise<{ readonly answer: HttpResponse; readonly token: string }> {
  const method = payload ? 'POST' : 'GET';
  const headers = { Accept: 'application/json' };
  const bare: HttpRequest = { method, url, headers, timeout: TIMEOUT, signal, errorCode };
  const first = await sendWithRetries(bare, RETRIES, host);
  if (first.status !== 401) return { answer: first, token: '' };
  const token = await tokenFor(readChallenge(first.headers['www-authenticate'], url), host, { signal, login });
  const authorized = { ...headers, Authorization: `Bearer ${token}` };
  const full: HttpRequest = payload
    ? { ...bare, headers: { ...authorized, 'Content-Type': 'application/json' }, body: JSON.stringify(payload) }
    : { ...bare, headers: authorized };
  return { answer: await sendWithRetries(full, RETRIES, host), token };
}

function membersIn({ status, body }: HttpResponse, token: string): ReadonlyMap<string, unknown> {
  const answer = answerMembers(body);
  if (status < 300 && answer) return answer;
  const error = objectMembers(answer?.get('error'));
  const inner = textMember(objectMembers(error?.get('innererror')), 'code') ?? '';
  const words = status < 300 ? '' : `${inner} ${textMember(error, 'message') ?? ''}`;
  const next = adviceOnWords(words) ?? adviceOnStatus(status, ADVICE);
  const hint = next === undefined ? {} : { hint: next };
  if (status < 300) throw new SopsError('key', `the answer (status ${status}) is not one of a key vault`, hint);
  const said = serviceWords(`${textMember(error, 'code') ?? ''} ${textMember(error, 'message') ?? ''}`, [token]);
  throw new SopsError('key', `the vault answered ${status}${said && `: ${said}`}`, hint);
}
