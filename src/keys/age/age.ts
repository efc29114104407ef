/** The provider of age keys (spec keys-and-config.md section 2.7). */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { decodeArmor, encodeArmor } from './armor.js';
import { Keyring } from './keyring.js';
import { parseRecipient } from './recipients.js';

export { generateIdentity } from './x25519.js';

const TYPE = 'age';
const RECIPIENT = 'recipient';

const keyrings = new WeakMap<Host, Keyring>();

export const ageProvider: KeyProvider = {
  type: TYPE,

  async parse(text, host) {
    const keys: MasterKey[] = [];
    for (const item of text === '' ? [] : text.split(',')) {
      const recipient = item.trim();
      await parseRecipient(recipient, host);
      keys.push({ type: TYPE, fields: new Map([[RECIPIENT, recipient]]), enc: '' });
    }
    return keys;
  },

  keyString: recipientOf,

  async wrap(key, part, host) {
    const recipient = await parseRecipient(recipientOf(key), host);
    return encodeArmor(await recipient.seal(part));
  },

  async unwrap(key, host) {
    try {
      return await keyringOf(host).open(decodeArmor(key.enc), recipientOf(key));
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      const message = `failed to create reader for decrypting sops data key with age: ${error.message}`;
      throw new SopsError('key', message, { cause: error });
    }
  },
};

function recipientOf(key: MasterKey): string {
  const recipient = key.fields.get(RECIPIENT);
  return typeof recipient === 'string' ? recipient : '';
}

function keyringOf(host: Host): Keyring {
  const known = keyrings.get(host) ?? new Keyring(host);
  keyrings.set(host, known);
  return known;
}
