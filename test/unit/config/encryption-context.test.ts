import { expect, test } from 'vitest';
import { parseEncryptionContext } from '../../../src/config/encryption-context.js';

test.each([
  ['k:v', [['k', 'v']]],
  [
    'k:v,l: w ',
    [
      ['k', 'v'],
      ['l', ' w '],
    ],
  ],
  ['k:', [['k', '']]],
  ['k:v,k:w', [['k', 'w']]],
])('%j', (text, pairs) => {
  expect([...(parseEncryptionContext(text) ?? [])]).toEqual(pairs);
});

test('none', () => {
  expect(parseEncryptionContext('')).toBeUndefined();
});

test.each(['k', 'k:v:w', 'k:v,', ',', 'k=v'])('%j is refused', (text) => {
  expect(() => parseEncryptionContext(text)).toThrow(
    expect.objectContaining({ exitStatus: 6, message: 'Invalid KMS encryption context format' }),
  );
});
