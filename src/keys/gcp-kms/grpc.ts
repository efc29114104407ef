/**
 * GCP KMS over gRPC. Google's own package takes a third of a second to load, writes requests and answers, and with them the
 * parts of data keys, to a debug log, and does not let go of a call; two calls with two fields each do without it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SopsError } from '../../errors.js';
import type { AuthClient } from '../../services/gcp/credentials.js';
import { AUTHORITY_HINT, readTlsRoots } from '../../services/http/tls-roots.js';
import { importGrpc } from '../../services/import-grpc.js';
import { decodeFields, encodeField, onlyField } from '../../util/protobuf.js';
import { STRANGER } from '../advice.js';
import { UNREACHABLE } from './advice.js';
import type { Service, Transport, Verb } from './transport.js';

type Grpc = Awaited<ReturnType<typeof importGrpc>>;
type Client = InstanceType<Grpc['Client']>;
type Metadata = InstanceType<Grpc['Metadata']>;

/** google/cloud/kms/v1/service.proto: both requests have the key's name as field 1, and the bytes as field 2. */
const METHODS = {
  encrypt: { path: '/google.cloud.kms.v1.KeyManagementService/Encrypt', result: 2 },
  decrypt: { path: '/google.cloud.kms.v1.KeyManagementService/Decrypt', result: 1 },
} as const;
const NAME = 1;
const BYTES = 2;

const TIMEOUT_MS = 60_000;
const UNAVAILABLE = 14;
/** Waits before a service that is not available, or lost the connection, is asked again. */
const WAITS_MS = [100, 200, 400];

export async function grpcTransport(service: Service): Promise<Transport> {
  const grpc = await importGrpc();
  const roots = await readTlsRoots(service.host);
  const address = addressOf(service);
  const credentials = channelCredentials(grpc, service.credentials, roots);
  return {
    async call(verb, name, bytes, signal) {
      // The package keeps the connection of a closed client for some seconds, so the next call need not make one.
      const client = new grpc.Client(address, credentials);
      try {
        return await callPatiently(grpc, client, { verb, name, bytes, signal });
      } catch (error) {
        throw isUnavailable(error) ? unreachable(address, error) : error;
      } finally {
        client.close();
      }
    },
  };
}

/** `host:port`; the port may be left out. */
function addressOf({ endpoint, universe }: Service): string {
  const address = endpoint || `cloudkms.${universe}`;
  const url = URL.canParse(`https://${address}`) ? new URL(`https://${address}`) : undefined;
  if (url && !address.includes('/')) return `${url.hostname}:${url.port || '443'}`;
  throw new SopsError('key', `SOPS_GCP_KMS_ENDPOINT is not of the form host:port: ${JSON.stringify(endpoint)}`, {
    hint: 'URLs are for SOPS_GCP_KMS_CLIENT_TYPE=rest.',
  });
}

/** TLS with the user's certificates, and the token with every call; it is never sent without TLS. */
function channelCredentials(grpc: Grpc, credentials: AuthClient, roots: Buffer | undefined) {
  const tokens = grpc.credentials.createFromMetadataGenerator(({ service_url: url }, done) => {
    credentials.getRequestHeaders(url).then(
      (headers) => done(null, metadataOf(grpc, headers)),
      (error: Error) => done(error),
    );
  });
  return grpc.credentials.combineChannelCredentials(grpc.credentials.createSsl(roots ?? null), tokens);
}

function metadataOf(grpc: Grpc, headers: Iterable<readonly [string, string]>): Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of headers) metadata.set(name, value);
  return metadata;
}

interface Call {
  readonly verb: Verb;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

async function callPatiently(grpc: Grpc, client: Client, call: Call): Promise<Uint8Array | undefined> {
  for (const wait of WAITS_MS) {
    try {
      return await callOnce(grpc, client, call);
    } catch (error) {
      if (!isUnavailable(error) || call.signal?.aborted) throw error;
      await sleep(wait);
    }
  }
  return callOnce(grpc, client, call);
}

async function callOnce(
  grpc: Grpc,
  client: Client,
  { verb, name, bytes, signal }: Call,
): Promise<Uint8Array | undefined> {
  const { path, result } = METHODS[verb];
  const request = Buffer.concat([encodeField(NAME, Buffer.from(name)), encodeField(BYTES, bytes)]);
  const metadata = metadataOf(grpc, [['x-goog-request-params', `name=${encodeURIComponent(name)}`]]);
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const options = { deadline: Date.now() + TIMEOUT_MS };
    const call = client.makeUnaryRequest(path, asIs, asIs, request, metadata, options, (error, message) => {
      signal?.removeEventListener('abort', cancel);
      if (error) reject(error);
      else resolve(message ?? Buffer.alloc(0));
    });
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
  });
  try {
    return onlyField(decodeFields(answer, [result]), result);
  } catch (error) {
    throw error instanceof SopsError ? error.with('key', { hint: STRANGER }) : error;
  }
}

const UNTRUSTED = 'its certificate is not trusted';
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/Name resolution failed|ENOTFOUND|EAI_AGAIN/, 'host not found'],
  [/ECONNRESET|socket hang up/, 'connection reset'],
  [/certificate|UNABLE_TO|CERT_/i, UNTRUSTED],
  [/ETIMEDOUT/, 'connection timed out'],
];

/** No connection: the package's words for it are long, and begin with what says nothing. */
function unreachable(address: string, cause: unknown): SopsError {
  const said = cause instanceof Error ? cause.message : '';
  const reason = REASONS.find(([pattern]) => pattern.test(said))?.[1] ?? 'the service is not available';
  return new SopsError('key', `cannot reach ${address}: ${reason}`, {
    hint: reason === UNTRUSTED ? AUTHORITY_HINT : UNREACHABLE,
    cause,
  });
}

const asIs = (message: Buffer): Buffer => message;

function isUnavailable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNAVAILABLE;
}
