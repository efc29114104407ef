/** Strings of TOML that the package for it cannot take. */
import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { formatNamed } from '../../../src/formats/registry.js';
import type { Branch } from '../../../src/tree/tree.js';

const N = 200_000;
const store = await formatNamed('toml').load();

function read(text: string): Branch | undefined {
  return store.parse(Buffer.from(text)).documents[0];
}

function first(text: string): unknown {
  const entry = read(text)?.items.find((one) => one.kind === 'item');
  return entry?.kind === 'item' && entry.value.kind === 'leaf' ? [entry.value.value, entry.value.source?.style] : entry;
}

describe('a long string', () => {
  test.each<[string, string, string, string]>([
    ['in double quotes', `"${'x'.repeat(N)}"`, 'x'.repeat(N), 'double'],
    ['of escapes', `"${'\\n\\u00e9\\\\\\"\\x41'.repeat(N / 4)}"`, '\né\\"A'.repeat(N / 4), 'double'],
    ['in single quotes', `'${'\\n"'.repeat(N)}'`, '\\n"'.repeat(N), 'single'],
    ['of many lines', `"""\n${'a\n'.repeat(N)}"""`, 'a\n'.repeat(N), 'triple'],
    ['that is folded', `"""${'a \\\n   '.repeat(N)}"""`, 'a '.repeat(N), 'triple'],
    ['with quotes at its end', `"""${'a""'.repeat(N)}"""`, 'a""'.repeat(N), 'triple'],
    ['of many lines in single quotes', `'''\r\n${'a\r\n'.repeat(N)}'''`, 'a\n'.repeat(N), 'triple-single'],
  ])('%s', (_name, written, value, style) => {
    for (const text of [`a = ${written}\n`, `\ufeff# "\na = ${written} # c\n[b]\nc = ''\nd = "\\"# '"\n`]) {
      expect(first(text)).toEqual([value, style]);
    }
  });

  test.each([
    ['an unknown escape', `"${'x'.repeat(N)}\\q"`],
    ['half of a surrogate pair', `"${'x'.repeat(N)}\\ud800"`],
    ['a control character', `'${'x'.repeat(N)}\u0001'`],
    ['no end', `"${'x'.repeat(N)}\n`],
    ['no end over lines', `"""${'x\n'.repeat(N)}`],
    ['another behind it', `"${'x'.repeat(N)}" 'x'`],
  ])('with %s is refused', (_name, written) => {
    expect(() => read(`a = ${written}\n`)).toThrow(SopsError);
  });
});
