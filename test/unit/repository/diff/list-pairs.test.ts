/** Entries of lists that belong together. */
import { expect, test } from 'vitest';
import { pairEntries } from '../../../../src/repository/diff/list-pairs.js';
import { inSweeps } from '../../../support/sweep.js';

function pairsOf(before: string, after: string): string {
  return pairEntries([...before], [...after], (entry) => entry)
    .map(({ before: one = '-', after: other = '-' }) => `${one}${other}`)
    .join(' ');
}

test.each([
  ['', '', ''],
  ['ab', 'ab', 'aa bb'],
  ['abc', 'xabc', '-x aa bb cc'],
  ['abcd', 'acd', 'aa b- cc dd'],
  ['abc', 'axc', 'aa bx cc'],
  ['aab', 'aaab', 'aa aa -a bb'],
  ['abcde', 'bxdye', 'a- bb cx dd -y ee'],
  ['ab', 'ba', '-b aa b-'],
])('%j and %j', (before, after, wanted) => {
  expect(pairsOf(before, after)).toBe(wanted);
});

test('a place is that in the list that has the entry', () => {
  expect(pairEntries(['a', 'b'], ['b'], (one) => one).map(({ at }) => at)).toEqual([0, 0]);
});

inSweeps(() => {
  test('long lists with an entry in front take no quadratic time', () => {
    const many = Array.from({ length: 200_000 }, (_, at) => String(at));
    const pairs = pairEntries(many, ['new', ...many.toReversed(), 'last'], (one) => one);
    expect(pairs.length).toBeGreaterThan(many.length);
  });
});
