/** The ways to reach GCP KMS: gRPC, or REST (docs/keys/gcp-kms.md#calls). */
import { SopsError } from '../../errors.js';
import { endingPrograms } from '../../exec/started-programs.js';
import { type AuthClient, findGoogleCredentials } from '../../services/gcp/credentials.js';
import { proxyFor } from '../../services/http/proxy.js';
import { LastingAnswers } from '../../util/answer-memory.js';
import type { Session } from '../../util/host.js';
import { whileWaitingFor } from '../../util/timeout.js';

export type Verb = 'encrypt' | 'decrypt';

/** Where the service is, in whose name it is asked. */
export interface Service {
  /** As the user gave it; empty: the one of the universe. */
  readonly endpoint: string;
  readonly universe: string;
  readonly credentials: AuthClient;
  readonly host: Session;
}

export interface Transport {
  /** What the service makes of plaintext or ciphertext, undefined when the answer holds none. Rejects with any error. */
  call(verb: Verb, name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

const GOOGLE = 'googleapis.com';
const TRANSPORT = Symbol('transport of GCP KMS');

/** The transport of a run, made once; it keeps the connection and the token. */
export function transportFor(host: Session): Promise<Transport> {
  return host.once(TRANSPORT, () => new LastingAnswers<Transport>()).get('', () => makeTransport(host));
}

async function makeTransport(host: Session): Promise<Transport> {
  const { env } = host;
  const endpoint = env.SOPS_GCP_KMS_ENDPOINT ?? '';
  const credentials = await findGoogleCredentials(host);
  const universe = (endpoint === '' && env.SOPS_GCP_KMS_UNIVERSE_DOMAIN) || credentials.universeDomain;
  if (universe !== credentials.universeDomain) throw otherUniverse(universe, credentials.universeDomain);
  const service = { endpoint, universe, credentials, host };
  if (isRest(service)) return (await import('./rest.js')).restTransport(service);
  return (await import('./grpc.js')).grpcTransport(service);
}

/**
 * Whether the user chose REST. A proxy to the service decides so, too: the gRPC package finds those of lower-case
 * variables only.
 */
function isRest({ endpoint, universe, host: { env } }: Service): boolean {
  if (env.SOPS_GCP_KMS_CLIENT_TYPE?.toLowerCase() === 'rest') return true;
  return endpoint === '' && proxyFor(new URL(`https://cloudkms.${universe}`), env) !== null;
}

/** The headers that show a token, which may have to come from a program that waits for somebody; that ends with the signal. */
export function tokenHeaders(
  { credentials, host }: Service,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Headers> {
  return whileWaitingFor('the Google credentials', { host, signal }, () =>
    endingPrograms(signal, () => credentials.getRequestHeaders(url)),
  );
}

/** The credentials of one universe must not be shown to another. */
function otherUniverse(wanted: string, own: string): SopsError {
  const message = `the configured universe domain (${wanted}) does not match that of the credentials (${own || GOOGLE})`;
  return new SopsError('key', message, { hint: 'Is SOPS_GCP_KMS_UNIVERSE_DOMAIN right?' });
}
