/** What a run remembers of parts that key services opened. */
import { createHash } from 'node:crypto';
import { keyIdentity } from '../keys/key-identity.js';
import type { MasterKey } from '../keys/provider.js';
import type { Session } from '../util/host/host.js';
import type { KeyService } from './keyservice.js';
import { PartMemory } from './part-memory.js';

const MEMORY = Symbol('opened parts');

/**
 * A key service that asks another one once per wrapped key and run, whoever asks. `name` tells services of one run apart, e.g.
 * the URI. Wrapping is passed on as it is.
 */
export function remembering(service: KeyService, name: string, host: Session): KeyService {
  const memory = host.once(MEMORY, () => new PartMemory());
  return {
    wrap: (key, part) => service.wrap(key, part),
    async unwrap(key, signal) {
      const question = questionOf(name, key);
      const part = await memory.recall(question, (stop) => service.unwrap(key, stop), { signal });
      // A provider that mended the entry (AWS KMS: a context of old versions) does so for every file's own.
      if (questionOf(name, key) !== question) memory.forget(question);
      return part;
    },
  };
}

/** A hash of all that the answer depends on; what is wrapped may be long, and is nobody's business in a look-up table. */
export function questionOf(name: string, key: MasterKey): string {
  const question = JSON.stringify([name, keyIdentity(key), key.enc]);
  return createHash('sha256').update(question).digest('base64');
}
