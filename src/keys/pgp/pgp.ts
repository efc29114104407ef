/** The provider of PGP keys, through the user's gpg program (spec keys-and-config.md section 2.8). */
import { SopsError } from '../../errors.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { runGpg } from './gpg.js';

const TYPE = 'pgp';
const FINGERPRINT = 'fp';
const ENCRYPTING =
  'could not encrypt data key with PGP key: GnuPG binary error: failed to encrypt sops data key with pgp';
const DECRYPTING =
  'could not decrypt data key with PGP key: GnuPG binary error: failed to decrypt sops data key with pgp';

/** What gpg takes both as a recipient and, its last 16 digits, as a long key id; `!` forces that very subkey. */
const KEY_ID = /^(?:0x)?(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})!?$/i;

export const pgpProvider: KeyProvider = {
  type: TYPE,

  async parse(text) {
    const items = text === '' ? [] : text.split(',').map((item) => item.replaceAll(' ', ''));
    return items.map((item): MasterKey => {
      checkKeyId(item);
      return { type: TYPE, fields: new Map([[FINGERPRINT, item]]), enc: '' };
    });
  },

  keyString: fingerprintOf,

  async wrap(key, part, host) {
    const fingerprint = fingerprintOf(key);
    checkKeyId(fingerprint);
    const armored = await runGpg(encryptArguments(fingerprint), part, host).catch(explain(ENCRYPTING));
    // On Windows gpg ends lines with CRLF; in files they are always LF.
    return armored.toString('latin1').replaceAll('\r\n', '\n').trimEnd();
  },

  async unwrap(key, host) {
    return runGpg(['-d'], Buffer.from(key.enc), host).catch(explain(DECRYPTING));
  },
};

function fingerprintOf(key: MasterKey): string {
  const fingerprint = key.fields.get(FINGERPRINT);
  return typeof fingerprint === 'string' ? fingerprint : '';
}

function checkKeyId(text: string): void {
  if (KEY_ID.test(text)) return;
  throw new SopsError('key', `not a PGP fingerprint: ${JSON.stringify(text)}`, {
    hint: 'Give the fingerprint of a key or subkey, 40 (or the last 16) hexadecimal digits; names and addresses are not enough.',
  });
}

function encryptArguments(fingerprint: string): string[] {
  const forced = fingerprint.endsWith('!') ? '!' : '';
  const digits = forced === '' ? fingerprint : fingerprint.slice(0, -1);
  // Trusting this one key makes it usable whatever its owner trust is.
  const trust = ['--trusted-key', digits.slice(-16) + forced];
  return ['--no-default-recipient', '--yes', '--encrypt', '-a', '-r', fingerprint, ...trust, '--no-encrypt-to'];
}

/** Puts what was being done before gpg's reason. */
function explain(doing: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError('key', `${doing}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
  };
}
