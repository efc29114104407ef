/** The key service of this machine: the providers of the registry, with the user's own environment and identities. */
import { SopsError } from '../errors.js';
import type { KeyProvider, MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import type { Host } from '../util/host.js';
import type { KeyService } from './keyservice.js';

export class LocalKeyService implements KeyService {
  constructor(private readonly host: Host) {}

  async wrap(key: MasterKey, part: Uint8Array): Promise<string> {
    return (await providerOf(key)).wrap(key, part, this.host);
  }

  async unwrap(key: MasterKey): Promise<Uint8Array> {
    return (await providerOf(key)).unwrap(key, this.host);
  }
}

/** Loads the provider of a key's type. Throws `key` for a type that has none. */
async function providerOf(key: MasterKey): Promise<KeyProvider> {
  const row = keyTypeRow(key.type);
  if (row?.load) return row.load();
  throw new SopsError('key', `keys of ${row?.title ?? key.type} cannot be used by this version of sops-ts yet`);
}
