import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileRe2, loadRe2 } from '../../../src/util/text/re2.js';

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

describe('an anchored list of names', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/);
  const list = fc.array(name, { minLength: 1, maxLength: 4 });

  test('means what it means to the engine', async () => {
    const engine = await loadRe2();
    await fc.assert(
      fc.asyncProperty(list, fc.constantFrom('', '?:'), fc.string(), async (names, kind, other) => {
        const pattern = `^(${kind}${names.join('|')})$`;
        const [expression, compiled] = [await compileRe2(pattern), engine.compile(pattern)];
        const [first = ''] = names;
        const texts = [
          ...names,
          other,
          `${first}\n`,
          `\n${first}`,
          ` ${first}`,
          first.slice(1),
          `${first}${first}`,
          '',
        ];
        for (const text of texts) expect([text, expression.test(text)]).toEqual([text, compiled.matcher(text).find()]);
      }),
    );
  });

  test.each(['^a|b$', '^(a|b)', '(a|b)$', '^(a|)$', '^(a.b)$', '^((a))$', '^(a|b)$\n'])(
    '%s is none',
    async (pattern) => {
      const engine = (await loadRe2()).compile(pattern);
      const expression = await compileRe2(pattern);
      for (const text of ['a', 'b', 'ab', 'xb', 'ax', '', 'axb', 'a\n'])
        expect([text, expression.test(text)]).toEqual([text, engine.matcher(text).find()]);
    },
  );
});
