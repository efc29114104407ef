/** Ciphers and hashes of many files share the memory that they work in, and nothing of what they work on. */
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { parseEncryptedValue } from '../../../src/cipher/encrypted-value.js';
import { MacHash } from '../../../src/cipher/mac.js';

const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex').toUpperCase();

test('hashes in turn, of texts of ever other lengths', () => {
  for (const text of ['a long text before', 'short', '', 'é'.repeat(40_000), 'x']) {
    const hash = new MacHash(false);
    hash.addText(text);
    expect(hash.digest()).toBe(sha512(text));
  }
});

test('hashes at the same time', () => {
  const [one, other] = [new MacHash(false), new MacHash(false)];
  for (const word of ['a', 'b', 'c']) {
    one.addText(word);
    other.addText(word.toUpperCase());
  }
  const third = new MacHash(false);
  third.addText('third');
  expect(one.digest()).toBe(sha512('abc'));
  expect(new MacHash(false).digest()).toBe(sha512(''));
  expect([other.digest(), third.digest()]).toEqual([sha512('ABC'), sha512('third')]);
});

test('a hash that is done takes nothing more, and does not reach into the next one', () => {
  const done = new MacHash(false);
  done.digest();
  const next = new MacHash(false);
  next.addText('next');
  expect(() => done.addText('more')).toThrow();
  expect(next.digest()).toBe(sha512('next'));
});

test('what a hash held is wiped before another one gets its memory', () => {
  const hash = new MacHash(false);
  const held = hash.addText('plaintext');
  hash.digest();
  expect([...held]).toEqual(Array(9).fill(0));
});

test('ciphers side by side open their own, and no vector comes twice', () => {
  const ciphers = [randomBytes(32), randomBytes(32)].map((key) => new Cipher(key));
  const sealed = Array.from({ length: 300 }, (_, at) => ciphers.map((cipher) => cipher.encrypt(`v${at}`, `a:${at}:`)));
  for (const [at, texts] of sealed.entries()) {
    expect(texts.map((text, of) => ciphers[of]?.decrypt(text, `a:${at}:`))).toEqual([`v${at}`, `v${at}`]);
    expect(ciphers[1]?.decrypt(texts[0] ?? '', `a:${at}:`)).toBeUndefined();
  }
  const vectors = sealed.flat().map((text) => parseEncryptedValue(text)?.iv);
  expect(new Set(vectors).size).toBe(600);
});
