/** Telling the log which keys were used, and whether they could be: who asks "which key opened this file?" looks there. */
import type { MasterKey } from '../keys/provider.js';
import { type KeyUse, keyTypeRow } from '../keys/registry.js';
import type { Log } from '../util/host/host.js';
import type { KeyService } from './keyservice.js';

/** The key service itself when nobody looks; else one that tells every use, in SOPS's words. */
export function logged<Service extends KeyService>(service: Service, log: Log | undefined): KeyService {
  if (!log) return service;
  return {
    log,
    wrap: (key, part) => tell(log, key, 'encrypt', () => service.wrap(key, part)),
    unwrap: (key, signal) => tell(log, key, 'decrypt', () => service.unwrap(key, signal), signal),
  };
}

const TITLES: Readonly<Record<KeyUse, string>> = { encrypt: 'Encryption', decrypt: 'Decryption' };

async function tell<T>(log: Log, key: MasterKey, use: KeyUse, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const row = keyTypeRow(key.type)?.logged;
  const say = (outcome: string): void => {
    if (row) {
      log({
        component: row.component,
        level: 'info',
        message: `${TITLES[use]} ${outcome}`,
        fields: row.fields(key, use),
      });
    }
  };
  try {
    const result = await run();
    say(row?.success ?? 'succeeded');
    return result;
  } catch (error) {
    // One that was called off, since another key was faster, did not fail.
    if (!signal?.aborted) say('failed');
    throw error;
  }
}
