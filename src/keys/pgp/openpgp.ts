/** OpenPGP.js, an optional dependency that does without gpg, and the keys it can read from old keyrings. */
import { SopsError } from '../../errors.js';
import { importSdk } from '../../util/import-sdk.js';
import type { OldKeyring } from './old-keyring.js';

export type Library = typeof import('openpgp');
export type Key = import('openpgp').Key;
export type KeyId = import('openpgp').KeyID;
export type PrivateKey = import('openpgp').PrivateKey;
export type SecretPacket = import('openpgp').SecretKeyPacket | import('openpgp').SecretSubkeyPacket;

/** The package. Throws `key` when it is missing. */
export function importOpenPgp(): Promise<Library> {
  return importSdk<Library>('openpgp');
}

/** The keys of a ring but for those of kinds that the library does not know. */
export async function readKeys(ring: OldKeyring, library: Library): Promise<Key[]> {
  const keys = await Promise.all(ring.keys.map((binaryKey) => library.readKey({ binaryKey }).catch(() => undefined)));
  return keys.filter((key) => key !== undefined);
}

/** What the library does, with its errors as reasons; they name no data. */
export async function explained<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SopsError('key', reason.split('\n', 1)[0] ?? '', { cause });
  }
}
