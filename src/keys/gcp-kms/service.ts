/** GCP KMS as both ways to reach it see it: where it is, and who asks. */
import { endingPrograms } from '../../exec/started-programs.js';
import type { AuthClient } from '../../services/gcp/credentials.js';
import type { Session } from '../../util/host/host.js';
import { whileWaitingFor } from '../../util/waiting/timeout.js';

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

/** The headers that show a token, which may have to come from a program that waits for somebody; that ends with the signal. */
export function tokenHeaders(
  { credentials, host }: Service,
  url: string,
  signal: AbortSignal | undefined,
): ReturnType<AuthClient['getRequestHeaders']> {
  return whileWaitingFor('the Google credentials', { host, signal }, () =>
    endingPrograms(signal, () => credentials.getRequestHeaders(url)),
  );
}
