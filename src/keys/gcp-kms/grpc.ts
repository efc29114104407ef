/** GCP KMS over gRPC, through Google's own client. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SopsError } from '../../errors.js';
import { importSdk } from '../../util/import-sdk.js';
import { readTlsRoots } from '../../util/tls-roots.js';
import type { AuthClient } from './credentials.js';
import type { Service, Transport, Verb } from './transport.js';

type Kms = typeof import('@google-cloud/kms');
type Grpc = typeof import('@grpc/grpc-js');
type Client = InstanceType<Kms['v1']['KeyManagementServiceClient']>;

const UNAVAILABLE = 14;
/**
 * The package would try again for a minute, and then put all its tries into one message. Here it tries once, and we try
 * again after these milliseconds.
 */
const WAITS = [100, 200, 400];
/** Anew for each call: the package puts the call's headers into the object. */
const callOptions = () => ({ timeout: 60_000, retry: { retryCodes: [] } });

export async function grpcTransport({ endpoint, universe, credentials, host }: Service): Promise<Transport> {
  const [{ v1 }, grpc] = await Promise.all([importSdk<Kms>('@google-cloud/kms'), importSdk<Grpc>('@grpc/grpc-js')]);
  const client = new v1.KeyManagementServiceClient({
    authClient: credentials,
    universeDomain: universe,
    sslCreds: channelCredentials(grpc, credentials, await readTlsRoots(host)),
    ...addressOf(endpoint),
  });
  return { call: (verb, name, bytes, signal) => callPatiently(client, verb, { name, bytes }, signal) };
}

/** `host` or `host:port`. */
function addressOf(endpoint: string): { apiEndpoint?: string; port?: number } {
  if (endpoint === '') return {};
  const url = URL.canParse(`https://${endpoint}`) ? new URL(`https://${endpoint}`) : undefined;
  if (!url || endpoint.includes('/')) {
    throw new SopsError('key', `SOPS_GCP_KMS_ENDPOINT is not of the form host:port: ${JSON.stringify(endpoint)}`, {
      hint: 'URLs are for SOPS_GCP_KMS_CLIENT_TYPE=rest.',
    });
  }
  return { apiEndpoint: url.hostname, port: Number(url.port || '443') };
}

/** TLS with the user's certificates, and the token with every call. */
function channelCredentials({ credentials: make }: Grpc, credentials: AuthClient, roots: Buffer | undefined) {
  const tokens = make.createFromGoogleCredential({
    // It takes headers as an object, not as the `Headers` that the other package gives.
    getRequestHeaders: async (url?: string) => Object.fromEntries(await credentials.getRequestHeaders(url)),
  } as never);
  return make.combineChannelCredentials(make.createSsl(roots ?? null), tokens);
}

interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function callPatiently(client: Client, verb: Verb, input: Input, signal?: AbortSignal) {
  for (const wait of WAITS) {
    try {
      return await callOnce(client, verb, input);
    } catch (error) {
      if (codeOf(error) !== UNAVAILABLE || signal?.aborted) throw error;
      await sleep(wait);
    }
  }
  return callOnce(client, verb, input);
}

async function callOnce(client: Client, verb: Verb, { name, bytes }: Input): Promise<Uint8Array | undefined> {
  if (verb === 'encrypt') {
    const [answer] = await client.encrypt({ name, plaintext: bytes }, callOptions());
    return bytesOf(answer.ciphertext);
  }
  const [answer] = await client.decrypt({ name, ciphertext: bytes }, callOptions());
  return bytesOf(answer.plaintext);
}

/** An absent field of bytes reads as an empty one. */
function bytesOf(value: Uint8Array | string | null | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length > 0 ? value : undefined;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
