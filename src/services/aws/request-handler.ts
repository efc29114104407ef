/** Where the requests of the AWS SDK go, and how: as all of ours, through proxies, with the system's certificates too. */
import type { Host } from '../../util/host/host.js';
import { isOf } from '../../util/realms.js';
import { encodeText } from '../../util/text/text.js';
import { answerTime } from '../../util/waiting/timeout.js';
import type { HttpRequest } from '../http/request.js';
import { askedWait, LONGEST_WAIT, sendWithRetries } from '../http/retry.js';
import { readTlsRoots } from '../http/tls-roots.js';

/** A request as the SDK hands it over. */
interface SdkRequest {
  readonly method: string;
  /** With the colon. */
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** What the SDK asks of what sends its requests. */
export interface SdkRequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: SdkRequest, options?: { abortSignal?: unknown }): Promise<{ response: SdkResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

const TIMEOUT_MS = 60_000;
/** Only lost connections: what the service answers is for the SDK to judge. */
const RETRY = { retries: 2, wait: (retry: number) => 100 * 2 ** retry, isPassing: () => false };

/**
 * The SDK's own handler knows neither HTTPS_PROXY nor SSL_CERT_FILE nor the system's certificates, which the Go SDK in SOPS all
 * heeds. Requests are texts or bytes that are at hand as a whole, and answers small.
 */
export function requestHandlerFor(host: Host): SdkRequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ method, protocol, hostname, port, path, query, headers, body }, options) {
      const place = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
      const url = new URL(`${place}${queryText(query)}`);
      const signal = isOf(AbortSignal, options?.abortSignal) ? options.abortSignal : undefined;
      const ca = await readTlsRoots(host, 'key', 'AWS_CA_BUNDLE');
      const request: HttpRequest = {
        method: method as HttpRequest['method'],
        url,
        headers,
        body: isOf(Uint8Array, body) ? body : String(body ?? ''),
        timeout: answerTime(host, TIMEOUT_MS),
        signal,
        ...(ca ? { tls: { ca } } : {}),
      };
      const answer = await sendWithRetries(request, RETRY, host);
      const asksTooMuch = (askedWait(answer) ?? 0) > LONGEST_WAIT;
      const texts = Object.entries(answer.headers)
        // The SDK would wait for some seconds, in vain.
        .filter(([name]) => !(asksTooMuch && name === 'retry-after'))
        .map(([name, value]) => [name, String(value)]);
      const response = {
        statusCode: answer.status,
        headers: Object.fromEntries(texts),
        body: encodeText(answer.body),
      };
      return { response };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

/** A query as it was signed: sorted by the SDK's signer, each part encoded as RFC 3986 has it. */
function queryText(query: SdkRequest['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${encode(name)}=${encode(String(one ?? ''))}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
