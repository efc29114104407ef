import { describe, expect, test } from 'vitest';
import { type ErrorCode, SopsError } from '../../../src/errors.js';
import { sameTree } from '../../../src/tree/equality.js';
import { getAt, parseIndexPath, setAt, unsetAt } from '../../../src/tree/path.js';
import { branch, comment, item, leaf, list, type Value } from '../../../src/tree/tree.js';

function codeOf(run: () => unknown): [ErrorCode, string] {
  try {
    run();
  } catch (error) {
    if (error instanceof SopsError) return [error.code, error.message];
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('index syntax (docs/command-line.md#places)', () => {
  test.each<[string, (string | number)[]]>([
    ['', []],
    ['["a"]', ['a']],
    ["['a']", ['a']],
    [`['a"]`, ['a']],
    ['[["a"]', ['a']],
    ['["q"x"]', ['q"x']],
    ['["q\\"x"]', ['q\\"x']],
    ['["a b]c"]', ['a b]c']],
    ['["1"][1][+2]', ['1', 1, 2]],
    ['[""]', ['']],
  ])('%s', (text, path) => {
    expect(parseIndexPath(text)).toEqual(path);
  });

  test.each(['a', '["a"', '["a"]x', '[1.5]', '[abc]', '[ 0 ]', '[]', '["]', '["a"] ["b"]'])('%s is refused', (text) => {
    const [code, message] = codeOf(() => parseIndexPath(text));
    expect(code).toBe('extract-syntax');
    expect(message).toMatch(/^error parsing --extract path: /);
  });

  test('set and unset have their own words', () => {
    expect(codeOf(() => parseIndexPath('a', 'set'))).toEqual([
      'set-syntax',
      expect.stringMatching(/^Invalid set index/),
    ]);
    expect(codeOf(() => parseIndexPath('a', 'unset'))[1]).toMatch(/^Invalid unset index format/);
  });
});

const document = () =>
  branch([
    item('a', branch([item('b', list([comment('c'), leaf(1n)]))])),
    item('s', leaf('x', { start: 0, end: 1, style: 'double', value: 'x' })),
    item('a', leaf('second')),
  ]);

describe('get', () => {
  test('indexes count comments, the first of equal keys counts, the empty path is the document', () => {
    const tree = document();
    expect(getAt(tree, ['a', 'b', 0])).toMatchObject({ kind: 'comment', text: 'c' });
    expect(getAt(tree, ['a', 'b', 1])).toMatchObject({ kind: 'leaf', value: 1n });
    expect(getAt(tree, [])).toBe(tree);
  });

  test.each<[(string | number)[], string]>([
    [['k'], "error truncating tree: component ['k'] not found"],
    [['a', 'b', 5], 'error truncating tree: component [5] accesses out of bounds'],
    [['a', 'b', -1], 'error truncating tree: component [-1] accesses out of bounds'],
    [['s', 0], 'error truncating tree: component [0] is integer, but tree part is not a slice'],
    [['a', 0], 'error truncating tree: component [0] is integer, but tree part is not a slice'],
    [['s', 'k'], "error truncating tree: component ['k'] is a key, but tree part is not a map"],
  ])('%j fails', (path, message) => {
    expect(codeOf(() => getAt(document(), path))).toEqual(['path-not-found', message]);
  });
});

describe('set (docs/command-line.md#set)', () => {
  const resultOf = (path: (string | number)[], value: Value) => {
    const tree = document();
    return [setAt(tree, path, value), tree] as const;
  };

  test('a scalar over a scalar keeps its source', () => {
    const [changed, tree] = resultOf(['s'], leaf('y'));
    expect(changed).toBe(true);
    expect(tree.items[1]).toMatchObject({ value: { value: 'y', source: { style: 'double' } } });
  });

  test('the same value changes nothing, another type does', () => {
    expect(resultOf(['s'], leaf('x'))[0]).toBe(false);
    expect(resultOf(['a', 'b', 1], leaf(1))[0]).toBe(true);
  });

  test.each<[string, (string | number)[], (string | number)[]]>([
    ['missing keys are made', ['n', 'm'], ['n', 'm']],
    ['an index makes a list of one', ['n', 7, 'k'], ['n', 0, 'k']],
    ['an index behind the end appends', ['a', 'b', 9], ['a', 'b', 2]],
    ['a scalar in the way gives way', ['s', 'k'], ['s', 'k']],
    ['an item of a list is replaced', ['a', 'b', 0], ['a', 'b', 0]],
  ])('%s', (_, path, found) => {
    const [changed, tree] = resultOf(path, list([leaf(true)]));
    expect(changed).toBe(true);
    expect(getAt(tree, found)).toEqual(list([leaf(true)]));
  });

  test.each([[['a', 0]], [['a', 'b', 'k']], [['a', 'b', -1]], [[]]])('%j is refused', (path) => {
    const tree = document();
    expect(codeOf(() => setAt(tree, path, leaf(1n)))[0]).toBe('path-not-found');
    expect(sameTree([tree], [document()])).toBe(true);
  });
});

describe('unset', () => {
  test('removes the item alone', () => {
    const tree = document();
    unsetAt(tree, ['a', 'b', 1]);
    expect(getAt(tree, ['a', 'b'])).toEqual(list([comment('c')]));
    unsetAt(tree, ['a']);
    expect(getAt(tree, ['a'])).toMatchObject({ value: 'second' });
  });

  test.each<[(string | number)[], ErrorCode, string]>([
    [['k'], 'path-not-found', 'Key not found: k'],
    [['a', 'b', 9], 'path-not-found', 'Index 9 out of bounds'],
    [['s', 'k'], 'failed', 'Unsupported type'],
    [['a', 'b', -1], 'path-not-found', 'component [-1]'],
    [[], 'path-not-found', 'no key'],
  ])('%j fails', (path, code, message) => {
    expect(codeOf(() => unsetAt(document(), path))).toEqual([code, expect.stringContaining(message)]);
  });
});
