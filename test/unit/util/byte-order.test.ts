/** The order of texts by their bytes. */
import { describe, expect, test } from 'vitest';
import { compareBytes } from '../../../src/util/text/byte-order.js';
import { encodeText } from '../../../src/util/text/text.js';

const UNITS = [
  '',
  'a',
  'b',
  '\u00e9',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
  '\ud83d',
  '\udc80',
  '\udcff',
];

describe('compareBytes', () => {
  const texts = UNITS.flatMap((one) => UNITS.map((other) => one + other));
  test('is the order of the bytes, also beyond ASCII and for bytes that are not UTF-8', () => {
    for (const one of texts) {
      const order = texts.map((other) => Math.sign(compareBytes(one, other)));
      expect(order, JSON.stringify(one)).toEqual(
        texts.map((other) => Buffer.compare(encodeText(one), encodeText(other))),
      );
    }
  });
});
