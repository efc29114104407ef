/** `ref+s3://BUCKET/KEY`: objects of AWS S3. */
import { Readable } from 'node:stream';
import { SopsError } from '../../errors.js';
import type { SdkRequestHandler } from '../../services/aws/request-handler.js';
import { decodeText } from '../../util/text/text.js';
import { type AwsClient, type AwsClientSettings, type AwsCommand, AwsStore, type AwsStoreKind } from '../aws-access.js';
import { type BackendKind, parameterOf } from '../backend.js';
import { bucketAndKey } from '../bucket-path.js';
import { yamlValues } from '../yaml-values.js';

interface ObjectStore {
  readonly S3Client: new (settings: AwsClientSettings & { readonly followRegionRedirects: boolean }) => AwsClient;
  readonly GetObjectCommand: new (input: ObjectQuestion) => AwsCommand<ObjectAnswer>;
}

interface ObjectQuestion {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

interface ObjectAnswer {
  readonly Body?: { transformToByteArray(): Promise<Uint8Array> };
}

const KIND: AwsStoreKind = {
  title: 'AWS S3',
  endpoint: 'S3',
  async make(settings) {
    const { S3Client } = await loadObjectStore();
    const requestHandler = streaming(settings.requestHandler);
    return new S3Client({ ...settings, requestHandler, followRegionRedirects: true });
  },
};

export const s3Object: BackendKind = {
  open(parameters, context) {
    const own = (name: string): string | undefined => parameterOf(name, parameters, context);
    const version = own('version') ?? own('version_id');
    const store = new AwsStore(KIND, parameters, context);
    const text = (path: string): Promise<string> => read(path, version, store);
    return { text, values: async (path) => yamlValues(await text(path), `the object ${path}`) };
  },
};

async function read(path: string, version: string | undefined, store: AwsStore): Promise<string> {
  const { bucket, key } = bucketAndKey(path, 's3');
  // A URL has no such segments: it would name another object than the one that was signed.
  if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new SopsError('reference-malformed', 'the key of an object has no segment . or ..');
  }
  const { GetObjectCommand } = await loadObjectStore();
  const place = `s3://${bucket}/${key}`;
  const question = { Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) };
  const { Body } = await store.ask(place, new GetObjectCommand(question));
  // The checksums are compared as it is read.
  const bytes = await Body?.transformToByteArray().catch((error: unknown) => {
    throw store.failure(place, error).with('store-unreachable');
  });
  return decodeText(bytes ?? new Uint8Array());
}

/** The SDK takes the content of an object as a stream only. */
function streaming(handler: SdkRequestHandler): SdkRequestHandler {
  return {
    ...handler,
    async handle(request, options) {
      const { response } = await handler.handle(request, options);
      return { response: { ...response, body: Readable.from([response.body]) as unknown as Uint8Array } };
    },
  };
}

function loadObjectStore(): Promise<ObjectStore> {
  return import('../../packages/aws-s3.js') as Promise<unknown> as Promise<ObjectStore>;
}
