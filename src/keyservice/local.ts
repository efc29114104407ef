/** The key service of this machine: the providers of the registry, with the user's own environment and identities. */
import { SopsError } from '../errors.js';
import type { KeyProvider, MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import { withInstallAdvice } from '../services/import-sdk.js';
import type { Session } from '../util/host.js';
import { inTime, keyTimeout } from '../util/timeout.js';
import type { KeyService } from './keyservice.js';

export class LocalKeyService implements KeyService {
  readonly #host: Session;
  readonly #timeout: number;

  /** Throws `usage` for an unreadable `SOPS_TS_KEY_TIMEOUT`. */
  constructor(host: Session) {
    this.#host = host;
    this.#timeout = keyTimeout(host);
  }

  async wrap(key: MasterKey, part: Uint8Array): Promise<string> {
    return this.#use(key, undefined, (provider, signal) => provider.wrap(key, part, this.#host, signal));
  }

  async unwrap(key: MasterKey, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#use(key, signal, (provider, stop) => provider.unwrap(key, this.#host, stop));
  }

  /** Only what is remote has a deadline: a local key may wait for a passphrase, a touch, a program. */
  async #use<T>(
    key: MasterKey,
    signal: AbortSignal | undefined,
    use: (provider: KeyProvider, signal?: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const provider = await providerOf(key);
    const row = keyTypeRow(key.type);
    if (!row) return use(provider, signal);
    if (!row.remote) return withInstallAdvice(row, () => use(provider, signal));
    await provider.permit?.(key, this.#host, signal);
    const activity = this.#host.begin?.(`waiting for ${row.title}`);
    try {
      return await withInstallAdvice(row, () => inTime(this.#timeout, signal, (stop) => use(provider, stop)));
    } finally {
      activity?.end();
    }
  }
}

/** Loads the provider of a key's type. Throws `key` for a type that has none. */
async function providerOf(key: MasterKey): Promise<KeyProvider> {
  const row = keyTypeRow(key.type);
  if (row?.load) return row.load();
  throw new SopsError('key', `keys of ${row?.title ?? key.type} cannot be used by this version of sops-ts yet`);
}
