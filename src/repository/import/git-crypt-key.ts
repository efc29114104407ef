/** The key files of git-crypt, and the contents that their keys open (docs/import.md#git-crypt). */
import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { SopsError } from '../../errors.js';

/** One version of a key. */
export interface GitCryptKey {
  readonly version: number;
  readonly cipherKey: Uint8Array;
  readonly macKey: Uint8Array;
}

const MARK = Buffer.from('\0GITCRYPT\0', 'latin1');
const KEY_MARK = Buffer.from('\0GITCRYPTKEY', 'latin1');
const [NONCE, COUNTER, CIPHER_KEY, MAC_KEY] = [12, 4, 32, 64] as const;
const FORMAT = 2;
/** Fields of an entry; an odd number is one that a reader must know. */
const [END, VERSION, CIPHER_FIELD, MAC_FIELD] = [0, 1, 3, 5] as const;
/** In the header, where it stands for the key's name. */
const NAME = 1;
const WORD = 4;

/** Whether bytes are a content that git-crypt has encrypted. */
export function isGitCrypt(bytes: Uint8Array): boolean {
  return MARK.equals(bytes.subarray(0, MARK.length));
}

/**
 * The plaintext, by the first of the keys whose nonce it gives: the nonce is the beginning of an HMAC over the plaintext, and all that
 * tells a right key from a wrong one. Null when there is none. Throws `document-invalid` for what is cut off.
 */
export function openGitCrypt(bytes: Uint8Array, keys: readonly GitCryptKey[]): Buffer | null {
  const nonce = bytes.subarray(MARK.length, MARK.length + NONCE);
  if (nonce.length < NONCE)
    throw new SopsError('document-invalid', 'the content is cut off within the header of git-crypt');
  const ciphertext = bytes.subarray(MARK.length + NONCE);
  for (const { cipherKey, macKey } of keys) {
    const cipher = createDecipheriv('aes-256-ctr', cipherKey, Buffer.concat([nonce, Buffer.alloc(COUNTER)]));
    const plaintext = Buffer.concat([cipher.update(ciphertext), cipher.final()]);
    const mac = createHmac('sha1', macKey).update(plaintext).digest().subarray(0, NONCE);
    if (timingSafeEqual(mac, nonce)) return plaintext;
  }
  return null;
}

/** The versions of the key in a file, the newest first. Throws `key` for what is not a key file. */
export function readGitCryptKey(bytes: Uint8Array): GitCryptKey[] {
  // Of releases before 0.4: the two keys and nothing else.
  if (bytes.length === CIPHER_KEY + MAC_KEY)
    return [keyOf(0, bytes.subarray(0, CIPHER_KEY), bytes.subarray(CIPHER_KEY))];
  if (!KEY_MARK.equals(bytes.subarray(0, KEY_MARK.length))) throw noKeyFile('it does not begin like one');
  const reader = new FieldReader(Buffer.from(bytes), KEY_MARK.length);
  if (reader.word() !== FORMAT) throw noKeyFile('it is of a format that is not known');
  reader.fields(new Set([NAME]));
  const keys: GitCryptKey[] = [];
  while (!reader.isAtEnd) keys.push(entryOf(reader.fields(new Set([VERSION, CIPHER_FIELD, MAC_FIELD]))));
  if (keys.length === 0) throw noKeyFile('there is no key in it');
  return keys.toSorted((one, other) => other.version - one.version);
}

function entryOf(fields: ReadonlyMap<number, Buffer>): GitCryptKey {
  const version = fields.get(VERSION);
  const number = version?.length === WORD ? version.readUInt32BE() : 0;
  return keyOf(number, fields.get(CIPHER_FIELD), fields.get(MAC_FIELD));
}

function keyOf(version: number, cipherKey?: Uint8Array, macKey?: Uint8Array): GitCryptKey {
  if (cipherKey?.length === CIPHER_KEY && macKey?.length === MAC_KEY) return { version, cipherKey, macKey };
  throw noKeyFile('a version in it has not both of its keys');
}

/** Reads `number, length, value` until the number 0. */
class FieldReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  word(): number {
    if (this.#at + WORD > this.#bytes.length) throw noKeyFile('it is cut off');
    const word = this.#bytes.readUInt32BE(this.#at);
    this.#at += WORD;
    return word;
  }

  fields(known: ReadonlySet<number>): Map<number, Buffer> {
    const found = new Map<number, Buffer>();
    for (let number = this.word(); number !== END; number = this.word()) {
      const length = this.word();
      if (this.#at + length > this.#bytes.length) throw noKeyFile('it is cut off');
      if (number % 2 === 1 && !known.has(number)) throw noKeyFile('it has something in it that is not known');
      found.set(number, this.#bytes.subarray(this.#at, this.#at + length));
      this.#at += length;
    }
    return found;
  }
}

function noKeyFile(reason: string): SopsError {
  return new SopsError('key', `this is not a key file of git-crypt: ${reason}`, {
    hint: 'git-crypt export-key FILE writes one.',
  });
}
