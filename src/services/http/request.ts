/** One HTTP request to a service, with a small answer: through the proxies of the environment, without following redirects. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { type ErrorCode, SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';
import { decodeText } from '../../util/text/text.js';
import { noteThrottled } from '../../util/waiting/concurrency-limit.js';
import { keptConnections } from './connections.js';
import { HttpFailure } from './failure.js';
import { AUTHORITY_HINT, readTlsRoots } from './tls-roots.js';

/** Several values of one name are headers of their own. */
export type HttpHeaders = Readonly<Record<string, string | string[]>>;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly body?: string | Uint8Array;
  /** For the whole exchange, in milliseconds. */
  readonly timeout: number;
  readonly tls?: ConnectionOptions;
  /** Instead of the environment's proxy; null for none. */
  readonly proxy?: URL | null;
  /** A unix socket to connect to instead of the URL's host. */
  readonly socketPath?: string;
  /** Ends the exchange when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may be, in bytes; 1 MiB unless told otherwise. */
  readonly mostBytes?: number;
  /** Code of the errors thrown; `key` unless told otherwise. */
  readonly errorCode?: ErrorCode;
  /** Whether it may be sent twice, so that it can go over a connection that is open already, and may just be closed by the server. */
  readonly isRepeatable?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As text; `encodeText` gives back bytes that are not UTF-8. Of a refusal without what let the request in. */
  readonly body: string;
}

/** Answers of key services are a few kilobytes; what is longer comes from somewhere else. */
const MOST_BYTES = 1 << 20;

/**
 * Sends a request and reads the answer, whatever its status. With `SSL_CERT_FILE` servers are checked against the certificates
 * there; else against Node's own and, if these do not know a server's authority, the system's, as programs in Go do.
 * Throws an error that names the server and the reason, but nothing of the request's headers and body.
 */
export async function sendRequest(request: HttpRequest, host: Host): Promise<HttpResponse> {
  const answer = withoutLogin(await exchangeTrusting(request, host), request);
  if (saysTooMany(answer)) noteThrottled(host);
  return answer;
}

async function exchangeTrusting(request: HttpRequest, host: Host): Promise<HttpResponse> {
  const code = request.errorCode ?? 'key';
  const secure = request.url.protocol === 'https:';
  const ca = request.tls?.ca ?? (secure ? await readTlsRoots(host, code) : undefined);
  const tls: ConnectionOptions = { ...request.tls, ...(ca === undefined ? {} : { ca }) };
  try {
    return await exchange({ ...request, tls }, host);
  } catch (error) {
    const roots = ca === undefined && isUnknownAuthority(error) ? await systemRoots(host) : undefined;
    if (roots === undefined) throw explain(error, request, code);
    // Nothing was sent but the client's hello: the handshake failed.
    return exchange({ ...request, tls: { ...tls, ca: roots } }, host).catch((again: unknown) => {
      throw explain(again, request, code);
    });
  }
}

/** Headers that let in. */
const LOGIN = new Set(['authorization', 'x-vault-token', 'x-amz-security-token']);

/** Some services quote the request when they refuse it, and what they say is put into messages. */
function withoutLogin(answer: HttpResponse, { headers }: HttpRequest): HttpResponse {
  if (answer.status < 400) return answer;
  const secrets = Object.entries(headers).flatMap(([name, value]) =>
    LOGIN.has(name.toLowerCase()) ? String(value).replace(/^[A-Za-z]+ /, '') : [],
  );
  return { ...answer, body: secrets.reduce((text, secret) => without(secret, text), answer.body) };
}

function without(secret: string, text: string): string {
  return secret === '' ? text : text.replaceAll(secret, '…');
}

/** AWS says so with the status of a wrong request, by the name of the exception. */
function saysTooMany({ status, body }: HttpResponse): boolean {
  if (status === 429) return true;
  return (status === 400 || status === 503) && /"__type"\s*:\s*"[^"]{0,200}(?:Throttl|TooManyRequests)/.test(body);
}

