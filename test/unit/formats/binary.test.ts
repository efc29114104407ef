/** The binary store: any bytes, in JSON when encrypted. */

import { describe, expect, test } from 'vitest';
import { binaryStore } from '../../../src/formats/binary.js';
import { branch, item, leaf } from '../../../src/tree/tree.js';
import { decodeText, encodeText } from '../../../src/util/text/text.js';
import fc from '../../support/fast-check.js';
import { METADATA, nodesOf, read, rendered, roundTrip, unseal, vectorsOf } from './store-support.js';

describe('vectors of the reference', () => {
  const vectors = ['.bin', '.txt', '.pem', '']
    .flatMap((ending) => vectorsOf(ending))
    .filter(({ name }) => name.startsWith('binary'));

  test.each(vectors)('$name', ({ input, encrypted, decrypted }) => {
    const file = binaryStore.parse(encrypted);
    expect(rendered(file)).toBe(decodeText(encrypted));
    unseal(file.documents, [decodeText(input)]);
    expect(encodeText(rendered(file, null)).equals(decrypted)).toBe(true);
  });

  test('there are some', () => expect(vectors.length).toBeGreaterThan(3));
});

describe('reading', () => {
  const sealed = '{"data":"ENC[x]","sops":{"version":"3"}}';

  test('an encrypted file is JSON; to encrypt it once more it is content', () => {
    expect(binaryStore.parse(encodeText(sealed))).toMatchObject({ metadata: { kind: 'branch' } });
    expect(binaryStore.parse(encodeText(`\ufeff${sealed}`))).toMatchObject({ text: sealed });
    expect(read(binaryStore, sealed)).toMatchObject({ metadata: null });
    expect(nodesOf(read(binaryStore, sealed).documents)).toMatchObject([{ value: sealed }]);
  });

  test.each([
    '',
    '\n',
    'text',
    '{',
    '{"data":"x"}',
    '{"data":1,"sops":{}}',
    '{"data":"x","sops":1}',
    '{"sops":{}}',
    '\0{}',
  ])('%j is content', (text) => {
    const file = binaryStore.parse(encodeText(text));
    expect(file.metadata).toBeNull();
    expect(nodesOf(file.documents)).toMatchObject([{ value: text }]);
  });
});

test('any bytes come back, and the ciphertext is laid out as by SOPS', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const { cipher, plain, isSameTree } = roundTrip(binaryStore, bytes);
      expect(isSameTree).toBe(true);
      expect(encodeText(plain).equals(bytes)).toBe(true);
      expect(cipher.startsWith('{\n\t"data": "')).toBe(true);
    }),
  );
});

test('the indentation of the JSON can be chosen; content stays as it is', () => {
  const documents = [branch([item('data', leaf('a\n'))])];
  expect(binaryStore.emit(documents, METADATA, { indent: 2 })).toMatch(
    /^\{\n {2}"data": "a\\n",\n {2}"sops": \{\n {4}"age"/,
  );
  expect(binaryStore.emit(documents, null, { indent: 2 })).toBe('a\n');
});

test.each([
  [[branch([item('x', leaf('a'))])]],
  [[branch([item('data', leaf(1n))])]],
  [[branch([item('data', branch())])]],
  [[branch([item('data', leaf('a'))]), branch()]],
  [[]],
])('plaintext needs one document with a string under data', (documents) => {
  expect(() => binaryStore.emit(documents, null)).toThrow(expect.objectContaining({ code: 'output-format' }));
});
