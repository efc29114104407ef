/** Scalars are written so that they read back as what they are, in the author's style where that can hold them. */

import { describe, expect } from 'vitest';
import { isScalar, parseDocument } from 'yaml';
import { resolvePlain } from '../../../src/formats/yaml/resolve.js';
import {
  doubleQuoted,
  foldedBlock,
  isBlockable,
  isPlainable,
  isSingleable,
  literalBlock,
  type ScalarPlace,
  type ScalarStyle,
  writeScalar,
} from '../../../src/formats/yaml/scalar-text.js';
import type { LeafValue } from '../../../src/tree/tree.js';
import fc, { anyCharacter } from '../../support/fast-check.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const STYLES: readonly ScalarStyle[] = ['plain', 'single', 'double', 'literal', 'folded'];

function write(value: LeafValue, style?: ScalarStyle, place: Partial<ScalarPlace> = {}): string {
  return writeScalar(value, { style, inFlow: false, contentIndent: 4, parentIndent: 0, ...place }).text;
}

/** Strings made of what has a meaning somewhere in YAML. */
const awkward = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['a', 'word', ' ', '  ', '\n', '\n\n', '\n ', '\t', "'", '"', '\\', ': ', ':', ' #', '#', '- ', '-', '---'],
        ...['...', '{', '}', '[', ']', ',', '?', '&', '*', '!', '|', '>', '%', '@', '`', '<<', '~', 'null', '12', '.5'],
        ...['é', '😀', '\u0085', '\u00a0', '\u2028', '\ufeff', '\ufffe', '\r', '\0', '\x1b', '\x7f'],
      ),
      fc.string({ unit: anyCharacter, maxLength: 3 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

/** What another YAML implementation reads at the place a scalar was written to. */
function readElsewhere(text: string, find: readonly (string | number)[]): { value: unknown; type: unknown } {
  const document = parseDocument(text, { schema: 'failsafe' });
  expect(document.errors).toEqual([]);
  const node = document.getIn(find, true);
  if (!isScalar(node)) throw new Error('no scalar stands there');
  // That implementation has a symbol for the value of `!!merge <<`.
  const value = typeof node.value === 'symbol' ? node.value.description : String(node.value);
  return { value, type: node.type };
}

describe('as go-yaml writes', () => {
  test.each<[LeafValue, string]>([
    [null, 'null'],
    [true, 'true'],
    [-7n, '-7'],
    [1, '1'],
    [1e21, '1e+21'],
    [0.00001, '1e-05'],
    [-0, '-0.0'],
    [Number.NaN, '.nan'],
    [{ kind: 'timestamp', nanoseconds: 1_577_923_200_120_000_000n, offset: 330 }, '2020-01-02T05:30:00.12+05:30'],
    ['a b', 'a b'],
    ['', '""'],
    ['yes', '"yes"'],
    ['12:30', '"12:30"'],
    ['<<', '!!merge <<'],
    ["it's", "it's"],
    ['a: b', "'a: b'"],
    ["'a", "'''a'"],
    ['a\tb', '"a\\tb"'],
    ['😀', '"\\U0001F600"'],
    ['a\nb', '|-\n    a\n    b'],
    ['a\n\nb\n', '|\n    a\n\n    b'],
    ['a\n\n', '|+\n    a\n'],
    ['\n', '|4+\n'],
    [' a\nb', '|4-\n     a\n    b'],
    ['a \nb', '"a \\nb"'],
    ['\udcff\udcfe', '!!binary //4='],
  ])('case %#', (value, text) => {
    expect(write(value)).toBe(text);
    expect(write(value, 'plain')).toBe(text);
  });

  test('long bytes are a block, on one line where no block can stand', () => {
    const bytes = '\udcff'.repeat(60);
    const base64 = `${'/'.repeat(80)}`;
    expect(write(bytes)).toBe(`!!binary |\n    ${base64.slice(0, 70)}\n    ${base64.slice(70)}`);
    expect(write(bytes, 'literal', { inFlow: true })).toBe(`!!binary ${base64}`);
    expect(write(bytes, 'double', { oneLine: true })).toBe(`!!binary ${base64}`);
  });
});

describe('where SOPS writes what it cannot read', () => {
  test('a tab before a multi-line text asks for double quotes (D2)', () => {
    for (const style of ['plain', 'literal', 'folded'] as const) expect(write('\tx\ny', style)).toBe('"\\tx\\ny"');
  });

  test('the indentation digit is the true distance (D3)', () => {
    const text = write(' a\nb', 'plain', { contentIndent: 8, parentIndent: 6 });
    expect(text).toBe('|2-\n         a\n        b');
    expect(readElsewhere(`k:\n    - x: ${text}\n`, ['k', 0, 'x'])).toEqual({
      value: ' a\nb',
      type: 'BLOCK_LITERAL',
    });
    expect(write(' a\nb', 'literal', { contentIndent: 12 })).toBe('" a\\nb"');
    expect(write('a\nb', 'literal', { contentIndent: 12 })).toBe('|-\n            a\n            b');
  });

  test('line separators are escaped (D11)', () => {
    for (const style of STYLES) expect(write('a\u2028b', style)).toBe('"a\\Lb"');
    expect(write('a\nb\u2029')).toBe('"a\\nb\\P"');
  });
});

describe("in the author's style", () => {
  test.each<[LeafValue, ScalarStyle, string]>([
    ['a', 'single', "'a'"],
    ["it's", 'single', "'it''s'"],
    ['a\nb', 'single', '"a\\nb"'],
    ['12', 'single', "'12'"],
    ['', 'single', "''"],
    ['a"b\\', 'double', '"a\\"b\\\\"'],
    ['é', 'double', '"é"'],
    ['\ufeffa é', 'double', '"\\uFEFF\\x61\\x20\\xE9"'],
    ['a', 'literal', '|-\n    a'],
    ['', 'literal', '""'],
    ['12', 'literal', '|-\n    12'],
    ['a\nb\n', 'folded', '>\n    a\n\n    b'],
    ['a\n\nb', 'folded', '>-\n    a\n\n\n    b'],
    ['a\n b\n  c\nd', 'folded', '>-\n    a\n     b\n      c\n    d'],
    ['a\n\n b\n\nc', 'folded', '>-\n    a\n\n     b\n\n    c'],
    ['a\n\n\n', 'folded', '>+\n    a\n\n'],
    ['\n\n', 'folded', '|4+\n\n'],
    ['a \nb', 'folded', '"a \\nb"'],
  ])('case %#', (value, style, text) => {
    expect(write(value, style)).toBe(text);
  });

  test('what is not a string stands without quotes in every style', () => {
    for (const style of STYLES)
      for (const value of [12n, 1.5, true, null]) expect(write(value, style)).toBe(write(value));
  });

  test('no block stands in a flow collection or before something on its line', () => {
    for (const style of ['plain', 'literal', 'folded'] as const) {
      expect(write('a\nb', style, { inFlow: true })).toBe('"a\\nb"');
      expect(write('a\nb', style, { oneLine: true })).toBe('"a\\nb"');
    }
  });

  test('plain text in a flow collection holds no flow indicator', () => {
    const inFlow = (text: string) => write(text, 'plain', { inFlow: true });
    expect(inFlow('http://x/y')).toBe('http://x/y');
    for (const text of ['a,b', 'a[b', 'a]b', 'a{b', 'a}b', 'a?b', ':a', '?a']) expect(inFlow(text)).toBe(`'${text}'`);
  });
});

describe('reading back', () => {
  const places: [string, (text: string) => string, (string | number)[], Partial<ScalarPlace>][] = [
    ['a key', (text) => `k: ${text}\n`, ['k'], {}],
    ['a list', (text) => `k:\n  - ${text}\n`, ['k', 0], { parentIndent: 2 }],
    ['a flow list', (text) => `k: [x, ${text}]\n`, ['k', 1], { inFlow: true }],
    ['a flow map', (text) => `k: {x: ${text}, y: z}\n`, ['k', 'x'], { inFlow: true }],
    ['before a comment', (text) => `k: ${text} # c\n`, ['k'], { oneLine: true }],
  ];

  test.each(places)('every string survives at %s, in every style', (_, around, find, place) => {
    fc.assert(
      fc.property(awkward, fc.constantFrom(...STYLES), (value, style) => {
        const { value: read, type } = readElsewhere(around(write(value, style, place)), find);
        expect(read).toBe(value);
        if (type === 'PLAIN' && value !== '<<') expect(resolvePlain(value)).toBe(value);
      }),
      { numRuns: 400 },
    );
  });

  test('what a style can hold is written in that style', () => {
    fc.assert(
      fc.property(awkward, (value) => {
        if (isSingleable(value)) expect(write(value, 'single')).toMatch(/^'/);
        if (isBlockable(value)) expect(write(value, 'literal')).toMatch(/^\|/);
        if (isPlainable(`x ${value}`)) expect(write(`x ${value}`)).toBe(`x ${value}`);
        expect(write(value, 'double')).toBe(doubleQuoted(value));
      }),
    );
  });

  test('block lines carry no indentation of their own', () => {
    expect(literalBlock('a\n\nb\n', 4)).toEqual({ header: '|', lines: ['a', '', 'b'] });
    expect(foldedBlock('\na\nb', 2)).toEqual({ header: '>2-', lines: ['', 'a', '', 'b'] });
  });
});
