/** Lines of ours in a file of others': what was there comes back to the byte. */
import { describe, expect, test } from 'vitest';
import { blockIn, withBlock, withoutBlocks } from '../../../src/git/marked-block.js';

const TEXTS = ['', 'a', 'a\n', 'a\nb', 'a\n\n', '#!/bin/sh\nexit 0\n', 'a\r\nb\r\n', '# >>> other\nx\n# <<< other\n'];

describe('a block', () => {
  test.each(TEXTS)('at the end of %j goes again', (text) => {
    const marked = withBlock(text, ['x', 'y'], { at: 'end' });
    expect(marked.startsWith(text)).toBe(true);
    expect(blockIn(marked)).toBe('x\ny');
    expect(withoutBlocks(marked)).toBe(text);
    expect(withBlock(marked, ['x', 'y'], { at: 'end' })).toBe(marked);
    expect(withoutBlocks(withBlock(marked, ['z'], { at: 'end' }))).toBe(text);
  });

  test('within a text goes again, further ones as well', () => {
    const once = withBlock('a:\n  b: 1\n', ['c: 2'], { at: 3, indent: '  ' });
    const twice = withBlock(once, ['d: 3'], { at: 'end', isFurther: true });
    expect(once).toMatch(/^a:\n {2}# >>> sops-ts .*\n {2}c: 2\n {2}# <<< sops-ts\n {2}b: 1\n$/);
    expect(blockIn(twice)).toBe('  c: 2\nd: 3');
    expect(withoutBlocks(twice)).toBe('a:\n  b: 1\n');
  });

  test('that is not there is none', () => {
    for (const text of TEXTS) {
      expect(blockIn(text)).toBeUndefined();
      expect(withoutBlocks(text)).toBe(text);
    }
  });
});