async function exchange(request: HttpRequest, host: Host): Promise<HttpResponse> {
  const { url } = request;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new HttpFailure('only http and https are supported');
  const late = AbortSignal.timeout(request.timeout);
  const signal = request.signal ? AbortSignal.any([late, request.signal]) : late;
  const headers = withLength(request);
  const route = await routeOf({ ...request, headers }, host, signal);
  const protocol = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  const agent = request.isRepeatable && keptConnections(protocol);
  const options: RequestOptions = { method: request.method, headers, signal, agent: agent || false };
  return new Promise((settle, reject) => {
    const sent: ClientRequest = protocol.request(url, { ...request.tls, ...options, ...route }, (answer) => {
      readAnswer(answer, request.mostBytes ?? MOST_BYTES).then(settle, reject);
    });
    sent.on('error', (error) => {
      // The server has closed it meanwhile, and has not seen the request.
      if (sent.reusedSocket && isTransient(error)) settle(exchange({ ...request, isRepeatable: false }, host));
      else reject(error);
    });
    sent.end(request.body);
  });
}

function withLength({ headers, body, method }: HttpRequest): Record<string, string | string[]> {
  if (method === 'GET') return { ...headers };
  return { ...headers, 'Content-Length': String(Buffer.byteLength(body ?? '')) };
}

/** How to get to the server, other than by its name. */
async function routeOf(request: HttpRequest, host: Host, signal: AbortSignal): Promise<RequestOptions> {
  if (request.socketPath !== undefined) return { socketPath: request.socketPath };
  const { proxyFor, throughProxy } = await import('./proxy.js');
  const proxy = request.proxy === undefined ? proxyFor(request.url, host.env) : request.proxy;
  if (!proxy) return {};
  return throughProxy(request.url, proxy, { headers: request.headers, tls: request.tls ?? {}, signal });
}

async function readAnswer(answer: IncomingMessage, most: number): Promise<HttpResponse> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer) {
    length += (part as Buffer).length;
    if (length > most) throw new HttpFailure('the answer is too long');
    parts.push(part as Buffer);
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: decodeText(Buffer.concat(parts)) };
}

/** Codes of OpenSSL, by Node's names, for a certificate whose issuer is not known. */
const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

function isUnknownAuthority(error: unknown): boolean {
  return UNKNOWN_AUTHORITY.has(codeOf(error));
}

async function systemRoots({ platform }: Host): Promise<string[] | undefined> {
  const { readSystemRoots } = await import('./system-roots.js');
  return readSystemRoots(platform);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['ENOTFOUND', 'host not found'],
  ['EAI_AGAIN', 'host not found'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network unreachable'],
  ['ETIMEDOUT', 'connection timed out'],
  ['ENOENT', 'no such socket'],
  ['ABORT_ERR', 'no answer in time'],
  ['EPROTO', 'the server does not speak TLS here'],
]);

/** Whether trying once more may help. A server that refuses, or whose name is unknown, needs more than seconds. */
export function isTransient(error: unknown): boolean {
  const cause = error instanceof SopsError ? error.cause : error;
  return ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'].includes(codeOf(cause));
}

function explain(error: unknown, { url }: HttpRequest, code: ErrorCode): SopsError {
  if (error instanceof SopsError) return error;
  const known = codeOf(error);
  const hint = UNKNOWN_AUTHORITY.has(known)
    ? { hint: AUTHORITY_HINT }
    : { hint: 'Check the address, the network and the proxy (HTTPS_PROXY, NO_PROXY).' };
  return new SopsError(code, `cannot reach ${url.protocol}//${url.host}: ${reasonOf(error, known)}`, {
    ...hint,
    cause: error,
  });
}

function reasonOf(error: unknown, code: string): string {
  const reason = REASONS.get(code);
  if (reason !== undefined) return reason;
  // Texts about certificates come from OpenSSL and Node, and speak of the server's side alone.
  const speaks = error instanceof HttpFailure || /CERT|^ERR_TLS|^UNABLE_TO/.test(code);
  // Node 24 adds advice about its own flags behind a semicolon.
  return speaks && isError(error) ? (error.message.split(/[;\n]/, 1)[0] ?? '') : code || 'request failed';
}

function codeOf(error: unknown): string {
  const code = isError(error) && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : isError(error) && error.name === 'TimeoutError' ? 'ABORT_ERR' : '';
}
