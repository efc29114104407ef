/** AES-256-GCM as SOPS uses it: single values under a data key, bound to the place they stand at. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import type { LeafValue } from '../tree/tree.js';
import { readValue, textOf, typeWordOf } from '../tree/value.js';
import { decodeText, encodeText } from '../util/text/text.js';
import {
  type EncryptedValue,
  formatEncryptedValue,
  IV_BYTES,
  parseEncryptedValue,
  TAG_BYTES,
} from './encrypted-value.js';
import type { IvMemory } from './iv-memory.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const OPTIONS = { authTagLength: TAG_BYTES } as const;
const POOL_IVS = 128;

/** Encrypts and decrypts values under one data key. Additional data ("aad") is a joined path, or `lastmodified` for the MAC. */
export class Cipher {
  readonly memory: IvMemory | null;
  private readonly key: KeyObject;

  /**
   * @param dataKey 32 bytes; copied. Throws RangeError for another length.
   * @param memory shared by the cipher that reads and the one that writes; without it every IV is new.
   */
  constructor(dataKey: Uint8Array, memory: IvMemory | null = null) {
    if (dataKey.length !== KEY_BYTES) throw new RangeError(`a data key has ${KEY_BYTES} bytes, not ${dataKey.length}`);
    this.key = createSecretKey(dataKey);
    this.memory = memory;
  }

  /**
   * The ciphertext of a text under its type word. The empty text stays empty. A remembered IV is used again.
   * @param bytes the text's bytes, when the caller has them already.
   */
  encryptText(text: string, type: string, aad: string, bytes: Uint8Array = encodeText(text)): string {
    return text === '' ? '' : this.seal(text, type, aad, bytes);
  }

  /** The ciphertext of the empty string, which SOPS does not write, and rops does not do without. */
  encryptEmpty(aad: string): string {
    return this.seal('', 'str', aad, new Uint8Array());
  }

  private seal(text: string, type: string, aad: string, bytes: Uint8Array): string {
    const remembered = this.memory?.recall(aad, type, text);
    const iv = remembered ? Buffer.from(remembered.iv, 'base64') : IVS.next();
    const cipher = createCipheriv(ALGORITHM, this.key, iv, OPTIONS);
    cipher.setAAD(AAD.of(remembered?.aad ?? aad));
    const data = cipher.update(bytes);
    cipher.final();
    const tag = cipher.getAuthTag().toString('base64');
    return formatEncryptedValue({
      data: data.toString('base64'),
      iv: remembered?.iv ?? iv.toString('base64'),
      tag,
      type,
    });
  }

  /** The plaintext bytes of a parsed value, or null when it does not authenticate under this key and additional data. */
  open(value: EncryptedValue, aad: string): Buffer | null {
    const tag = bytesOf(value.tag, TAG);
    // Checked before the cipher is called: GCM accepts shortened tags, which can be guessed.
    if (tag.length !== TAG_BYTES) return null;
    try {
      const decipher = createDecipheriv(ALGORITHM, this.key, bytesOf(value.iv, IV), OPTIONS);
      decipher.setAAD(AAD.of(aad));
      decipher.setAuthTag(tag);
      const plaintext = decipher.update(value.data, 'base64');
      decipher.final();
      return plaintext;
    } catch {
      // The tag differs, or OpenSSL does not take an IV of this length.
      return null;
    }
  }

  /**
   * Lets a later encryption of this plaintext at this place find its IV (base64), and the additional data it
   * authenticated by when that is not the place's own.
   */
  remember(iv: string, type: string, plaintext: string, aad: string, authenticatedBy: string = aad): void {
    this.memory?.remember(aad, type, plaintext, authenticatedBy === aad ? { iv } : { iv, aad: authenticatedBy });
  }

  /** The ciphertext of one value outside a tree. Throws TypeError for a value without text (an int outside int64). */
  encrypt(value: Exclude<LeafValue, null>, aad: string): string {
    const text = textOf(value);
    if (text === null) throw new TypeError('the value has no text to encrypt');
    return this.encryptText(text, typeWordOf(value), aad);
  }

  /** The value of one ciphertext outside a tree, or undefined when it is malformed, of an unknown type, or does not authenticate. */
  decrypt(text: string, aad: string): Exclude<LeafValue, null> | undefined {
    if (text === '') return '';
    const parsed = parseEncryptedValue(text);
    const plaintext = parsed && this.open(parsed, aad);
    if (!plaintext) return undefined;
    const plain = decodeText(plaintext);
    const value = readValue(plain, parsed.type);
    if (value !== undefined) this.remember(parsed.iv, parsed.type, plain, aad);
    return value;
  }
}

/** Random IVs, drawn from the system in larger lots since a call for each costs as much as encrypting. */
class IvPool {
  private pool: Buffer | undefined;
  private at = 0;

  /** 32 bytes that are not handed out again; valid until the pool is filled anew, so for one use. */
  next(): Buffer {
    if (this.pool === undefined || this.at === this.pool.length) {
      this.pool ??= Buffer.alloc(IV_BYTES * POOL_IVS);
      randomFillSync(this.pool);
      this.at = 0;
    }
    const iv = this.pool.subarray(this.at, this.at + IV_BYTES);
    this.at += IV_BYTES;
    return iv;
  }
}

/** The bytes of a base64 text (encrypted-value.ts has looked at it): in a buffer that takes them exactly, else in one of their own. */
function bytesOf(text: string, buffer: Buffer): Buffer {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if ((text.length / 4) * 3 - padding !== buffer.length) return Buffer.from(text, 'base64');
  buffer.write(text, 'base64');
  return buffer;
}

/** The bytes of additional data, in one buffer for all but the longest. */
class AadBytes {
  private readonly buffer = Buffer.alloc(1024);

  /** Valid until the next call. */
  of(aad: string): Uint8Array {
    // A UTF-16 unit takes at most three bytes.
    if (aad.length * 3 > this.buffer.length || !aad.isWellFormed()) return encodeText(aad);
    return this.buffer.subarray(0, this.buffer.write(aad, 'utf8'));
  }
}

/*
 * One of each for all ciphers, as nothing waits while they are used and OpenSSL copies what it is given: of many small files each has a
 * cipher or two, and making these for it took as long as encrypting.
 */
const IVS = new IvPool();
const AAD = new AadBytes();
/** The IV and tag of the value that is being opened. */
const IV = Buffer.alloc(IV_BYTES);
const TAG = Buffer.alloc(TAG_BYTES);
