/** Requests to a Vault server, as the environment says: agent, proxy, namespace, retries, one redirect, rate limit. */

import { setTimeout as sleep } from 'node:timers/promises';
import { SopsError } from '../../errors.js';
import { SYSTEM_CLOCK } from '../../util/waiting/clock.js';
import { answerMembers, serviceWords } from '../http/answer.js';
import type { HttpRequest, HttpResponse } from '../http/request.js';
import { type RetryRule, sendWithRetries } from '../http/retry.js';
import type { ServiceCall } from '../service-call.js';
import { apiUrl } from './address.js';
import type { VaultSettings } from './settings.js';

export interface VaultRequest {
  /** PATCH merges, as RFC 7396 has it. */
  readonly method: 'GET' | 'PUT' | 'PATCH';
  /** URL of the server. */
  readonly address: string;
  /** Whether an agent of `VAULT_AGENT_ADDR`, if there is one, is asked instead of that server. */
  readonly viaAgent: boolean;
  /** Whether a redirect to another host is refused: the token, and what is read by it, are for the host that was named. */
  readonly staysOnHost?: boolean;
  /** Whether it makes something each time, so that it is not sent again when the connection was lost and it may have been done. */
  readonly isOnce?: boolean;
  /** The path below `/v1/`, not encoded; see {@link apiUrl} for what is refused. */
  readonly segments: readonly string[];
  /** JSON; not for GET. */
  readonly body?: string;
  /** After the path. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Sends a request with the user's token and returns the answer, whatever its status. Throws `key` when there is none. */
export async function sendToVault(
  { method, body, query = {}, staysOnHost = false, isOnce = false, ...target }: VaultRequest,
  settings: VaultSettings,
  { host, signal }: ServiceCall,
): Promise<HttpResponse> {
  const place = await placeOf(target, settings);
  for (const [name, value] of Object.entries(query)) place.url.searchParams.set(name, value);
  const { token, tls, timeout } = settings;
  const headers: Record<string, string> = { ...settings.headers, ...place.headers, 'X-Vault-Request': 'true' };
  if (token !== '') headers['X-Vault-Token'] = token;
  if (method === 'PATCH') headers['Content-Type'] = 'application/merge-patch+json';
  const content = body === undefined ? {} : { body };
  const request: HttpRequest = { method, timeout, tls, signal, ...content, ...place, headers };
  await waitForTurn(settings, { host, signal });
  const rule = { ...retryRule(settings), onlyAnswered: isOnce };
  const first = await sendWithRetries(request, rule, host);
  const next = settings.followsRedirects ? redirected(first, request, staysOnHost) : undefined;
  return next ? sendWithRetries(next, rule, host) : first;
}

/** The error for an answer that refuses: with the server's own words, and nothing of what was sent. */
export function vaultRefusal({ status, body }: HttpResponse, { token }: VaultSettings): SopsError {
  const errors = answerMembers(body)?.get('errors');
  const words = Array.isArray(errors) ? errors.filter((error) => typeof error === 'string').join('; ') : '';
  const said = serviceWords(words, [token]);
  const missing = token === '' && status === 403;
  return new SopsError('key', `Vault answered ${status}${said && `: ${said}`}`, {
    ...(missing ? { hint: 'There is no token: set VAULT_TOKEN, or log in so that ~/.vault-token is written.' } : {}),
  });
}

type Place = Pick<HttpRequest, 'url' | 'proxy' | 'socketPath'> & Partial<Pick<HttpRequest, 'headers'>>;
type Target = Omit<VaultRequest, 'method' | 'body' | 'query' | 'staysOnHost' | 'isOnce'>;

/** Where a request goes: to the agent if there is one, else to the address. */
async function placeOf({ address, viaAgent, segments }: Target, settings: VaultSettings): Promise<Place> {
  const agent = viaAgent ? settings.agent : '';
  if (agent.startsWith('unix://')) {
    return { url: apiUrl('http://localhost', segments), socketPath: agent.slice('unix://'.length) };
  }
  const url = apiUrl(agent === '' ? address : agent, segments);
  const place = settings.looksUpServices && url.port === '' ? await serviceOf(url) : { url };
  return settings.proxy === undefined ? place : { ...place, proxy: settings.proxy };
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
function redirected(
  { status, headers }: HttpResponse,
  request: HttpRequest,
  staysOnHost: boolean,
): HttpRequest | undefined {
  if (![301, 302, 307].includes(status) || headers.location === undefined) return undefined;
  const url = URL.canParse(headers.location, request.url.href) ? new URL(headers.location, request.url) : undefined;
  if (url === undefined) throw new SopsError('key', 'Vault redirects to something that is not a URL');
  if (request.url.protocol === 'https:' && url.protocol !== 'https:') {
    throw new SopsError('key', 'redirect would cause protocol downgrade');
  }
  if (staysOnHost && url.host !== request.url.host) {
    throw new SopsError('store-denied', `Vault redirects to ${url.host}, which would get the token`, {
      hint: 'If that is your server, too, name it in VAULT_ADDR.',
    });
  }
  return { ...request, url };
}

/** How many requests may go at once, as of when (milliseconds, by a clock that nobody sets). */
interface Turns {
  left: number;
  at: number;
}

const TURNS = Symbol('turns of requests to Vault');

/** Waits as `VAULT_RATE_LIMIT` wants it: a bucket of `burst` requests, filled at the rate. */
async function waitForTurn({ rate }: VaultSettings, { host, signal }: ServiceCall): Promise<void> {
  if (!rate) return;
  const now = SYSTEM_CLOCK.steady();
  const turns = host.once<Turns>(TURNS, () => ({ left: rate.burst, at: now }));
  const filled = Math.min(rate.burst, turns.left + ((now - turns.at) / 1000) * rate.perSecond) - 1;
  Object.assign(turns, { left: filled, at: now });
  if (filled < 0) await sleep((-filled / rate.perSecond) * 1000, undefined, signal ? { signal } : {});
}
