/** Decrypting a PGP message without gpg: OpenPGP.js on the old secret keyring (docs/keys/pgp.md). */
import { SopsError } from '../../errors.js';
import type { Session } from '../../util/host/host.js';
import { MAY_BE_DAMAGED } from './gpg-status.js';
import { readOldKeyring } from './old-keyring.js';
import {
  explained,
  importOpenPgp,
  type Key,
  type Library,
  type PgpKeyId,
  type PrivateKey,
  readKeys,
  type SecretPacket,
} from './openpgp.js';
import { askKeyPassphrase, forgetKeyPassphrase } from './passphrase.js';

const MOST_TRIES = 3;
/** A data key has 32 bytes; a compressed message must not become an endless one. */
const MOST_PLAINTEXT = 64 * 1024;

/** What opens messages that gpg opens: keys are judged by whether they fit, not by their age, strength or purpose. */
const LENIENT = {
  allowInsecureDecryptionWithSigningKeys: true,
  allowMissingKeyFlags: true,
  maxDecompressedMessageSize: MOST_PLAINTEXT,
};

/** What is remembered in a run: keys once unlocked, and those that nobody could unlock. */
interface Unlocking {
  secretKeys?: Promise<readonly PrivateKey[]>;
  /** By fingerprint. */
  readonly givenUp: Set<string>;
}

const UNLOCKING = Symbol('OpenPGP keys');
const UNLOCKING_GIVEN = Symbol('OpenPGP keys that were given');

/** Secret keys to decrypt with. */
interface KeySource {
  /** How messages call it. */
  readonly called: string;
  readonly unlocking: Unlocking;
  read(library: Library): Promise<readonly Key[]>;
  /** What to do when none of the keys is for the message. */
  readonly advice: string;
}

/**
 * Decrypts with the secret keys of `secring.gpg`, or of `pubring.gpg` if there is none. Null without such a keyring. Asks for
 * passphrases, three times at most. Throws `key`.
 */
export async function decryptInProcess(armored: string, host: Session): Promise<Uint8Array | null> {
  const ring = await readOldKeyring(['secring.gpg', 'pubring.gpg'], host);
  if (!ring) return null;
  const source = {
    called: ring.path,
    unlocking: unlockingOf(host, UNLOCKING),
    read: (library: Library) => readKeys(ring, library),
    advice: 'Install GnuPG if its own keyring has the key, or name the folder of another old keyring in GNUPGHOME.',
  };
  return decryptWith(armored, source, host);
}

/** Decrypts with armored secret keys that the caller of the library gave. Throws `key`. */
export async function decryptWithGiven(armored: string, texts: readonly string[], host: Session): Promise<Uint8Array> {
  const source = {
    called: 'identities.pgp',
    unlocking: unlockingOf(host, UNLOCKING_GIVEN),
    read: async (library: Library) => {
      const read = texts.map((armoredKeys) => explained(() => library.readKeys({ armoredKeys })));
      return (await Promise.all(read)).flat();
    },
    advice: 'Give the armored secret key of one of the recipients: gpg --export-secret-keys --armor FINGERPRINT.',
  };
  return decryptWith(armored, source, host);
}

async function decryptWith(armored: string, source: KeySource, host: Session): Promise<Uint8Array> {
  const library = await importOpenPgp();
  const { unlocking } = source;
  unlocking.secretKeys ??= source
    .read(library)
    .then((keys) => keys.filter((key): key is PrivateKey => key.isPrivate()));
  const read = () => explained(() => library.readMessage({ armoredMessage: armored }));
  const keyIds = (await read()).getEncryptionKeyIDs();
  const candidates = (await unlocking.secretKeys).flatMap((key) => candidatesOf(key, keyIds, library));
  if (candidates.length === 0) {
    throw new SopsError('key', `${source.called} holds no secret key for this message`, { hint: source.advice });
  }
  candidates.sort((one, other) => Number(other.packet.isDecrypted()) - Number(one.packet.isDecrypted()));
  const locksmith = new Locksmith(unlocking, host);
  const failures: SopsError[] = [];
  for (const { key, packet } of candidates) {
    try {
      await locksmith.unlock(key, packet);
      const message = await read();
      const options = { message, decryptionKeys: key, format: 'binary', config: LENIENT } as const;
      return (await explained(() => library.decrypt(options))).data;
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      failures.push(error);
    }
  }
  const hint = failures.find((failure) => failure.hint !== undefined)?.hint ?? MAY_BE_DAMAGED;
  throw new SopsError('key', [...new Set(failures.map(({ message }) => message))].join('; '), { hint });
}

/** A secret key packet that may open a message, and the key it belongs to. */
interface Candidate {
  readonly key: PrivateKey;
  readonly packet: SecretPacket;
}

/** The secret packets of a key that a message names by id, or may mean when it names nobody. */
function candidatesOf(key: PrivateKey, keyIds: readonly PgpKeyId[], library: Library): Candidate[] {
  const { rsaEncryptSign, rsaEncrypt, elgamal, ecdh, x25519, x448 } = library.enums.publicKey;
  const encrypting: readonly number[] = [rsaEncryptSign, rsaEncrypt, elgamal, ecdh, x25519, x448];
  return key.getKeys().flatMap((one) => {
    const packet = one.keyPacket as SecretPacket;
    const isMeant = keyIds.some((id) => isWildcard(id) || id.equals(one.getKeyID()));
    const isUsable = encrypting.includes(packet.algorithm) && !packet.isMissingSecretKeyMaterial();
    return isMeant && isUsable ? [{ key, packet }] : [];
  });
}

/** Unlocks keys for one message. */
class Locksmith {
  #tries = 0;

  constructor(
    private readonly unlocking: Unlocking,
    private readonly host: Session,
  ) {}

  /** Does nothing for a key that is open. Throws `key` when the user cannot open it, and at once if so before in this run. */
  async unlock(key: PrivateKey, packet: SecretPacket): Promise<void> {
    if (packet.isDecrypted()) return;
    const fingerprint = packet.getFingerprint();
    const keyId = packet.getKeyID().toHex().slice(-8).toUpperCase();
    if (this.unlocking.givenUp.has(fingerprint)) throw notUnlocked(`key ${keyId} could not be unlocked before`);
    this.unlocking.givenUp.add(fingerprint);
    while (this.#tries < MOST_TRIES) {
      this.#tries += 1;
      const passphrase = await askKeyPassphrase(keyId, this.#tries > 1, this.host);
      if (await opens(packet, passphrase)) {
        this.unlocking.givenUp.delete(fingerprint);
        await Promise.all(key.getKeys().map((one) => opens(one.keyPacket as SecretPacket, passphrase)));
        return;
      }
      await forgetKeyPassphrase(keyId, this.host);
    }
    throw notUnlocked(`no passphrase opened key ${keyId} in ${MOST_TRIES} tries`);
  }
}

function notUnlocked(message: string): SopsError {
  return new SopsError('key', message, { hint: 'Run it again with the right passphrase.' });
}

async function opens(packet: SecretPacket, passphrase: string): Promise<boolean> {
  try {
    if (!packet.isDecrypted()) await packet.decrypt(passphrase);
    return true;
  } catch {
    return false;
  }
}

function unlockingOf(host: Session, memory: symbol): Unlocking {
  return host.once<Unlocking>(memory, () => ({ givenUp: new Set() }));
}

/** The id of a message for somebody who is not named. */
function isWildcard(id: PgpKeyId): boolean {
  return /^0+$/.test(id.toHex());
}
