/** SSH keys as age recipients and identities (C2SP age, "The ssh-rsa and ssh-ed25519 recipient types" of the reference tools). */
import { constants, createHash, createPublicKey, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { SopsError } from '../../../errors.js';
import { KEY_LENGTH, publicKeyOf, sharedSecret } from '../curve25519.js';
import { loadAead } from '../format/aead.js';
import { type AgeIdentity, type AgeRecipient, stanzaRecipient } from '../format/file.js';
import type { AgeHeader, Stanza } from '../format/header.js';
import { hkdf } from '../format/hkdf.js';
import { decodeRawBase64, encodeRawBase64 } from '../format/raw-base64.js';
import { toMontgomery } from './edwards25519.js';
import type { Ed25519PrivateKey, RsaPrivateKey, SshPrivateKey } from './openssh-key.js';
import { parsePublicKeyLine, type RsaPublicKey, type SshPublicKey, stanzaFingerprint } from './public-key.js';

const ED25519_LABEL = 'age-encryption.org/v1/ssh-ed25519';
const RSA_OPTIONS = {
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: 'sha256',
  oaepLabel: Buffer.from('age-encryption.org/v1/ssh-rsa'),
} as const;
const MIN_RSA_BYTES = 256;
const NO_SECRET = Buffer.alloc(0);
/** Each wrapping key is used once. */
const NONCE = Buffer.alloc(12);

/** The recipient of a key line `ssh-ed25519 …` or `ssh-rsa …`. Throws `key`. */
export function parseSshRecipient(line: string): AgeRecipient {
  const key = parsePublicKeyLine(line);
  if (key.type === 'ssh-rsa') {
    if (key.modulus.length < MIN_RSA_BYTES)
      throw new SopsError('key', 'malformed SSH recipient: RSA key size is too small');
    return stanzaRecipient(async (fileKey) => [wrapForRsa(fileKey, key)]);
  }
  const point = toMontgomery(key.point);
  if (point === null) throw new SopsError('key', 'malformed SSH recipient: invalid Ed25519 public key');
  return stanzaRecipient(async (fileKey) => [await wrapForEd25519(fileKey, key, point)]);
}

/** The identity that an open private key is. */
export function sshIdentity(key: SshPrivateKey): AgeIdentity {
  return {
    recipient: recipientOf(key.publicKey),
    unwrap: (header) => unwrapWith(header, key.publicKey, async () => key),
  };
}

/**
 * The identity of a locked private key: `unlock` is called when a stanza is for its public key, once, whatever comes of it.
 */
export function lockedSshIdentity(publicKey: SshPublicKey, unlock: () => Promise<SshPrivateKey>): AgeIdentity {
  let opened: Promise<SshPrivateKey> | undefined;
  const open = async (): Promise<SshPrivateKey> => {
    const key = await unlock();
    if (key.publicKey.blob.equals(publicKey.blob)) return key;
    throw new SopsError('key', 'mismatched private and public SSH key', {
      hint: 'The file .pub beside the private key is that of another one: ssh-keygen -y -f FILE > FILE.pub writes it anew.',
    });
  };
  return {
    recipient: recipientOf(publicKey),
    unwrap: (header) =>
      unwrapWith(header, publicKey, () => {
        opened ??= open();
        return opened;
      }),
  };
}

/** The key line, without a remark. */
function recipientOf({ type, blob }: SshPublicKey): string {
  return `${type} ${blob.toString('base64')}`;
}

async function unwrapWith(
  header: AgeHeader,
  publicKey: SshPublicKey,
  open: () => Promise<SshPrivateKey>,
): Promise<Buffer | null> {
  const fingerprint = stanzaFingerprint(publicKey);
  for (const stanza of header.stanzas) {
    if (stanza.type !== publicKey.type) continue;
    if (stanza.args.length !== (stanza.type === 'ssh-rsa' ? 1 : 2)) throw invalidBlock(stanza.type);
    if (stanza.args[0] !== fingerprint) continue;
    const key = await open();
    return 'rsa' in key ? unwrapRsa(stanza, key) : unwrapEd25519(stanza, key);
  }
  return null;
}

function wrapForRsa(fileKey: Buffer, key: RsaPublicKey): Stanza {
  const jwk = { kty: 'RSA', n: key.modulus.toString('base64url'), e: key.exponent.toString('base64url') };
  try {
    const body = publicEncrypt({ key: createPublicKey({ key: jwk, format: 'jwk' }), ...RSA_OPTIONS }, fileKey);
    return { type: key.type, args: [stanzaFingerprint(key)], body };
  } catch (cause) {
    throw new SopsError('key', 'malformed SSH recipient: an RSA key that cannot be used', { cause });
  }
}

function unwrapRsa(stanza: Stanza, key: RsaPrivateKey): Buffer {
  try {
    return privateDecrypt({ key: key.rsa, ...RSA_OPTIONS }, stanza.body);
  } catch (cause) {
    throw new SopsError('key', 'failed to decrypt file key: wrong RSA ciphertext', { cause });
  }
}

async function wrapForEd25519(fileKey: Buffer, key: SshPublicKey, point: Buffer): Promise<Stanza> {
  const ephemeral = randomBytes(KEY_LENGTH);
  const share = publicKeyOf(ephemeral);
  const secret = tweakedSecret(ephemeral, point, key);
  if (secret === null) throw new SopsError('key', 'malformed SSH recipient: a point of low order');
  const body = (await loadAead()).seal(wrappingKey(secret, share, point), NONCE, fileKey);
  return { type: key.type, args: [stanzaFingerprint(key), encodeRawBase64(share)], body };
}

async function unwrapEd25519(stanza: Stanza, key: Ed25519PrivateKey): Promise<Buffer> {
  const share = decodeRawBase64(stanza.args[1] ?? '');
  if (share?.length !== KEY_LENGTH) throw invalidBlock(stanza.type);
  // RFC 8032 section 5.1.5: the scalar is the first half of the seed's hash.
  const scalar = createHash('sha512').update(key.seed).digest().subarray(0, KEY_LENGTH);
  const secret = tweakedSecret(scalar, share, key.publicKey);
  if (secret === null) throw invalidBlock(stanza.type);
  const fileKey = (await loadAead()).open(wrappingKey(secret, share, publicKeyOf(scalar)), NONCE, stanza.body);
  if (fileKey === null) throw new SopsError('key', 'failed to decrypt file key: wrong authentication tag');
  return fileKey;
}

/** The shared secret, multiplied once more by a scalar of the SSH key, so that it is bound to that key. */
function tweakedSecret(scalar: Uint8Array, point: Uint8Array, key: SshPublicKey): Buffer | null {
  const secret = sharedSecret(scalar, point);
  const tweak = hkdf(NO_SECRET, key.blob, ED25519_LABEL);
  return secret === null ? null : sharedSecret(tweak, secret);
}

function wrappingKey(secret: Uint8Array, share: Uint8Array, point: Uint8Array): Uint8Array {
  return hkdf(secret, Buffer.concat([share, point]), ED25519_LABEL);
}

function invalidBlock(type: string): SopsError {
  return new SopsError('key', `invalid ${type} recipient block`);
}
