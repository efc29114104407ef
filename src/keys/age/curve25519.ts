/** X25519 (RFC 7748) on raw keys of 32 bytes, by node:crypto. */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** The DER before a raw private key: PKCS #8 with the OID of X25519 (RFC 8410). A JWK would want the public key as well. */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

export const KEY_LENGTH = 32;

/** The public key of a scalar. */
export function publicKeyOf(scalar: Uint8Array): Buffer {
  return exportedPoint(privateKey(scalar));
}

function exportedPoint(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
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

/** The point whose product with a scalar is the scalar's public key (RFC 7748, section 4.1). */
const BASE_POINT = Buffer.of(9, ...new Uint8Array(KEY_LENGTH - 1));

/**
 * Node takes the raw scalar out of a JWK, whatever public key stands there, and makes the public key of it: that costs a tenth of what OpenSSL takes to
 * read it from its DER form, and less than making a pair. What others are told comes from the key object that makes the secret: the two belong together.
 */
export function makeEphemeral(): Ephemeral {
  const privateKey = freshKey(randomBytes(KEY_LENGTH));
  const share = privateKey && shareOf(privateKey);
  if (!share) return makePaired();
  return { share, agreeWith: (point) => agree(privateKey, point) };
}

/** The public key; where a runtime tells of none, or of the one that it was given, the product that it stands for. */
function shareOf(privateKey: KeyObject): Buffer | null {
  const share = exportedPoint(privateKey);
  const isMade = share.length === KEY_LENGTH && !share.equals(BASE_POINT);
  return isMade ? share : agree(privateKey, BASE_POINT);
}

/** Undefined where the runtime wants the public key that belongs to it. */
function freshKey(scalar: Buffer): KeyObject | undefined {
  const jwk = { kty: 'OKP', crv: 'X25519', d: scalar.toString('base64url'), x: BASE_POINT.toString('base64url') };
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** As documented for Node.js: the part whose encoding is given comes encoded, the other one as a key object. */
type MakePair = (
  type: 'x25519',
  options: { readonly publicKeyEncoding: { readonly type: 'spki'; readonly format: 'der' } },
) => { readonly publicKey: Uint8Array; readonly privateKey: KeyObject };
const makePair = generateKeyPairSync as unknown as MakePair;

/**
 * The public key is encoded where it is made: to export one of a pair that was just made stops the process for ever if garbage is collected meanwhile,
 * since Node then takes a lock of that key twice (its `~KeyGenJob` within `ExportJWK`; seen with 20.20).
 */
function makePaired(): Ephemeral {
  const { publicKey, privateKey } = makePair('x25519', { publicKeyEncoding: { type: 'spki', format: 'der' } });
  return { share: Buffer.from(publicKey.subarray(-KEY_LENGTH)), agreeWith: (point) => agree(privateKey, point) };
}

function agree(privateKey: KeyObject, point: Uint8Array): Buffer | null {
  let secret: Buffer;
  try {
    secret = diffieHellman({ privateKey, publicKey: publicKey(point) });
  } catch {
    // OpenSSL refuses to derive zeros; other runtimes hand them out.
    return null;
  }
  return secret.every((byte) => byte === 0) ? null : secret;
}

/** Made once for each point: many files share a few recipients. */
const PUBLIC_KEYS = new WeakMap<Uint8Array, KeyObject>();

function publicKey(point: Uint8Array): KeyObject {
  const known = PUBLIC_KEYS.get(point);
  if (known) return known;
  const jwk = { kty: 'OKP', crv: 'X25519', x: Buffer.from(point).toString('base64url') };
  const made = createPublicKey({ key: jwk, format: 'jwk' });
  PUBLIC_KEYS.set(point, made);
  return made;
}

/** Made once for each scalar: with many files it is the costliest step of opening one. */
const PRIVATE_KEYS = new WeakMap<Uint8Array, KeyObject>();

function privateKey(scalar: Uint8Array): KeyObject {
  const known = PRIVATE_KEYS.get(scalar);
  if (known) return known;
  const made = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, scalar]), format: 'der', type: 'pkcs8' });
  PRIVATE_KEYS.set(scalar, made);
  return made;
}
