/** OpenPGP.js, which does without gpg, and the keys it can read from old keyrings. */
import { SopsError } from '../../errors.js';
import { isError } from '../../util/realms.js';
import { EXPIRED, REVOKED } from './gpg-status.js';
import type { OldKeyring } from './old-keyring.js';

export type Library = typeof import('../../packages/openpgp.js');
export type Key = import('openpgp').Key;
export type PgpKeyId = import('openpgp').KeyID;
export type PrivateKey = import('openpgp').PrivateKey;
export type SecretPacket = import('openpgp').SecretKeyPacket | import('openpgp').SecretSubkeyPacket;

/** What is used of the package. */
export function importOpenPgp(): Promise<Library> {
  return import('../../packages/openpgp.js');
}

/** The keys of a ring but for those of kinds that the library does not know. */
export async function readKeys(ring: OldKeyring, library: Library): Promise<Key[]> {
  const keys = await Promise.all(ring.keys.map((binaryKey) => library.readKey({ binaryKey }).catch(() => undefined)));
  return keys.filter((key) => key !== undefined);
}

/** What the library says of keys, and what to do about it. Its version is ours to choose, and it speaks no other language. */
const STEPS: readonly (readonly [RegExp, string])[] = [
  [/revoked/i, REVOKED],
  [/expired/i, EXPIRED],
  [
    /Could not find valid encryption key|\bnot\b.{0,40} encryption/i,
    'The key has no valid subkey for encrypting: ask its owner, or use another key.',
  ],
];

/** A package that the library would use if it were there: `Cannot find module 'x'`. */
const MISSING = /Cannot find (?:module|package) '([\w@/-]+)'/;

/** What the library does, with its errors as reasons; they name no data. */
export async function explained<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const reason = isError(cause) ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
    const missing = MISSING.exec(reason)?.[1];
    if (missing !== undefined) {
      // Brainpool curves; hardly anybody has such a key in an old keyring and no gpg, so the package does not come with us.
      throw new SopsError('key', `the key is of a kind for which OpenPGP.js needs the package ${missing}`, {
        hint: `Install GnuPG; or, beside sops-ts: npm install ${missing}`,
        cause,
      });
    }
    const hint = STEPS.find(([pattern]) => pattern.test(reason))?.[1];
    throw new SopsError('key', reason, { ...(hint === undefined ? {} : { hint }), cause });
  }
}
