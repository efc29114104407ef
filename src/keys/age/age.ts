/** The provider of age keys (spec keys-and-config.md section 2.7). */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { isNamedKey, trustKeys } from '../trust.js';
import { encodeArmor } from './format/armor.js';
import { Keyring } from './keyring.js';
import { parseRecipient, pluginStartedFor } from './recipients.js';

export { generateIdentity } from './x25519.js';

const TYPE = 'age';
const RECIPIENT = 'recipient';

/** The identities of one run. */
const keyrings = new WeakMap<Host, Keyring>();

export const ageProvider: KeyProvider = {
  type: TYPE,

  async parse(text, host) {
    const keys: MasterKey[] = [];
    for (const item of text === '' ? [] : text.split(',')) {
      const recipient = item.trim();
      await parseRecipient(recipient, host);
      trustKeys(host, TYPE, [recipient]);
      keys.push({ type: TYPE, fields: new Map([[RECIPIENT, recipient]]), enc: '' });
    }
    return keys;
  },

  keyString: recipientOf,

  async wrap(key, part, host) {
    const text = recipientOf(key);
    const recipient = await parseRecipient(text, host);
    await checkPluginAllowed(text, host);
    return encodeArmor(await recipient.seal(part));
  },

  async unwrap(key, host) {
    return keyringOf(host).open(key.enc, recipientOf(key));
  },

  openerOf: (key, host) => keyringOf(host).openerOf(key.enc),

  async examine(host) {
    return (await import('./examine.js')).examine(host);
  },
};

/**
 * No program is started only because a file names it (design 1.5): a plug-in must be that of a recipient which came
 * by flag, variable or `.sops.yaml`, or of an identity of the user.
 */
async function checkPluginAllowed(recipient: string, host: Host): Promise<void> {
  const name = await pluginStartedFor(recipient);
  if (name === null || isNamedKey(host, TYPE, recipient) || (await keyringOf(host).namesPlugin(name))) return;
  throw new SopsError(
    'key',
    `the age plug-in ${JSON.stringify(name)} is named by the file only, so it is not started`,
    {
      hint: 'Give its recipient in .sops.yaml or by --age, or add an identity of the plug-in to your age keys.',
    },
  );
}

function recipientOf(key: MasterKey): string {
  const recipient = key.fields.get(RECIPIENT);
  return typeof recipient === 'string' ? recipient : '';
}

function keyringOf(host: Host): Keyring {
  const keyring = keyrings.get(host) ?? new Keyring(host);
  keyrings.set(host, keyring);
  return keyring;
}
