/** Encrypting for a PGP key without gpg: OpenPGP.js on the old public keyring (docs/keys/pgp.md). */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { INSTALL_HINT } from './gpg.js';
import { type OldKeyring, readOldKeyring } from './old-keyring.js';
import { explained, importOpenPgp, type Key, type Library, type PgpKeyId, readKeys } from './openpgp.js';

/** Hexadecimal digits of a long key id. */
const LONG_KEY_ID = 16;

/**
 * Encrypts for a key of `pubring.gpg`: `fingerprint` as gpg takes it. Null without such a keyring. Throws `key`. The message
 * is as SOPS makes it: one recipient, integrity protection of RFC 4880, an uncompressed literal without name and time.
 */
export async function encryptInProcess(fingerprint: string, part: Uint8Array, host: Host): Promise<string | null> {
  const ring = await readOldKeyring(['pubring.gpg'], host);
  if (!ring) return null;
  const library = await importOpenPgp();
  const { key, keyId } = await findRecipient(ring, fingerprint, library);
  const message = await library.createMessage({ binary: part, filename: '', date: new Date(0) });
  const armored = await explained(() =>
    library.encrypt({
      message,
      encryptionKeys: key,
      ...(keyId ? { encryptionKeyIDs: [keyId] } : {}),
      config: { aeadProtect: false, allowMissingKeyFlags: true },
    }),
  );
  return armored.trimEnd();
}

interface Recipient {
  readonly key: Key;
  /** Set when it must be this very key or subkey. */
  readonly keyId: PgpKeyId | undefined;
}

/** The key that a fingerprint or long key id means: of a subkey without `!`, the key it belongs to, as with gpg. */
async function findRecipient(ring: OldKeyring, wanted: string, library: Library): Promise<Recipient> {
  const digits = wanted.replace(/^0x/i, '').replace(/!$/, '').toLowerCase();
  const isWanted = (fingerprint: string): boolean =>
    digits.length === LONG_KEY_ID ? fingerprint.endsWith(digits) : fingerprint === digits;
  for (const key of await readKeys(ring, library)) {
    const found = key.getKeys().find((one) => isWanted(one.getFingerprint()));
    if (found) return { key, keyId: wanted.endsWith('!') ? found.getKeyID() : undefined };
  }
  throw new SopsError('key', `${ring.path} holds no key ${wanted}`, {
    hint: `${INSTALL_HINT} Its own keyring may hold it; or export the key into ${ring.path}.`,
  });
}
