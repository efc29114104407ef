/** One value of a SealedSecret: RSA-OAEP around a session key, AES-GCM under it (docs/kubernetes/sealed-secrets.md#a-sealed-value). */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { decodeBase64 } from '../../util/text/base64.js';

const ALGORITHM = 'aes-256-gcm';
const SESSION_KEY_BYTES = 32;
const TAG_BYTES = 16;
/** Every session key encrypts one value, so the nonce may be constant. */
const NONCE = Buffer.alloc(12);

/**
 * Seals a value for the holder of a private key. `label` is what the value is bound to (scope.ts), `key` an RSA public key.
 * Returns base64 text; two calls never return the same.
 */
export function sealValue(plaintext: Uint8Array, label: string, key: KeyObject): string {
  const sessionKey = randomBytes(SESSION_KEY_BYTES);
  const wrapped = publicEncrypt({ key, ...oaep(label) }, sessionKey);
  const cipher = createCipheriv(ALGORITHM, sessionKey, NONCE, { authTagLength: TAG_BYTES });
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  sessionKey.fill(0);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(wrapped.length);
  return Buffer.concat([length, wrapped, sealed, cipher.getAuthTag()]).toString('base64');
}

/**
 * Opens a value with the first private key that fits, or returns null. Why it does not open (text, padding, label, tag) is
 * told to nobody: the text may come from an attacker who learns from the difference.
 */
export function openValue(text: string, label: string, keys: readonly KeyObject[]): Buffer | null {
  const parts = split(text);
  if (!parts) return null;
  for (const key of keys) {
    const plaintext = open(parts, label, key);
    if (plaintext) return plaintext;
  }
  return null;
}

interface Parts {
  readonly wrapped: Buffer;
  readonly sealed: Buffer;
  readonly tag: Buffer;
}

function split(text: string): Parts | null {
  // Go's reader skips line breaks, which YAML texts may hold.
  const bytes = decodeBase64(text.replaceAll(/[\r\n]/g, ''));
  if (!bytes || bytes.length < 2) return null;
  const rest = bytes.subarray(2);
  const length = bytes.readUInt16BE();
  if (rest.length < length + TAG_BYTES) return null;
  const end = rest.length - TAG_BYTES;
  return { wrapped: rest.subarray(0, length), sealed: rest.subarray(length, end), tag: rest.subarray(end) };
}

function open({ wrapped, sealed, tag }: Parts, label: string, key: KeyObject): Buffer | null {
  try {
    const sessionKey = privateDecrypt({ key, ...oaep(label) }, wrapped);
    if (sessionKey.length !== SESSION_KEY_BYTES) return null;
    const decipher = createDecipheriv(ALGORITHM, sessionKey, NONCE, { authTagLength: TAG_BYTES }).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch {
    return null;
  }
}

function oaep(label: string): { padding: number; oaepHash: string; oaepLabel?: Buffer } {
  const options = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  return label === '' ? options : { ...options, oaepLabel: Buffer.from(label, 'utf8') };
}
