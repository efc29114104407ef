/** A whole binary age file, and the seams between it and the kinds of recipients and identities. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { SopsError } from '../../../errors.js';
import { type AgeHeader, readHeader, type Stanza, writeMac, writeSigned } from './header.js';
import { hkdf, hmac } from './hkdf.js';
import { openPayload, sealPayload } from './stream.js';

export const FILE_KEY_LENGTH = 16;
const NO_SALT = Buffer.alloc(0);

/** Someone a file can be encrypted for. */
export interface AgeRecipient {
  /** A whole binary age file for this recipient alone. Called once per entry and writing; throws `key`. */
  seal(plaintext: Uint8Array): Promise<Uint8Array>;
}

/** Something that may open files. */
export interface AgeIdentity {
  /** The recipient that it is the identity of, where that can be told without unlocking anything. */
  readonly recipient?: string;
  /**
   * The file key of 16 bytes, or null when no stanza is for this identity. Called once per file it may open, so it
   * remembers what was dear to get (a passphrase, a decoded key). Throws `key` when a stanza that is for it, or would be,
   * is malformed, and when something outside fails; the MAC of the header is checked by the caller.
   */
  unwrap(header: AgeHeader): Promise<Uint8Array | null>;
}

/** A recipient that wraps the file key in stanzas of its own. */
export function stanzaRecipient(wrap: (fileKey: Buffer) => Promise<readonly Stanza[]>): AgeRecipient {
  return {
    async seal(plaintext) {
      const fileKey = randomBytes(FILE_KEY_LENGTH);
      const signed = writeSigned(await wrap(fileKey));
      const payload = await sealPayload(fileKey, plaintext);
      return Buffer.concat([signed, writeMac(headerMac(fileKey, signed)), payload]);
    },
  };
}

/** Decrypts a binary age file; `unwrap` is called once and gives the file key, or throws. Throws `key`. */
export async function openAgeFile(
  file: Uint8Array,
  unwrap: (header: AgeHeader) => Promise<Uint8Array>,
): Promise<Buffer> {
  const header = readHeader(file);
  return openBody(file, header, await unwrap(header));
}

/** Decrypts a binary age file whose header was read and whose file key is known. Throws `key`. */
export async function openBody(file: Uint8Array, header: AgeHeader, fileKey: Uint8Array): Promise<Buffer> {
  if (fileKey.length !== FILE_KEY_LENGTH) throw new SopsError('key', 'the file key has a wrong length');
  if (!timingSafeEqual(headerMac(fileKey, header.signed), header.mac)) throw new SopsError('key', 'bad header MAC');
  return openPayload(fileKey, file.subarray(header.bytes.length));
}

function headerMac(fileKey: Uint8Array, signed: Uint8Array): Buffer {
  return hmac(hkdf(fileKey, NO_SALT, 'header'), signed);
}
