/** Calls to Azure Key Vault, by its challenge: first without token and body, then with both (docs/keys/azure-kv.md#calls). */
import type { ErrorCode } from '../../errors.js';
import { answerTime } from '../../util/waiting/timeout.js';
import type { HttpRequest, HttpResponse } from '../http/request.js';
import { type RetryRule, sendWithRetries } from '../http/retry.js';
import type { ServiceCall } from '../service-call.js';
import { readChallenge } from './challenge.js';
import { type AzureLogin, tokenFor } from './credential.js';

const TIMEOUT = 60_000;
/** As the SDKs do: four tries, waiting longer each time. */
const RETRIES: RetryRule = {
  retries: 3,
  wait: (retry) => 800 * 2 ** (retry - 1) * (0.8 + 0.4 * Math.random()),
  isPassing: (status) => [408, 429, 500, 502, 503, 504].includes(status),
};

export interface KeyVaultCall extends ServiceCall {
  /** Code of the errors for a vault that is not reached; `key` unless told otherwise. */
  readonly errorCode?: ErrorCode;
  /** Whose token it is; the SDK's default chain unless told otherwise. */
  readonly login?: AzureLogin;
  /** Without one, POST for a question with a body, else GET. */
  readonly method?: HttpRequest['method'];
}

/** Reads a resource of a vault, or sends a JSON object to it: the answer as it is, whatever its status, and the token, which no message may show; empty for none. */
export async function askKeyVault(
  url: URL,
  payload: Readonly<Record<string, unknown>> | undefined,
  { host, signal, errorCode = 'key', login = 'default', method = payload ? 'POST' : 'GET' }: KeyVaultCall,
): Promise<{ readonly answer: HttpResponse; readonly token: string }> {
  const headers = { Accept: 'application/json' };
  const bare: HttpRequest = { method, url, headers, timeout: answerTime(host, TIMEOUT), signal, errorCode };
  const first = await sendWithRetries(bare, RETRIES, host);
  if (first.status !== 401) return { answer: first, token: '' };
  const request = readChallenge(first.headers['www-authenticate'], url);
  const withToken = async (token: string) => {
    const authorized = { ...headers, Authorization: `Bearer ${token}` };
    const full: HttpRequest = payload
      ? { ...bare, headers: { ...authorized, 'Content-Type': 'application/json' }, body: JSON.stringify(payload) }
      : { ...bare, headers: authorized };
    return { answer: await sendWithRetries(full, RETRIES, host), token };
  };
  const asked = await withToken(await tokenFor(request, host, { signal, login }));
  if (asked.answer.status !== 401) return asked;
  // It may have run out before its time, by this machine's clock.
  const token = await tokenFor(request, host, { signal, login, refused: asked.token });
  return token === asked.token ? asked : withToken(token);
}
