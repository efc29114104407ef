/** One value that dotenvx has encrypted: ECIES on secp256k1, as the package eciesjs does it (docs/import.md#dotenvx). */
import { createDecipheriv, hkdfSync } from 'node:crypto';

/** What such a value begins with. */
export const CIPHERTEXT = 'encrypted:';

/** A private key, and where it is from. */
export interface DotenvxKey {
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  /** The file that it stands in, absolute; undefined for the environment. */
  readonly file: string | undefined;
}

const [POINT, IV, TAG] = [65, 16, 16] as const;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The plaintext, by the first of the keys that opens it; null when none does, whatever the reason. */
export async function openDotenvx(
  value: string,
  keys: readonly DotenvxKey[],
): Promise<{ text: string; key: DotenvxKey } | null> {
  const base64 = value.slice(CIPHERTEXT.length);
  const sealed = Buffer.from(base64, 'base64');
  // The point is uncompressed.
  if (!BASE64.test(base64) || sealed.length < POINT + IV + TAG || sealed[0] !== 4) return null;
  for (const key of keys) {
    const text = await openByKey(sealed, key.bytes);
    if (text !== null) return { text, key };
  }
  return null;
}

/** Whether a public key, compressed and in hex, is that of a private key. */
export async function isPublicKeyOf({ bytes }: DotenvxKey, publicKey: string): Promise<boolean> {
  const { secp256k1 } = await import('../../packages/secp256k1.js');
  if (!secp256k1.utils.isValidSecretKey(bytes)) return false;
  return Buffer.from(secp256k1.getPublicKey(bytes, true)).toString('hex') === publicKey.toLowerCase();
}

/** Node's ECDH has the shared point's x alone, and the key is derived from y as well. */
async function openByKey(sealed: Buffer, privateKey: Uint8Array): Promise<string | null> {
  const { secp256k1 } = await import('../../packages/secp256k1.js');
  const ephemeral = sealed.subarray(0, POINT);
  try {
    const shared = secp256k1.getSharedSecret(privateKey, ephemeral, false);
    const key = hkdfSync('sha256', Buffer.concat([ephemeral, shared]), '', '', 32);
    const cipher = createDecipheriv('aes-256-gcm', Buffer.from(key), sealed.subarray(POINT, POINT + IV), {
      authTagLength: TAG,
    });
    cipher.setAuthTag(sealed.subarray(POINT + IV, POINT + IV + TAG));
    const plain = Buffer.concat([cipher.update(sealed.subarray(POINT + IV + TAG)), cipher.final()]);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
  } catch {
    // A point that is not on the curve, a tag that does not fit, bytes that are not text: the caller tells that it does not open.
    return null;
  }
}
