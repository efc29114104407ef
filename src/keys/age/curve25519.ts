/** X25519 (RFC 7748) on raw keys of 32 bytes, by node:crypto. */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';

/** The DER around a raw key: PKCS #8 and SubjectPublicKeyInfo with the OID of X25519 (RFC 8410). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

export const KEY_LENGTH = 32;

/** The public key of a scalar. */
export function publicKeyOf(scalar: Uint8Array): Buffer {
  const der = createPublicKey(privateKey(scalar)).export({ format: 'der', type: 'spki' });
  return der.subarray(PUBLIC_PREFIX.length);
}

/** The shared secret of a scalar and a point, or null for a point of low order, which gives nothing but zeros. */
export function sharedSecret(scalar: Uint8Array, point: Uint8Array): Buffer | null {
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, point]), format: 'der', type: 'spki' });
  let secret: Buffer;
  try {
    secret = diffieHellman({ privateKey: privateKey(scalar), publicKey: key });
  } catch {
    // OpenSSL refuses to derive zeros; other runtimes hand them out.
    return null;
  }
  return secret.every((byte) => byte === 0) ? null : secret;
}

function privateKey(scalar: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, scalar]), format: 'der', type: 'pkcs8' });
}
