import { expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { LongText } from '../../../src/cipher/long-text.js';
import { decryptTree, encryptTree } from '../../../src/cipher/tree-cipher.js';
import { branch, item, leaf } from '../../../src/tree/tree.js';
import { decodeText, encodeText } from '../../../src/util/text/text.js';

const LENGTH = (1 << 20) + 7;
const binary = (seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: LENGTH }, (_, at) => (at * 167 + seed) ^ (at >> 7)));

test('bytes of a long text that was kept need not be read again; others are', () => {
  const long = new LongText();
  const bytes = binary(1);
  const text = decodeText(bytes);
  long.keep(text, bytes);
  expect(long.textOf(Buffer.from(bytes)) === text).toBe(true);
  const other = Buffer.from(bytes);
  other[LENGTH - 1] = (other[LENGTH - 1] ?? 0) ^ 1;
  expect(encodeText(long.textOf(other)).equals(other)).toBe(true);
  expect(encodeText(long.textOf(bytes.subarray(1))).equals(bytes.subarray(1))).toBe(true);
});

test('short texts, and those that are UTF-8, are not kept', () => {
  const long = new LongText();
  long.keep('not these bytes', Buffer.from('\u00e9'));
  long.keep('x'.repeat(LENGTH), Buffer.from('\u00e9'));
  expect(long.textOf(Buffer.from('\u00e9'))).toBe('\u00e9');
});

test('a tree with several long texts is read back as it was', () => {
  const scope = { rule: 'unencrypted_suffix', suffix: '_unencrypted' } as const;
  const cipher = new Cipher(Buffer.alloc(32, 1));
  const texts = [binary(1), binary(2)].map(decodeText);
  const tree = branch(texts.map((text, at) => item(`k${at}`, leaf(text))));
  const longText = new LongText();
  const options = { cipher, scope, macOnlyEncrypted: false, longText };
  const { macText } = encryptTree([tree], options);
  expect(decryptTree([tree], options).macText).toBe(macText);
  const read = tree.items.map((entry) =>
    entry.kind === 'item' && entry.value.kind === 'leaf' ? entry.value.value : null,
  );
  expect(read.every((text, at) => text === texts[at])).toBe(true);
});
