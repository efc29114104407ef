/** Plain and tagged YAML scalars become the values that SOPS 3.13.2 makes of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { resolvePlain, resolvesToString, resolveTagged } from '../../../src/formats/yaml/resolve.js';
import { plainScalarText } from '../../../src/formats/yaml/scalar-text.js';
import type { LeafValue } from '../../../src/tree/tree.js';
import { encodeText } from '../../../src/util/text/text.js';
import fc from '../../support/fast-check.js';

type Row = [text: string, type: string, printed: string];
type TagRow = [tag: string, body: string, type: string, printed: string];

function vectors<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/yaml-emit/${name}`, import.meta.url), 'utf8'));
}

/** The type word of the ciphertext SOPS would make. */
function typeWord(value: LeafValue): string {
  if (value === null) return 'null';
  const words: Record<string, string> = { string: 'str', bigint: 'int', number: 'float', boolean: 'bool' };
  return words[typeof value] ?? 'time';
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SopsError) return error.code;
    throw error;
  }
  return 'none';
}

describe('plain scalars', () => {
  test.each(vectors<Row>('resolve.json'))('%s is of type %s', (text, type, printed) => {
    if (type === 'refused') {
      expect(codeOf(() => resolvePlain(text))).toBe('leaf-not-encryptable');
      expect(resolvesToString(text)).toBe(false);
      return;
    }
    const value = resolvePlain(text);
    expect(typeWord(value)).toBe(type);
    expect(resolvesToString(text)).toBe(type === 'str');
    if (typeof value === 'string') expect(value).toBe(text);
    // Negative zero is printed so that it stays a float (docs/format.md#d4-negative-zero).
    else expect(plainScalarText(value)).toBe(Object.is(value, -0) ? '-0.0' : printed);
  });

  test('empty text is null', () => {
    expect(resolvePlain('')).toBeNull();
    expect(resolvesToString('')).toBe(false);
  });

  test('timestamps keep instant and offset', () => {
    expect(resolvePlain('2001-12-14t21:59:43.10-05:00')).toEqual({
      kind: 'timestamp',
      nanoseconds: 1_008_385_183_100_000_000n,
      offset: -300,
    });
    expect(resolvePlain('1969-12-31')).toEqual({ kind: 'timestamp', nanoseconds: -86_400_000_000_000n, offset: 0 });
  });

  test('every int64 reads as itself, in each notation', () => {
    fc.assert(
      fc.property(fc.bigInt(-(1n << 63n), (1n << 63n) - 1n), (value) => {
        expect(resolvePlain(value.toString())).toBe(value);
        const [sign, magnitude] = value < 0n ? ['-', -value] : ['', value];
        expect(resolvePlain(`${sign}0x${magnitude.toString(16)}`)).toBe(value);
        expect(resolvePlain(`${sign}0${magnitude.toString(8)}`)).toBe(value);
        expect(resolvePlain(`${sign}0b${magnitude.toString(2)}`)).toBe(value);
      }),
    );
  });

  test('every double reads back from what is written', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const read = resolvePlain(plainScalarText(value));
        expect(typeof read === 'bigint' ? Number(read) : read).toBe(value);
      }),
    );
  });

  test('long texts take linear time', () => {
    const digits = '1'.repeat(200_000);
    const started = performance.now();
    for (const text of [
      digits,
      `0x${digits}`,
      `0${digits}`,
      `${digits}x`,
      digits.replaceAll('1', '1_'),
      `.${digits}_`,
    ]) {
      expect(['string', 'number']).toContain(typeof resolvePlain(text));
    }
    expect(resolvePlain(`2001-01-01${' '.repeat(200_000)}x`)).toBeTypeOf('string');
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('tagged scalars', () => {
  test.each(vectors<TagRow>('resolve-tags.json'))('%s %s is %s', (tag, body, type, printed) => {
    const isPlain = !/^["']/.test(body);
    const text = isPlain ? body : body.slice(1, -1);
    const name = tag.startsWith('!<') ? tag.slice(2, -1) : tag;
    const resolve = () => resolveTagged(name, text, isPlain);
    if (type === 'error') expect(codeOf(resolve)).toBe('document-invalid');
    else if (type === 'refused') expect(codeOf(resolve)).toBe('leaf-not-encryptable');
    else {
      const value = resolve();
      expect(typeWord(value)).toBe(type);
      expect(typeof value === 'string' ? encodeText(value).toString() : plainScalarText(value)).toBe(printed);
    }
  });

  test('long and short form of a tag mean the same', () => {
    expect(resolveTagged('tag:yaml.org,2002:int', '0x10', false)).toBe(16n);
    expect(resolveTagged('tag:yaml.org,2002:binary', '/w==', true)).toBe('\udcff');
  });

  test('base64 may hold line ends, but no blanks', () => {
    expect(resolveTagged('!!binary', 'aGVs\nbG8=\r\n', false)).toBe('hello');
    expect(codeOf(() => resolveTagged('!!binary', 'aGVs bG8=', false))).toBe('document-invalid');
  });

  test.each(['!!int', '!!float', '!!bool', '!!null', '!!timestamp', '!!binary'])(
    'the error of %s is silent on the value',
    (tag) => {
      expect(() => resolveTagged(tag, 'hunter2!', false)).toThrow(/^(?!.*hunter2).*$/s);
    },
  );
});
