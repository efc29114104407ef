/** The provider of PGP keys: the user's gpg program, and OpenPGP.js where that is missing (docs/keys/pgp.md). */

import { SopsError } from '../../errors.js';
import { stepForAbsent } from '../../exec/find-program.js';
import type { Host, Session } from '../../util/host/host.js';
import { type GivenIdentities, givenIdentities } from '../given-identities.js';
import type { KeyProvider, MasterKey } from '../provider.js';
import { gpgName, INSTALL_HINT, runGpg } from './gpg.js';
import { gnupgHome } from './old-keyring.js';

const TYPE = 'pgp';
const FINGERPRINT = 'fp';
/** The words of failures, before and after which the reasons stand. */
const ENCRYPTING = {
  failed: 'could not encrypt data key with PGP key',
  gpgFailed: 'failed to encrypt sops data key with pgp',
};
const DECRYPTING = {
  failed: 'could not decrypt data key with PGP key',
  gpgFailed: 'failed to decrypt sops data key with pgp',
};

/** What gpg takes both as a recipient and, its last 16 digits, as a long key id; `!` forces that very subkey. */
const KEY_ID = /^(?:0x)?(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})!?$/i;

export const pgpProvider: KeyProvider = {
  type: TYPE,

  /** Any text: whether gpg takes it is seen when it is used, since a key service elsewhere may take what ours does not. */
  async parse(text) {
    const items = text === '' ? [] : text.split(',').map((item) => item.replaceAll(' ', ''));
    return items.map((item): MasterKey => ({ type: TYPE, fields: new Map([[FINGERPRINT, item]]), enc: '' }));
  },

  keyString: fingerprintOf,

  async wrap(key, part, host) {
    const fingerprint = fingerprintOf(key);
    checkKeyId(fingerprint);
    return oneWayOrTheOther(ENCRYPTING, host, {
      gpg: async () => {
        const armored = await runGpg(encryptArguments(fingerprint), part, host);
        return armored === null ? null : armored.toString('latin1').trimEnd();
      },
      inProcess: async () => (await import('./openpgp-encrypt.js')).encryptInProcess(fingerprint, part, host),
    });
  },

  async unwrap(key, host) {
    const given = givenIdentities(host);
    const opened = given && (await openedByGiven(key, given, host));
    if (opened) return opened;
    return oneWayOrTheOther<Uint8Array>(DECRYPTING, host, {
      gpg: () => runGpg(['-d'], Buffer.from(key.enc), host),
      inProcess: async () => (await import('./openpgp-decrypt.js')).decryptInProcess(key.enc, host),
    });
  },

  async isWrapped(enc) {
    return (await import('./message-form.js')).isMessage(enc);
  },

  async recipientsIn(content, host) {
    return (await import('./public-keys.js')).pgpKeysIn(content, host);
  },

  async adopt(content, host) {
    await (await import('./public-keys.js')).importPgpKeys(content, host);
  },

  async examine(host) {
    return (await import('./examine.js')).examinePgp(host);
  },
};

/** What the keys that were given open; undefined where others may be tried. Throws `key` where not. */
async function openedByGiven(
  { enc }: MasterKey,
  { pgp, only }: GivenIdentities,
  host: Session,
): Promise<Uint8Array | undefined> {
  if (pgp.length === 0 && !only) return undefined;
  const { decryptWithGiven } = await import('./openpgp-decrypt.js');
  try {
    return await decryptWithGiven(enc, pgp, host);
  } catch (error) {
    if (only || !(error instanceof SopsError)) throw error;
    return undefined;
  }
}

/** Each gives null where it is not to be had: no program, no old keyring. */
interface Ways<T> {
  gpg(): Promise<T | null>;
  inProcess(): Promise<T | null>;
}

/**
 * SOPS goes both ways, too, but the other way round: gpg knows more keys, and asks for passphrases as its user is used to.
 * Throws `key` with the reasons of both.
 */
async function oneWayOrTheOther<T>(words: typeof ENCRYPTING, host: Host, { gpg, inProcess }: Ways<T>): Promise<T> {
  const first = await tryWay(gpg);
  if (first && 'value' in first) return first.value;
  const second = await tryWay(inProcess);
  if (second && 'value' in second) return second.value;
  const reason = first?.error.message ?? describeMissing(second === null, host);
  const also = second ? `; OpenPGP.js error: ${second.error.message}` : '';
  const hint = first
    ? first.error.hint
    : (second?.error.hint ?? (second ? undefined : await stepForAbsent(gpgName(host), host, INSTALL_HINT)));
  const message = `${words.failed}: GnuPG binary error: ${words.gpgFailed}: ${reason}${also}`;
  throw new SopsError('key', message, hint === undefined ? {} : { hint });
}

function describeMissing(noRing: boolean, host: Host): string {
  const program = `the program ${JSON.stringify(gpgName(host))} was not found`;
  return noRing ? `${program}, and ${gnupgHome(host)} has no old keyring to do without it` : program;
}

type Tried<T> = { readonly value: T } | { readonly error: SopsError };

async function tryWay<T>(way: () => Promise<T | null>): Promise<Tried<T> | null> {
  try {
    const value = await way();
    return value === null ? null : { value };
  } catch (error) {
    if (error instanceof SopsError) return { error };
    throw error;
  }
}

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
