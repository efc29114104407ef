/** A build fails when it finds nothing of what it replaces in the texts of others (.ci/replacements.mjs). */
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { answering, Replacements, replaced } from '../../.ci/replacements.mjs';

describe('what is found nowhere', () => {
  test('in one text', () => {
    expect(replaced('a b a', 'a', 'c')).toBe('c b c');
    expect(() => replaced('a b', 'x', 'c')).toThrow('nothing was found to replace: x');
  });

  test('in many', () => {
    const words = new Replacements('one', 'two');
    expect(words.in(words.in('a', 'one', /a/g, 'b'), 'two', 'x', 'y')).toBe('b');
    expect(() => words.check()).toThrow('nothing was found to replace: two');
    words.in('x', 'two', 'x', 'y');
    words.check();
  });

  test.each([
    ['there', true],
    ['elsewhere', false],
  ])('by a rule for files: %s', async (name, isFound) => {
    const plugin = {
      name: 'rules',
      setup(whole: Parameters<typeof answering>[0]): void {
        const bundler = answering(whole);
        bundler.onResolve({ filter: /^there$/ }, ({ path }) => ({ path, namespace: 'own' }));
        bundler.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'own' }, () => ({ contents: '' }));
        whole.onLoad({ filter: /.*/, namespace: 'own' }, () => ({ contents: '' }));
      },
    };
    const built = build({
      stdin: { contents: 'import "there"' },
      bundle: true,
      write: false,
      logLevel: 'silent',
      plugins: [plugin],
    });
    if (isFound) await built;
    else await expect(built).rejects.toThrow('no file is found by the rule for own /^elsewhere$/');
  });
});
