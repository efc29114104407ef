import { expect } from 'vitest';
import { decodeBase64, isBase64 } from '../../../src/util/text/base64.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

/** From one length on another reader looks at a text. */
const LENGTHS = [8, 1 << 20, (1 << 20) + 4, (1 << 20) + (1 << 16), (3 << 19) + 8];

test.each(LENGTHS)('%i letters of base64 are base64, with padding or without', (length) => {
  const text = 'Qk+/'.repeat(length / 4);
  expect(isBase64(text)).toBe(true);
  expect(isBase64(`${text.slice(0, -1)}=`)).toBe(true);
  expect(isBase64(`${text.slice(0, -2)}==`)).toBe(true);
  expect(decodeBase64(text)?.toString('base64')).toBe(text);
});

test.each(LENGTHS)(
  '%i letters are not, wherever one is of another alphabet, blank, padding or beyond ASCII',
  (length) => {
    const text = 'Qk+/'.repeat(length / 4);
    const places = [0, 1, 65_535, 65_536, length / 2, length - 5].filter((at) => at >= 0 && at < length - 2);
    for (const letter of ['-', '_', ' ', '\n', '=', '\0', '\u0141', '\u00e9', '\u2014']) {
      for (const at of places)
        expect([letter, at, isBase64(text.slice(0, at) + letter + text.slice(at + 1))]).toEqual([letter, at, false]);
    }
    expect(isBase64(`${text.slice(0, -3)}===`)).toBe(false);
    expect(isBase64(text.slice(0, -1))).toBe(false);
  },
);
