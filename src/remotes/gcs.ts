/** Google Cloud Storage: encrypted files as objects, by its JSON API (docs/publish.md#where-storage-is). */
import { randomUUID } from 'node:crypto';
import { endingPrograms } from '../exec/started-programs.js';
import { findDefaultCredentials } from '../services/gcp/credentials.js';
import { gcpFailure } from '../services/gcp/failure.js';
import { gcpRefusal } from '../services/gcp/refusal.js';
import { sendWithRetries } from '../services/http/retry.js';
import type { Session } from '../util/host.js';
import { inTime, keyTimeout, whileWaitingFor } from '../util/timeout.js';
import { withoutTrailing } from '../util/trim.js';
import type { Remote } from './remote.js';

const TIMEOUT_MS = 120_000;
/** Uploading the same object once more does no harm. */
const RETRY = {
  retries: 3,
  wait: (retry: number) => 250 * 2 ** retry,
  isPassing: (status: number) => status === 408 || status === 429 || (status >= 500 && status !== 501),
};

export const gcs: Remote<Uint8Array> = {
  open(settings, host) {
    const bucket = settings.get('gcs_bucket') ?? '';
    const keyOf = (name: string): string => `${settings.get('gcs_prefix') ?? ''}${name}`;
    const url = (name: string): string => `gcs://${bucket}/${keyOf(name)}`;
    return {
      url,
      async put(name, content) {
        try {
          await insert({ bucket, name: keyOf(name) }, content, host);
        } catch (error) {
          throw gcpFailure(`failed to upload to ${url(name)}`, error).with('failed');
        }
        return 'written';
      },
    };
  },
};

interface StoredObject {
  readonly bucket: string;
  readonly name: string;
}

/** One multipart request, as Google's client for Go sends it for files below 16 MiB. */
async function insert(object: StoredObject, content: Uint8Array, host: Session): Promise<void> {
  const { base, headers } = await serviceOf(host);
  const query = new URLSearchParams({
    alt: 'json',
    name: object.name,
    prettyPrint: 'false',
    projection: 'full',
    uploadType: 'multipart',
  });
  const url = new URL(`${base}/upload/storage/v1/b/${encodeURIComponent(object.bucket)}/o?${query}`);
  const boundary = randomUUID();
  const answer = await sendWithRetries(
    {
      method: 'POST',
      url,
      headers: { ...(await headers(url)), 'Content-Type': `multipart/related; boundary=${boundary}` },
      body: multipart(boundary, object, content),
      timeout: TIMEOUT_MS,
    },
    RETRY,
    host,
  );
  if (answer.status !== 200) throw gcpRefusal(answer);
}

function multipart(boundary: string, object: StoredObject, content: Uint8Array): Buffer {
  const part = (type: string): string => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(`${part('application/json')}${JSON.stringify(object)}\r\n`),
    Buffer.from(part('text/plain; charset=utf-8')),
    content,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
}

interface Service {
  readonly base: string;
  headers(url: URL): Promise<Record<string, string>>;
}

const SERVICE = Symbol('Google Cloud Storage');

/** The service of a run, with its credentials. */
function serviceOf(host: Session): Promise<Service> {
  return host.once(SERVICE, () => findService(host));
}

/** An emulator gets no token. */
async function findService(host: Session): Promise<Service> {
  const emulator = host.env.STORAGE_EMULATOR_HOST;
  if (emulator) {
    const address = emulator.includes('://') ? emulator : `http://${emulator}`;
    return { base: withoutTrailing(address, '/'), headers: async () => ({}) };
  }
  const credentials = await findDefaultCredentials(host);
  return {
    base: `https://storage.${credentials.universeDomain}`,
    // The token may come from a program that waits for somebody.
    headers: (url) =>
      inTime(keyTimeout(host), undefined, (signal) =>
        whileWaitingFor('the Google credentials', { host, signal }, () =>
          endingPrograms(signal, async () => Object.fromEntries(await credentials.getRequestHeaders(url.href))),
        ),
      ),
  };
}
