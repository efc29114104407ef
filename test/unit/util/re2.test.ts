import { describe, expect, test } from 'vitest';
import { compileRe2 } from '../../../src/util/re2.js';

describe('compileRe2', () => {
  test.each([
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['(?i)B', 'abc', true],
    ['^[[:alpha:]]+\\z', 'abc', true],
    ['^\\pL$', 'é', true],
    ['^.$', '😀', true],
    ['\\Qa.b\\E', 'axb', false],
    ['(?P<name>c)', 'abc', true],
    ['', 'abc', true],
  ])('%s in %s: %j', async (pattern, text, expected) => {
    expect((await compileRe2(pattern)).test(text)).toBe(expected);
  });

  test('an expression can be asked again', async () => {
    const expression = await compileRe2('a');
    expect(['a', 'b', 'a'].map((text) => expression.test(text))).toEqual([true, false, true]);
  });

  test.each([
    ['(', 'error parsing regexp: missing closing ): `(`'],
    ['(?=x)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
    ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['x{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
  ])('%s is refused', async (pattern, message) => {
    await expect(compileRe2(pattern)).rejects.toMatchObject({ code: 'config', message });
  });

  test('nested repetition takes no long time', async () => {
    const expression = await compileRe2('^(a|a?)+[bc]+$');
    expect(expression.test('a'.repeat(5_000))).toBe(false);
  });
});
