import { describe, expect, test } from 'vitest';
import type { SelectionOption } from '../../../src/metadata/metadata.js';
import { scopeOf } from '../../../src/metadata/scope-of.js';
import { selectorOf } from '../../../src/tree/scope.js';

const matches = async (text: string, key: string, option: SelectionOption = 'encrypted_regex') =>
  selectorOf(await scopeOf({ option, text }, 'encrypt')).matchesKey(key);

test('no rule is the default suffix', async () => {
  expect(await scopeOf(null, 'read')).toEqual({ rule: 'unencrypted_suffix', suffix: '_unencrypted' });
});

test('suffixes are plain text', async () => {
  expect(await matches('.x', 'a.x', 'encrypted_suffix')).toBe(true);
  expect(await matches('.x', 'aax', 'encrypted_suffix')).toBe(false);
});

describe('regular expressions are RE2 and not anchored', () => {
  test.each<[string, string, boolean]>([
    ['data', 'metadata', true],
    ['^(data|stringData)$', 'stringData', true],
    ['^(data|stringData)$', 'metadata', false],
    ['(?i)PASS', 'my_password', true],
    ['(?P<n>a)b', 'cab', true],
    ['\\Aabc\\z', 'abc', true],
    ['[[:alpha:]]', '123', false],
    ['\\pL', 'é', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['^.$', '😀', true],
  ])('%s on %s', async (pattern, key, expected) => {
    expect(await matches(pattern, key)).toBe(expected);
  });

  test.each(['[', '(?=a)', '(a)\\1', 'x**'])(
    '%s is refused when encrypting and never matches when reading',
    async (text) => {
      await expect(scopeOf({ option: 'encrypted_regex', text }, 'encrypt')).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('encrypted_regex is not a valid regular expression'),
      });
      const scope = await scopeOf({ option: 'encrypted_regex', text }, 'read');
      expect(selectorOf(scope).matchesKey('[a')).toBe(false);
    },
  );

  test('a comment rule asks comments, not keys', async () => {
    const selector = selectorOf(await scopeOf({ option: 'encrypted_comment_regex', text: 'on' }, 'read'));
    expect([selector.matchesKey('on'), selector.matchesComment('turn on')]).toEqual([false, true]);
  });
});
