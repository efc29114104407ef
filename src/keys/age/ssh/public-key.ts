/** SSH public keys, Ed25519 and RSA: from key lines and from the binary form (RFC 4253 section 6.6, RFC 8709). */
import { createHash } from 'node:crypto';
import { SopsError } from '../../../errors.js';
import { decodeBase64 } from '../../../util/text/base64.js';
import { encodeRawBase64 } from '../format/raw-base64.js';
import { SshReader, sshInteger, sshString } from './wire.js';

export type SshPublicKey = Ed25519PublicKey | RsaPublicKey;

export interface Ed25519PublicKey {
  readonly type: 'ssh-ed25519';
  /** The binary form, which fingerprints are made of. */
  readonly blob: Buffer;
  /** The point, 32 bytes. */
  readonly point: Buffer;
}

export interface RsaPublicKey {
  readonly type: 'ssh-rsa';
  readonly blob: Buffer;
  /** Big-endian, without leading zeros. */
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}

const POINT_LENGTH = 32;
const MAX_EXPONENT_LENGTH = 3;

/** The key of a line `type base64 comment`. Throws `key`. */
export function parsePublicKeyLine(line: string): SshPublicKey {
  const [type, base64 = ''] = line.trim().split(/[ \t]+/, 2);
  const blob = decodeBase64(base64);
  if (blob === null || blob.length === 0) throw new SopsError('key', 'malformed SSH public key: no base64');
  const key = parsePublicKeyBlob(blob);
  if (key.type !== type) throw new SopsError('key', 'malformed SSH public key: it is of another type than it says');
  return key;
}

/** The key of a binary form. Throws `key`, also for types other than Ed25519 and RSA. */
export function parsePublicKeyBlob(blob: Buffer): SshPublicKey {
  const reader = new SshReader(blob);
  const type = reader.text();
  const key = type === 'ssh-ed25519' ? readEd25519(reader, blob) : type === 'ssh-rsa' ? readRsa(reader, blob) : null;
  if (key === null) throw new SopsError('key', `unknown SSH key type: ${JSON.stringify(type)}`);
  if (reader.rest().length > 0) throw new SopsError('key', 'malformed SSH public key: trailing bytes');
  return key;
}

export function ed25519PublicKey(point: Buffer): Ed25519PublicKey {
  const type = 'ssh-ed25519';
  return { type, blob: Buffer.concat([sshString(type), sshString(point)]), point };
}

export function rsaPublicKey(modulus: Buffer, exponent: Buffer): RsaPublicKey {
  const type = 'ssh-rsa';
  const blob = Buffer.concat([sshString(type), sshInteger(exponent), sshInteger(modulus)]);
  return { type, blob, modulus, exponent };
}

/** What an age stanza names a key by: the first four bytes of the SHA-256 of its binary form. */
export function stanzaFingerprint(key: SshPublicKey): string {
  return encodeRawBase64(createHash('sha256').update(key.blob).digest().subarray(0, 4));
}

function readEd25519(reader: SshReader, blob: Buffer): Ed25519PublicKey {
  const point = reader.string();
  if (point.length !== POINT_LENGTH) throw new SopsError('key', 'malformed SSH public key: wrong length');
  return { type: 'ssh-ed25519', blob, point };
}

function readRsa(reader: SshReader, blob: Buffer): RsaPublicKey {
  const exponent = reader.integer();
  const modulus = reader.integer();
  const odd = ((exponent.at(-1) ?? 0) & 1) === 1;
  if (exponent.length > MAX_EXPONENT_LENGTH || !odd || exponent.equals(Buffer.of(1))) {
    throw new SopsError('key', 'malformed SSH public key: wrong exponent');
  }
  return { type: 'ssh-rsa', blob, modulus, exponent };
}
