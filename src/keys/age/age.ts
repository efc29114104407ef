/** The provider of age keys (docs/keys/age.md). */
import type { Session } from '../../util/host/host.js';
import { decodeText } from '../../util/text/text.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { encodeArmor } from './format/armor.js';
import { Keyring } from './keyring.js';
import { parseRecipient, pluginStartedFor } from './recipients.js';

export { generateIdentity } from './x25519.js';

const TYPE = 'age';
const RECIPIENT = 'recipient';

/** The identities of one run. */
const KEYRING = Symbol('age identities');

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

  async claims(named) {
    return (await import('./plugin-trust.js')).pluginsOf(named);
  },

  async wrap(key, part, host) {
    const text = recipientOf(key);
    const recipient = await parseRecipient(text, host);
    const plugin = await pluginStartedFor(text);
    if (plugin !== null) await checkPlugin(plugin, text, host);
    return encodeArmor(await recipient.seal(part));
  },

  async unwrap(key, host) {
    return (await keyringFor(host)).open(key.enc, recipientOf(key));
  },

  async isWrapped(enc) {
    return (await import('./wrapped-form.js')).isAgeFile(enc);
  },

  openerOf: (key, host) => keyringOf(host).openerOf(key.enc),

  async recipientsIn(content) {
    return (await import('./public-keys.js')).publicKeysIn(decodeText(content));
  },

  async examine(host) {
    return (await import('./examine.js')).examineAge(host);
  },
};

async function checkPlugin(plugin: string, recipient: string, host: Session): Promise<void> {
  const { checkPluginAllowed } = await import('./plugin-trust.js');
  await checkPluginAllowed(plugin, recipient, {
    host,
    isOwn: async () => (await keyringFor(host)).namesPlugin(plugin),
  });
}

function recipientOf(key: MasterKey): string {
  const recipient = key.fields.get(RECIPIENT);
  return typeof recipient === 'string' ? recipient : '';
}

function keyringOf(host: Session): Keyring {
  return host.once(KEYRING, () => new Keyring(host));
}

async function keyringFor(host: Session): Promise<Keyring> {
  if (!host.bringsKeys) return keyringOf(host);
  const { sourcesWithGiven } = await import('./given-sources.js');
  return host.once(KEYRING, () => new Keyring(host, sourcesWithGiven(host)));
}
