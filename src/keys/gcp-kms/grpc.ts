/** GCP KMS over gRPC, by Google's own client. */
import { SopsError } from '../../errors.js';
import type { GcpKmsClient } from '../../packages/google-kms.js';
import type { AuthClient } from '../../services/gcp/credentials.js';
import { AUTHORITY_HINT, readTlsRoots } from '../../services/http/tls-roots.js';
import { isError } from '../../util/realms.js';
import { jitteredPause } from '../../util/waiting/backoff.js';
import { noteThrottled } from '../../util/waiting/concurrency-limit.js';
import { NOT_THE_SERVICE } from '../advice.js';
import { UNREACHABLE } from './advice.js';
import { type Service, type Transport, tokenHeaders, type Verb } from './service.js';

type Grpc = typeof import('../../packages/grpc.js').grpc;
type Metadata = InstanceType<Grpc['Metadata']>;

const TIMEOUT_MS = 60_000;
const UNAVAILABLE = 14;
const RESOURCE_EXHAUSTED = 8;
/** Waits before a service that is not available, lost the connection, or gets too many calls, is asked again. */
const WAITS_MS = [100, 200, 400];

export async function grpcTransport(service: Service): Promise<Transport> {
  const { grpc } = await import('../../packages/grpc.js');
  const { makeKmsClient } = await import('../../packages/google-kms.js');
  const roots = await readTlsRoots(service.host);
  const { host, port } = addressOf(service);
  const credentials = channelCredentials(grpc, service.credentials, roots);
  const { universe } = service;
  const usesProxy = !service.host.isEnvGiven;
  const client = makeKmsClient({ grpc, host, port, universe, credentials, timeout: TIMEOUT_MS, usesProxy });
  return {
    async call(verb, name, bytes, signal) {
      try {
        // A program may have to give it; the client itself would not end that.
        await tokenHeaders(service, `https://${host}`, signal);
        return await callWithRetries(client, { verb, name, bytes, signal }, () => noteThrottled(service.host));
      } catch (error) {
        throw isUnavailable(error) ? unreachable(`${host}:${port}`, error) : error;
      }
    },
  };
}

/** The port may be left out. */
function addressOf({ endpoint, universe }: Service): { host: string; port: number } {
  const address = endpoint || `cloudkms.${universe}`;
  const url = URL.canParse(`https://${address}`) ? new URL(`https://${address}`) : undefined;
  if (url && !address.includes('/')) return { host: url.hostname, port: Number(url.port || '443') };
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

/** `noteTooMany` is told each time that the service gets too many calls: the run then makes fewer of them at a time. */
async function callWithRetries(
  client: GcpKmsClient,
  call: Call,
  noteTooMany: () => void,
): Promise<Uint8Array | undefined> {
  for (let tries = 0; ; tries++) {
    try {
      return await callOnce(client, call);
    } catch (error) {
      const getsTooMany = codeOf(error) === RESOURCE_EXHAUSTED;
      if (getsTooMany) noteTooMany();
      const wait = WAITS_MS[tries];
      if (wait === undefined || !(getsTooMany || isUnavailable(error)) || call.signal?.aborted) throw error;
      await jitteredPause(wait);
    }
  }
}

async function callOnce(client: GcpKmsClient, { verb, name, bytes, signal }: Call): Promise<Uint8Array | undefined> {
  try {
    return await client[verb](name, bytes, signal);
  } catch (cause) {
    const fault = faultOf(cause);
    if (fault === undefined) throw cause;
    const end = fault.startsWith('index out of range') ? ': it ends too early' : '';
    throw new SopsError('key', `not a message of the protocol${end}`, { hint: NOT_THE_SERVICE, cause });
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
  const said = isError(cause) ? cause.message : '';
  const reason = REASONS.find(([pattern]) => pattern.test(said))?.[1] ?? 'the service is not available';
  return new SopsError('key', `cannot reach ${address}: ${reason}`, {
    hint: reason === UNTRUSTED ? AUTHORITY_HINT : UNREACHABLE,
    cause,
  });
}

/** What the package for messages says of an answer that is not one; undefined for any other error. */
function faultOf(error: unknown): string | undefined {
  return isError(error) ? /Response message parsing error: (.*)/.exec(error.message)?.[1] : undefined;
}

function isUnavailable(error: unknown): boolean {
  return codeOf(error) === UNAVAILABLE;
}

function codeOf(error: unknown): unknown {
  return isError(error) && 'code' in error ? error.code : undefined;
}
