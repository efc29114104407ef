/** GCP KMS over REST, for networks that do not let gRPC through. */
import { SopsError } from '../../errors.js';
import { gcpRefusal } from '../../services/gcp/refusal.js';
import { answerMembers } from '../../services/http/answer.js';
import type { HttpRequest, HttpResponse } from '../../services/http/request.js';
import { sendWithRetries } from '../../services/http/retry.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { NOT_THE_SERVICE } from '../advice.js';
import { adviseOnStatus } from './advice.js';
import { type Service, type Transport, tokenHeaders } from './service.js';

const TIMEOUT_MS = 60_000;
/** As Google's clients have it: the service asks for patience with 503. */
const RETRY = { retries: 3, wait: (retry: number) => 100 * 2 ** retry, isPassing: (status: number) => status === 503 };
const FIELD = { encrypt: ['plaintext', 'ciphertext'], decrypt: ['ciphertext', 'plaintext'] } as const;

export function restTransport(service: Service): Transport {
  const base = baseOf(service);
  return {
    async call(verb, name, bytes, signal) {
      const url = new URL(`${base}/v1/${pathOf(name)}:${verb}?%24alt=json%3Benum-encoding%3Dint`);
      const [given, wanted] = FIELD[verb];
      const headers = {
        ...Object.fromEntries(await tokenHeaders(service, url.href, signal)),
        'Content-Type': 'application/json',
        'x-goog-request-params': `name=${encodeURIComponent(name)}`,
      };
      const body = JSON.stringify({ name, [given]: Buffer.from(bytes).toString('base64') });
      const request: HttpRequest = { method: 'POST', url, headers, body, timeout: TIMEOUT_MS, signal };
      return bytesOf(await sendWithRetries(request, RETRY, service.host), wanted);
    },
  };
}

/** `https://` is taken for granted, as Google's clients do. */
function baseOf({ endpoint, universe }: Service): string {
  const address = endpoint || `cloudkms.${universe}`;
  const base = address.includes('://') ? address : `https://${address}`;
  if (!URL.canParse(base)) throw new SopsError('key', 'SOPS_GCP_KMS_ENDPOINT is not a URL');
  return withoutTrailing(base, '/');
}

/** Nothing in a name may end the path; the colon of projects in domains stays as it is. */
function pathOf(name: string): string {
  return name
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3A', ':'))
    .join('/');
}

function bytesOf({ status, body }: HttpResponse, field: string): Uint8Array | undefined {
  const answer = answerMembers(body);
  if (status !== 200) {
    const refusal = gcpRefusal({ status, body });
    throw advised(refusal, adviseOnStatus(status, refusal.message));
  }
  if (!answer) throw new SopsError('key', 'the answer cannot be understood', { hint: NOT_THE_SERVICE });
  const value = answer.get(field);
  const bytes = typeof value === 'string' ? decodeBase64(value) : null;
  return bytes ?? undefined;
}

function advised(error: SopsError, hint: string | undefined): SopsError {
  return hint === undefined ? error : error.with('key', { hint });
}
