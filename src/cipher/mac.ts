/** The message authentication code: SHA-512 over the plaintexts in order, encrypted under `lastmodified` (docs/format.md#the-mac). */
import { createHash } from 'node:crypto';
import { SopsError } from '../errors.js';
import { formatRfc3339, parseRfc3339 } from '../util/text/rfc3339.js';
import { encodeText } from '../util/text/text.js';
import type { Cipher } from './cipher.js';

/** SHA-256 of `sops`: a MAC over encrypted leaves alone starts with it, so that it never equals one over all leaves. */
const ENCRYPTED_ONLY_PREFIX = '8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69';
const BATCH_BYTES = 65_536;
const LOOPED_BYTES = 512;
/** The batches of hashes that are done, for the next ones: to make one takes longer than to hash a small file. */
const SPARE: Buffer[] = [];
const GIVEN_BACK = Buffer.alloc(0);

/** The running hash of one tree. */
export class MacHash {
  private readonly hash = createHash('sha512');
  private batch = SPARE.pop() ?? Buffer.alloc(BATCH_BYTES);
  private filled = 0;
  /** How much of the batch was ever filled. */
  private used = 0;

  /** @param encryptedOnly the file's `mac_only_encrypted`. */
  constructor(encryptedOnly: boolean) {
    if (encryptedOnly) this.hash.update(ENCRYPTED_ONLY_PREFIX, 'hex');
  }

  /** Hashes a text and returns its bytes, which are valid until the next call. */
  addText(text: string): Uint8Array {
    if (text.length * 3 > this.batch.length || !text.isWellFormed()) {
      const bytes = encodeText(text);
      this.flush();
      this.hash.update(bytes);
      return bytes;
    }
    if (text.length * 3 > this.batch.length - this.filled) this.flush();
    const start = this.filled;
    this.filled += this.batch.write(text, start, 'utf8');
    return this.batch.subarray(start, this.filled);
  }

  /** Hashes bytes. */
  addBytes(bytes: Uint8Array): void {
    if (bytes.length > LOOPED_BYTES) {
      this.flush();
      this.hash.update(bytes);
      return;
    }
    if (bytes.length > this.batch.length - this.filled) this.flush();
    // Copying a few in a loop beats a view and a call.
    for (let at = 0; at < bytes.length; at++) this.batch[this.filled++] = bytes[at] ?? 0;
  }

  /** The MAC's text: 128 upper-case hexadecimal digits. The hash takes nothing more afterwards. */
  digest(): string {
    this.flush();
    const text = this.hash.digest('hex').toUpperCase();
    // It held plaintext.
    SPARE.push(this.batch.fill(0, 0, this.used));
    this.batch = GIVEN_BACK;
    return text;
  }

  private flush(): void {
    if (this.filled > 0) this.hash.update(this.batch.subarray(0, this.filled));
    this.used = Math.max(this.used, this.filled);
    this.filled = 0;
  }
}

/** The `mac` of the metadata for a MAC's text. `lastModified` is RFC 3339 as the metadata holds it. */
export function sealMac(cipher: Cipher, macText: string, lastModified: string): string {
  return cipher.encrypt(macText, macAad(lastModified));
}

/**
 * Compares the `mac` of a file's metadata with the MAC computed while decrypting its tree.
 * Throws `mac-mismatch` when it is missing, cannot be decrypted, or differs.
 */
export function verifyMac(cipher: Cipher, mac: string, lastModified: string, computed: string): void {
  const hint = 'The file was changed after encryption; look at its history, or go on with --ignore-mac.';
  const stored = cipher.decrypt(mac, macAad(lastModified));
  if (stored === undefined)
    throw new SopsError('mac-mismatch', 'Cannot decrypt MAC: it does not authenticate', { hint });
  if (stored === computed) return;
  const shown = typeof stored === 'string' && stored !== '' ? stored : 'no MAC';
  throw new SopsError('mac-mismatch', `MAC mismatch. File has ${shown}, computed ${computed}`, { hint });
}

/** Whether a data key is the one that a file's `mac` was sealed with. */
export function opensMac(cipher: Cipher, mac: string, lastModified: string): boolean {
  return mac !== '' && cipher.decrypt(mac, macAad(lastModified)) !== undefined;
}

/** What is printed again as it stands. */
const PRINTED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** `lastmodified` as SOPS prints it again: whole seconds, its own offset. A text that is no time stands for itself. */
function macAad(lastModified: string): string {
  if (PRINTED.test(lastModified)) return lastModified;
  const instant = parseRfc3339(lastModified);
  return (instant && formatRfc3339(instant, 'seconds')) ?? lastModified;
}
