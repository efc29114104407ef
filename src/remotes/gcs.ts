/** Google Cloud Storage: encrypted files as objects, by its JSON API (docs/publish.md#s3-and-google-cloud-storage). */
import { randomUUID } from 'node:crypto';
import { gcpFailure } from '../services/gcp/failure.js';
import {
  type GoogleAccess,
  type GoogleApi,
  googleAccessTo,
  sendToGoogle,
  TypedContent,
} from '../services/gcp/json-api.js';
import { gcpRefusal } from '../services/gcp/refusal.js';
import type { Session } from '../util/host/host.js';
import { withoutTrailing } from '../util/text/trim.js';
import type { Remote } from './remote.js';

const API: GoogleApi = { name: 'storage', variable: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE' };

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
  const query = new URLSearchParams({
    alt: 'json',
    name: object.name,
    prettyPrint: 'false',
    projection: 'full',
    uploadType: 'multipart',
  });
  const path = `/upload/storage/v1/b/${encodeURIComponent(object.bucket)}/o?${query}`;
  const boundary = randomUUID();
  const body = new TypedContent(`multipart/related; boundary=${boundary}`, multipart(boundary, object, content));
  // Uploading the same object once more does no harm.
  const call = { method: 'POST', body, isRepeatable: true } as const;
  const answer = await sendToGoogle(await accessTo(path, host), call, { host });
  if (answer.status !== 200) throw gcpRefusal(answer);
}

/** An emulator gets no token. */
async function accessTo(path: string, host: Session): Promise<GoogleAccess> {
  const emulator = host.env.STORAGE_EMULATOR_HOST;
  if (!emulator) return googleAccessTo(API, path, { host });
  const address = emulator.includes('://') ? emulator : `http://${emulator}`;
  return { url: new URL(`${withoutTrailing(address, '/')}${path}`), headers: {} };
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
