/** Single leaves: whatever node:crypto sealed opens, and nothing that was changed, cut or moved. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { decryptTree } from '../../../src/cipher/tree-cipher.js';
import type { SopsError } from '../../../src/errors.js';
import type { EncryptionScope } from '../../../src/tree/scope.js';
import { branch, item, type Leaf, leaf } from '../../../src/tree/tree.js';
import { decodeText } from '../../../src/util/text/text.js';
import fc from '../../support/fast-check.js';

const KEY = randomBytes(32);
/** Every key lacks it. */
const ALL: EncryptionScope = { rule: 'unencrypted_suffix', suffix: '_plain' };

/** A value sealed by node:crypto, with other lengths than SOPS's if need be. */
function seal(plaintext: Uint8Array, aad: string, { ivLength = 32, tagLength = 16, type = 'str' } = {}): string {
  const iv = randomBytes(ivLength);
  const sealer = createCipheriv('aes-256-gcm', KEY, iv, { authTagLength: tagLength });
  sealer.setAAD(Buffer.from(aad));
  const data = Buffer.concat([sealer.update(plaintext), sealer.final()]);
  const [dataText, ivText, tagText] = [data, iv, sealer.getAuthTag()].map((part) => part.toString('base64'));
  return `ENC[AES256_GCM,data:${dataText},iv:${ivText},tag:${tagText},type:${type}]`;
}

/** The leaf `a` of a document after decrypting, or the message of the error. */
function opened(sealed: string, key = 'a'): unknown {
  const read: Leaf = leaf(sealed);

  try {
    decryptTree([branch([item(key, read)])], { cipher: new Cipher(KEY), scope: ALL, macOnlyEncrypted: false });
    return read.value;
  } catch (error) {
    return (error as SopsError).message;
  }
}

const UNAUTHENTIC = expect.stringContaining('message authentication failed');

describe('a leaf', () => {
  test('opens at every length, also of bytes that are not text', () => {
    for (let length = 1; length < 600; length += length < 70 ? 1 : 37) {
      const bytes = randomBytes(length);
      expect(opened(seal(bytes, 'a:'))).toBe(decodeText(bytes));
    }
  });

  test.each([12, 16, 24, 32, 64])('opens under an initialisation vector of %d bytes', (ivLength) => {
    expect(opened(seal(Buffer.from('text'), 'a:', { ivLength }))).toBe('text');
  });

  test.each([4, 8, 12, 13, 14, 15])('with a tag of %d bytes, which could be guessed, does not', (tagLength) => {
    expect(opened(seal(Buffer.from('text'), 'a:', { tagLength }))).toEqual(UNAUTHENTIC);
  });

  test('does not open at another place', () => {
    for (const aad of ['', 'b:', 'a', 'a::', 'a:b:'])
      expect(opened(seal(Buffer.from('text'), aad))).toEqual(UNAUTHENTIC);
  });

  test('does not open when a bit of data, vector or tag is another one', () => {
    const flip = (text: string, part: string, at: number, bit: number): string =>
      text.replace(new RegExp(`(?<=${part}:)[A-Za-z0-9+/=]+`), (digits) => {
        const bytes = Buffer.from(digits, 'base64');
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
        return bytes.toString('base64');
      });
    const parts = fc.constantFrom('data', 'iv', 'tag');
    const plain = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(plain, parts, fc.nat(63), fc.nat(7), (bytes, part, at, bit) => {
        const sealed = seal(bytes, 'a:');
        expect(opened(flip(sealed, part, at, bit))).toEqual(UNAUTHENTIC);
        expect(opened(sealed)).toBe(decodeText(bytes));
      }),
    );
  });

  test.each([
    ['of another type', seal(Buffer.from('text'), 'a:', { type: 'int' }), 'it is not of the type "int"'],
    ['of no type that there is', seal(Buffer.from('text'), 'a:', { type: 'SECRET WORDS' }), 'given in the file'],
    ['that is not ciphertext', 'ENC[AES256_GCM,data:YQ==]', "does not match sops' data format"],
  ])('%s is told without its value', (_, sealed, message) => {
    expect(opened(sealed)).toEqual(expect.stringContaining(message));
    expect(opened(sealed)).not.toEqual(expect.stringContaining('SECRET'));
  });

  test('of many is named by its path', () => {
    const document = branch(
      ['a', 'b', 'c'].map((key) => item(key, leaf(seal(Buffer.from(key), key === 'b' ? 'x:' : `${key}:`)))),
    );
    const options = { cipher: new Cipher(KEY), scope: ALL, macOnlyEncrypted: false } as const;
    expect(() => decryptTree([document], options)).toThrow(
      expect.objectContaining({ code: 'leaf-not-decryptable', path: ['b'] }),
    );
  });
});
