/** Putting edits into a text, as text and as bytes. */
import { describe, expect, test } from 'vitest';
import { applyEdits, type Edit, editedBytes, type SourceFile } from '../../../src/formats/store.js';
import { decodeText, encodeText } from '../../../src/util/text/text.js';
import fc, { anyCharacter } from '../../support/fast-check.js';

const fileOf = (text: string): SourceFile => ({ text, documents: [], metadata: null, edits: () => [] });

/** The text after some edits, made the plain way. */
function edited(text: string, edits: readonly Edit[]): string {
  let whole = text;
  for (const { start, end, text: next } of edits.toReversed()) whole = whole.slice(0, start) + next + whole.slice(end);
  return whole;
}

/** As many edits as fill several pages, each of them in the middle of what `unit` stands for. */
function many(unit: string, replacement: string): { text: string; edits: Edit[] } {
  const count = 9000;
  const edits = Array.from({ length: count }, (_, at) => {
    const start = at * unit.length + 1;
    return { start, end: start + 1, text: replacement };
  });
  return { text: unit.repeat(count), edits };
}

describe('edits', () => {
  test('are put in at their places', () => {
    const edits = [
      { start: 0, end: 0, text: '<' },
      { start: 1, end: 3, text: '' },
      { start: 4, end: 4, text: '>' },
    ];
    expect(applyEdits('abcd', edits)).toBe('<ad>');
    expect(Buffer.from(editedBytes(fileOf('abcd'), edits)).toString()).toBe('<ad>');
    expect(applyEdits('abcd', [])).toBe('abcd');
  });

  test('that overlap are refused, not guessed', () => {
    const edits = [
      { start: 0, end: 2, text: 'x' },
      { start: 1, end: 3, text: 'y' },
    ];
    expect(() => applyEdits('abcd', edits)).toThrow(RangeError);
    expect(() => editedBytes(fileOf('abcd'), edits)).toThrow(RangeError);
  });

  test.each([
    ['of ASCII', many('a?b', 'value')],
    ['of longer characters', many('é?😀', '€')],
    ['that cut a character, and so end in its halves', many('\ud83d?\ude00', '')],
    ['among bytes that are not UTF-8', many(decodeText(Buffer.from('\xff?\xe2\x82', 'latin1')), 'x')],
  ])('%s give the same text and bytes on several pages', (_, { text, edits }) => {
    const whole = edited(text, edits);
    expect(applyEdits(text, edits) === whole).toBe(true);
    expect(Buffer.compare(editedBytes(fileOf(text), edits), encodeText(whole))).toBe(0);
  });

  test('are written in the encoding of the file', () => {
    const encode = (text: string) => Buffer.from(text, 'utf16le');
    const file = { ...fileOf('\ufeffa: 1\n'), encode };
    const edits = [{ start: 4, end: 5, text: '2' }];
    expect(Buffer.compare(editedBytes(file, edits), encode('\ufeffa: 2\n'))).toBe(0);
  });

  test('give what replacing one after the other gives', () => {
    const pieces = fc.array(
      fc.tuple(fc.string({ unit: anyCharacter }), fc.string({ unit: anyCharacter }), fc.string({ unit: anyCharacter })),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        let text = '';
        const edits = parts.map(([kept, old, next]) => {
          const start = text.length + kept.length;
          text += kept + old;
          return { start, end: start + old.length, text: next };
        });
        expect(applyEdits(text, edits)).toBe(edited(text, edits));
        expect(Buffer.compare(editedBytes(fileOf(text), edits), encodeText(edited(text, edits)))).toBe(0);
      }),
    );
  });
});
