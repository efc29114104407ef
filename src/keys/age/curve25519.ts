/** X25519 (RFC 7748) on raw keys of 32 bytes, by node:crypto. */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** The DER before a raw private key: PKCS #8 with the OID of X25519 (RFC 8410). A JWK would want the public key as well. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

export const KEY_LENGTH = 32;

/** The public key of a scalar. */
export function publicKeyOf(scalar: Uint8Array): Buffer {
  return Buffer.from(privateKey(scalar).export({ format: 'jwk' }).x ?? '', 'base64url');
}

/** The shared secret of a scalar and a point, or null for a point of low order, which gives nothing but zeros. */
export function sharedSecret(scalar: Uint8Array, point: Uint8Array): Buffer | null {
  return agree(privateKey(scalar), point);
}

/** A key pair for one use. */
export interface Ephemeral {
  readonly share: Buffer;
  /** As {@link sharedSecret}. */
  agreeWith(point: Uint8Array): Buffer | null;
}

/** As documented for Node.js: the part whose encoding is given comes encoded, the other one as a key object. */
type MakePair = (
  type: 'x25519',
  options: { readonly publicKeyEncoding: { readonly type: 'spki'; readonly format: 'der' } },
) => { readonly publicKey: Uint8Array; readonly privateKey: KeyObject };
const makePair = generateKeyPairSync as unknown as MakePair;

/**
 * Making one takes a tenth of the time that OpenSSL takes to read a scalar from its DER form. The public key is encoded where it is made: to
 * export one that was just made stops the process for ever if garbage is collected meanwhile, since Node then takes a lock of that key twice
 * (its `~KeyGenJob` within `ExportJWK`; seen with 20.20).
 */
export function makeEphemeral(): Ephemeral {
  const { publicKey, privateKey } = makePair('x25519', { publicKeyEncoding: { type: 'spki', format: 'der' } });
  return { share: Buffer.from(publicKey.subarray(-KEY_LENGTH)), agreeWith: (point) => agree(privateKey, point) };
}

function agree(privateKey: KeyObject, point: Uint8Array): Buffer | null {
  const jwk = { kty: 'OKP', crv: 'X25519', x: Buffer.from(point).toString('base64url') };
  let secret: Buffer;
  try {
    secret = diffieHellman({ privateKey, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
  } catch {
    // OpenSSL refuses to derive zeros; other runtimes hand them out.
    return null;
  }
  return secret.every((byte) => byte === 0) ? null : secret;
}

/** Made once for a scalar: for a run with many files it is the costliest step of opening one. */
const PRIVATE_KEYS = new WeakMap<Uint8Array, KeyObject>();

function privateKey(scalar: Uint8Array): KeyObject {
  const known = PRIVATE_KEYS.get(scalar);
  if (known) return known;
  const made = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, scalar]), format: 'der', type: 'pkcs8' });
  PRIVATE_KEYS.set(scalar, made);
  return made;
}
