/** Calls to a Vault server's transit engine (spec keys-and-config.md section 2.5). */
import { setTimeout as sleep } from 'node:timers/promises';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import { mapOf, membersOf, wordsOf } from '../../util/http/answer.js';
import type { HttpRequest, HttpResponse } from '../../util/http/request.js';
import { type RetryRule, sendWithRetries } from '../../util/http/retry.js';
import { type Operation, operationUrl, type VaultKey } from './address.js';
import type { VaultSettings } from './settings.js';

export interface Run {
  readonly host: Host;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a JSON object and returns the `data` of the answer. Throws `key` with the server's own words; what was sent is not in it.
 */
export async function callVault(
  key: VaultKey,
  operation: Operation,
  payload: Readonly<Record<string, string>>,
  settings: VaultSettings,
  { host, signal }: Run,
): Promise<ReadonlyMap<string, unknown>> {
  const place = await placeOf(key, operation, settings);
  const { token, tls, timeout } = settings;
  const headers: Record<string, string> = { ...settings.headers, ...place.headers, 'X-Vault-Request': 'true' };
  if (token !== '') headers['X-Vault-Token'] = token;
  const request: HttpRequest = {
    method: 'PUT',
    timeout,
    tls,
    signal,
    body: JSON.stringify(payload),
    ...place,
    headers,
  };
  await waitForTurn(settings, { host, signal });
  const rule = retryRule(settings);
  const first = await sendWithRetries(request, rule, host);
  const next = settings.followsRedirects ? redirected(first, request) : undefined;
  const answer = next ? await sendWithRetries(next, rule, host) : first;
  if (answer.status >= 400) throw refusal(answer, settings);
  return dataOf(answer);
}

type Place = Pick<HttpRequest, 'url' | 'proxy' | 'socketPath'> & Partial<Pick<HttpRequest, 'headers'>>;

/** Where a request goes: to the agent if there is one, else to the key's address. */
async function placeOf(key: VaultKey, operation: Operation, settings: VaultSettings): Promise<Place> {
  const { agent, proxy } = settings;
  if (agent.startsWith('unix://')) {
    const url = operationUrl({ ...key, address: 'http://localhost' }, operation);
    return { url, socketPath: agent.slice('unix://'.length) };
  }
  const url = operationUrl(agent === '' ? key : { ...key, address: agent }, operation);
  const place = settings.looksUpServices && url.port === '' ? await serviceOf(url) : { url };
  return proxy === undefined ? place : { ...place, proxy };
}

/** The server that DNS names for a host without a port; the host itself when there is none. */
async function serviceOf(url: URL): Promise<Place> {
  const { resolveSrv } = await import('node:dns/promises');
  const found = await resolveSrv(`_http._tcp.${url.hostname}`).catch(() => []);
  const [best] = found.sort((one, other) => one.priority - other.priority || other.weight - one.weight);
  if (!best) return { url };
  const target = new URL(url);
  target.hostname = best.name;
  target.port = String(best.port);
  return { url: target, headers: { Host: url.host } };
}

/** What Vault's own client takes for passing: quotas, replication lag, and errors of the server but "not implemented". */
function retryRule({ retries }: VaultSettings): RetryRule {
  return {
    retries,
    wait: (retry) => (1000 + 500 * Math.random()) * retry,
    isPassing: (status) => status === 412 || status === 429 || (status >= 500 && status !== 501),
  };
}

/** A standby server sends clients on to the active one; that is followed once. Undefined when there is nothing to follow. */
function redirected({ status, headers }: HttpResponse, request: HttpRequest): HttpRequest | undefined {
  if (![301, 302, 307].includes(status) || headers.location === undefined) return undefined;
  const url = URL.canParse(headers.location, request.url.href) ? new URL(headers.location, request.url) : undefined;
  if (url === undefined) throw new SopsError('key', 'Vault redirects to something that is no URL');
  if (request.url.protocol === 'https:' && url.protocol !== 'https:') {
    throw new SopsError('key', 'redirect would cause protocol downgrade');
  }
  return { ...request, url };
}

function refusal({ status, body }: HttpResponse, { token }: VaultSettings): SopsError {
  const errors = membersOf(body)?.get('errors');
  const words = Array.isArray(errors) ? errors.filter((error) => typeof error === 'string').join('; ') : '';
  const said = wordsOf(words, [token]);
  const missing = token === '' && status === 403;
  return new SopsError('key', `Vault answered ${status}${said && `: ${said}`}`, {
    ...(missing ? { hint: 'There is no token: set VAULT_TOKEN, or log in so that ~/.vault-token is written.' } : {}),
  });
}

function dataOf({ body, status }: HttpResponse): ReadonlyMap<string, unknown> {
  const answer = membersOf(body);
  if (!answer) throw new SopsError('key', `the answer (status ${status}) is not one of Vault's`);
  const data = mapOf(answer.get('data'));
  if (!data) throw new SopsError('key', 'transit backend is empty');
  return data;
}

/** By run: how many requests may go at once, as of when (milliseconds). */
const turns = new WeakMap<Host, { left: number; at: number }>();

/** Waits as `VAULT_RATE_LIMIT` wants it: a bucket of `burst` requests, filled at the rate. */
async function waitForTurn({ rate }: VaultSettings, { host, signal }: Run): Promise<void> {
  if (!rate) return;
  const now = Date.now();
  const { left, at } = turns.get(host) ?? { left: rate.burst, at: now };
  const filled = Math.min(rate.burst, left + ((now - at) / 1000) * rate.perSecond) - 1;
  turns.set(host, { left: filled, at: now });
  if (filled < 0) await sleep((-filled / rate.perSecond) * 1000, undefined, signal ? { signal } : {});
}
