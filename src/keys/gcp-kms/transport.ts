/** Chooses how GCP KMS is reached: by gRPC, or by REST (docs/keys/gcp-kms.md#calls). */
import { SopsError } from '../../errors.js';
import { findGoogleCredentials, GOOGLE_DOMAIN } from '../../services/gcp/credentials.js';
import { proxyFor } from '../../services/http/proxy.js';
import type { Session } from '../../util/host/host.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import type { Service, Transport } from './service.js';

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

/** The credentials of one universe must not be shown to another. */
function otherUniverse(wanted: string, own: string): SopsError {
  const message = `the configured universe domain (${wanted}) does not match that of the credentials (${own || GOOGLE_DOMAIN})`;
  return new SopsError('key', message, { hint: 'Is SOPS_GCP_KMS_UNIVERSE_DOMAIN right?' });
}
