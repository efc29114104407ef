/** AWS S3: encrypted files as objects (docs/publish.md#s3-and-google-cloud-storage). */
import { SopsError } from '../errors.js';
import { awsFailure } from '../services/aws/failure.js';
import type { Session } from '../util/host/host.js';
import {
  clientsBySettings,
  makePublishingClient,
  type PublishingSettings,
  withFreshCredentials,
} from './aws-client.js';
import type { Remote } from './remote.js';

type S3 = typeof import('../packages/aws-s3.js');
type Client = InstanceType<S3['S3Client']>;

export const s3: Remote<Uint8Array> = {
  open(settings, host) {
    const bucket = settings.get('s3_bucket') ?? '';
    const keyOf = (name: string): string => `${settings.get('s3_prefix') ?? ''}${name}`;
    const url = (name: string): string => `s3://${bucket}/${keyOf(name)}`;
    return {
      url,
      async put(name, content) {
        const doing = `failed to upload to ${url(name)}`;
        const key = keyOf(name);
        // A URL has no such segments: it would name another object than the one that was signed.
        if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
          throw new SopsError('config', `${doing}: the key has a segment . or ..`, { hint: 'See s3_prefix.' });
        }
        try {
          const { PutObjectCommand } = await loadS3();
          const object = { Bucket: bucket, Key: key, Body: content, ContentType: 'application/octet-stream' };
          await withFreshCredentials(host, async () => (await clientFor(host)).send(new PutObjectCommand(object)));
        } catch (error) {
          throw awsFailure(doing, error).with('failed');
        }
        return 'written';
      },
    };
  },
};

/** The client of a run; it keeps its credentials. */
function clientFor(host: Session): Promise<Client> {
  return clientsBySettings('S3', new Map(), host, () => makeClient(host));
}

async function makeClient(host: Session): Promise<Client> {
  const { S3Client } = await loadS3();
  const make = async (settings: PublishingSettings) => new S3Client({ ...settings, expectContinueHeader: false });
  return makePublishingClient({ endpoint: 'S3', make }, host);
}

function loadS3(): Promise<S3> {
  return import('../packages/aws-s3.js');
}
