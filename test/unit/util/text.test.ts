/** Bytes to text and back: whatever the bytes, none is lost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText, encodeText, hasInvalidBytes } from '../../../src/util/text/text.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('bytes that are not UTF-8', () => {
  test.each([
    ['a lone byte', 'ff', '\udcff'],
    ['text around one', '61 80 62', 'a\udc80b'],
    ['a long form of two bytes', 'c0 80', '\udcc0\udc80'],
    ['a long form of three bytes', 'e0 80 80', '\udce0\udc80\udc80'],
    ['a long form of four bytes', 'f0 80 80 80', '\udcf0\udc80\udc80\udc80'],
    ['a surrogate', 'ed a0 80', '\udced\udca0\udc80'],
    ['beyond Unicode', 'f4 90 80 80', '\udcf4\udc90\udc80\udc80'],
    ['a byte that begins nothing', 'f5 80 80 80', '\udcf5\udc80\udc80\udc80'],
    ['a sequence that is cut', '61 e2 82', 'a\udce2\udc82'],
    ['a sequence that is broken', 'e2 82 41', '\udce2\udc82A'],
    ['characters of all lengths beside one', 'ff 41 c3 a9 e2 82 ac f0 9f 98 80', '\udcffAé€😀'],
    ['a NUL and a byte order mark beside one', '00 ef bb bf ff', '\0\ufeff\udcff'],
  ])('%s', (_what, bytes, text) => {
    expect(decodeText(hex(bytes))).toBe(text);
    expect(encodeText(text)).toEqual(hex(bytes));
    expect(hasInvalidBytes(text)).toBe(true);
  });

  test('come back, any of them', () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0x80, 0xbf, 0x9f),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        const text = decodeText(buffer);
        expect(encodeText(text)).toEqual(buffer);
        // What is UTF-8 reads as everywhere else.
        if (text.isWellFormed()) expect(text).toBe(buffer.toString('utf8'));
      }),
      { numRuns: 3000 },
    );
  });

  test('other lone surrogates become U+FFFD', () => {
    expect(encodeText('\ud800a\udc00')).toEqual(Buffer.from('\ufffda\ufffd'));
  });
});
