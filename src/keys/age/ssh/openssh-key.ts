/** OpenSSH's own format of private keys (OpenSSH PROTOCOL.key), locked or not. */
import { createDecipheriv, createPrivateKey, type KeyObject } from 'node:crypto';
import { SopsError } from '../../../errors.js';
import { bcryptPbkdf } from './bcrypt-pbkdf.js';
import { type Ed25519PublicKey, parsePublicKeyBlob, type RsaPublicKey, type SshPublicKey } from './public-key.js';
import { SshReader } from './wire.js';

const MAGIC = 'openssh-key-v1\0';
const IV_LENGTH = 16;
/** A key that would take minutes to open is not one that ssh-keygen made (its default is 24). */
const MAX_ROUNDS = 4096;

/** Ciphers of locked keys, and the length of their keys. */
const CIPHERS: ReadonlyMap<string, { readonly name: string; readonly keyLength: number }> = new Map([
  ['aes256-ctr', { name: 'aes-256-ctr', keyLength: 32 }],
  ['aes256-cbc', { name: 'aes-256-cbc', keyLength: 32 }],
  ['aes192-ctr', { name: 'aes-192-ctr', keyLength: 24 }],
  ['aes192-cbc', { name: 'aes-192-cbc', keyLength: 24 }],
  ['aes128-ctr', { name: 'aes-128-ctr', keyLength: 16 }],
  ['aes128-cbc', { name: 'aes-128-cbc', keyLength: 16 }],
]);

/** A private key that can be used. */
export type SshPrivateKey = Ed25519PrivateKey | RsaPrivateKey;

export interface Ed25519PrivateKey {
  readonly publicKey: Ed25519PublicKey;
  /** 32 bytes. */
  readonly seed: Buffer;
}

export interface RsaPrivateKey {
  readonly publicKey: RsaPublicKey;
  readonly rsa: KeyObject;
}

export interface OpenSshKey {
  readonly locked: boolean;
  readonly publicKey: SshPublicKey;
  readonly cipher: string;
  readonly kdf: string;
  readonly kdfOptions: Buffer;
  readonly secret: Buffer;
}

/** Reads what is there without a passphrase. Throws `key`. */
export function readOpenSshKey(bytes: Buffer): OpenSshKey {
  const reader = new SshReader(bytes);
  if (reader.raw(MAGIC.length).toString('latin1') !== MAGIC) throw new SopsError('key', 'no OpenSSH private key');
  const cipher = reader.text();
  const kdf = reader.text();
  const kdfOptions = reader.string();
  if (reader.uint32() !== 1) throw new SopsError('key', 'a file of several private keys is not supported');
  const publicKey = parsePublicKeyBlob(reader.string());
  return { locked: kdf !== 'none' || cipher !== 'none', publicKey, cipher, kdf, kdfOptions, secret: reader.string() };
}

/** Opens the secret part; null for a wrong passphrase. Throws `key`. */
export function openOpenSshKey(key: OpenSshKey, passphrase: string): SshPrivateKey | null {
  const secret = key.locked ? decrypt(key, passphrase) : key.secret;
  if (secret === null) return null;
  const reader = new SshReader(secret);
  const check = reader.uint32();
  if (reader.uint32() !== check) {
    if (key.locked) return null;
    throw new SopsError('key', 'the private key is damaged');
  }
  const type = reader.text();
  if (type !== key.publicKey.type) throw new SopsError('key', 'mismatched private and public SSH key');
  const opened = key.publicKey.type === 'ssh-rsa' ? readRsa(reader, key.publicKey) : readEd25519(reader, key.publicKey);
  reader.string(); // the comment
  if (!reader.rest().every((byte, index) => byte === index + 1))
    throw new SopsError('key', 'the private key is damaged');
  return opened;
}

function decrypt(key: OpenSshKey, passphrase: string): Buffer | null {
  const cipher = CIPHERS.get(key.cipher);
  if (cipher === undefined || key.kdf !== 'bcrypt') {
    throw new SopsError('key', `private keys locked with ${JSON.stringify(key.cipher)} are not supported`, {
      hint: 'Change its passphrase with "ssh-keygen -p -Z aes256-ctr -f FILE".',
    });
  }
  const options = new SshReader(key.kdfOptions);
  const salt = options.string();
  const rounds = options.uint32();
  if (passphrase === '') return null;
  if (salt.length === 0 || rounds < 1 || rounds > MAX_ROUNDS || key.secret.length % IV_LENGTH !== 0) {
    throw new SopsError('key', 'the private key is damaged');
  }
  const material = bcryptPbkdf(Buffer.from(passphrase), salt, cipher.keyLength + IV_LENGTH, rounds);
  const iv = material.subarray(cipher.keyLength);
  const decipher = createDecipheriv(cipher.name, material.subarray(0, cipher.keyLength), iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(key.secret), decipher.final()]);
}

function readEd25519(reader: SshReader, publicKey: Ed25519PublicKey): SshPrivateKey {
  const point = reader.string();
  const seedAndPoint = reader.string();
  const expected = Buffer.concat([seedAndPoint.subarray(0, 32), publicKey.point]);
  if (!point.equals(publicKey.point) || !seedAndPoint.equals(expected)) {
    throw new SopsError('key', 'mismatched private and public SSH key');
  }
  return { publicKey, seed: seedAndPoint.subarray(0, 32) };
}

function readRsa(reader: SshReader, publicKey: RsaPublicKey): SshPrivateKey {
  const [n, e, d, qi, p, q] = [0, 0, 0, 0, 0, 0].map(() => reader.integer()) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  if (!n.equals(publicKey.modulus) || !e.equals(publicKey.exponent)) {
    throw new SopsError('key', 'mismatched private and public SSH key');
  }
  const fields = { n, e, d, p, q, dp: remainder(d, p), dq: remainder(d, q), qi };
  const jwk = Object.fromEntries(Object.entries(fields).map(([name, bytes]) => [name, bytes.toString('base64url')]));
  let rsa: KeyObject;
  try {
    rsa = createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' });
  } catch (cause) {
    throw new SopsError('key', 'the private key is damaged', { cause });
  }
  return { publicKey, rsa };
}

/** d mod (prime − 1), which JWK wants and OpenSSH does not keep. */
function remainder(d: Buffer, prime: Buffer): Buffer {
  const divisor = toBigInt(prime) - 1n;
  if (divisor <= 0n) throw new SopsError('key', 'the private key is damaged');
  const digits = (toBigInt(d) % divisor).toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}
