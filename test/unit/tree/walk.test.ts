import { describe, expect, test } from 'vitest';
import type { EncryptionScope } from '../../../src/tree/scope.js';
import { type Branch, branch, comment, item, leaf, list } from '../../../src/tree/tree.js';
import { walk } from '../../../src/tree/walk.js';

const DEFAULT: EncryptionScope = { rule: 'unencrypted_suffix', suffix: '_unencrypted' };

/** One line per visited leaf or comment: what it is, its joined path, and `+` when it is encrypted. */
function visits(scope: EncryptionScope, ...documents: Branch[]): string[] {
  const lines: string[] = [];
  walk(documents, scope, {
    leaf: (leaf, place) => lines.push(`${String(leaf.value)} ${place.joinedPath} ${place.selected ? '+' : '-'}`),
    comment: (comment, place) => lines.push(`#${comment.text} ${place.joinedPath} ${place.selected ? '+' : '-'}`),
  });
  return lines;
}

/** What is encrypted, by the text of leaves and comments. */
const encrypted = (scope: EncryptionScope, ...documents: Branch[]) =>
  visits(scope, ...documents)
    .filter((line) => line.endsWith('+'))
    .map((line) => line.split(' ')[0]);

test('leaves and comments come in order, with the paths that the cipher binds them to', () => {
  const document = branch([
    comment('top'),
    item(
      'a',
      branch([item('b', list([leaf('x'), comment('in list'), branch([comment('in map'), item('c', leaf(1n))])]))]),
    ),
    item('a:b', leaf('colon')),
    item('', branch([item('', leaf('empty')), comment('below empty')])),
    item('last', list([list([leaf(null)])])),
  ]);
  expect(visits(DEFAULT, document)).toEqual([
    '#top : +',
    'x a:b: +',
    '#in list a:b: +',
    '#in map a:b: +',
    '1 a:b:c: +',
    'colon a:b: +',
    'empty :: +',
    '#below empty : +',
    'null last: +',
  ]);
});

test('paths are keys without indexes', () => {
  const paths: unknown[] = [];
  const document = branch([item('a', list([branch([item('b', leaf(1n)), comment('c')])]))]);
  walk([document], DEFAULT, {
    leaf: (_, place) => paths.push(place.path),
    comment: (_, place) => paths.push(place.path),
  });
  expect(paths).toEqual([['a', 'b'], ['a']]);
});

describe('rules over keys', () => {
  const document = branch([
    comment('top'),
    item('plain', leaf('p')),
    item('a_x', branch([comment('in'), item('deep', list([leaf('d')]))])),
    item('b', branch([item('c_x', leaf('c')), item('c_xy', leaf('n'))])),
  ]);
  test.each<[EncryptionScope, string[]]>([
    [{ rule: 'unencrypted_suffix', suffix: '_x' }, ['#top', 'p', 'n']],
    [{ rule: 'encrypted_suffix', suffix: '_x' }, ['#in', 'd', 'c']],
    [{ rule: 'unencrypted_regex', pattern: /_x/ }, ['#top', 'p']],
    [{ rule: 'encrypted_regex', pattern: /_x$/ }, ['#in', 'd', 'c']],
  ])('%o', (scope, expected) => {
    expect(encrypted(scope, document)).toEqual(expected);
  });

  test('every document starts afresh', () => {
    const scope: EncryptionScope = { rule: 'encrypted_comment_regex', pattern: /on/ };
    expect(encrypted(scope, branch([item('a', leaf('x')), comment('on')]), branch([item('b', leaf('y'))]))).toEqual([]);
  });

  test('a key is asked about once, however much stands below it', () => {
    let asked = 0;
    const pattern = {
      test: () => {
        asked += 1;
        return false;
      },
    };
    const wide = list(Array.from({ length: 50 }, () => leaf('x')));
    walk([branch([item('a', branch([item('b', wide)]))])], { rule: 'encrypted_regex', pattern }, {});
    expect(asked).toBe(2);
  });
});

describe('rules over comments', () => {
  const on: EncryptionScope = { rule: 'encrypted_comment_regex', pattern: /on/ };
  const off: EncryptionScope = { rule: 'unencrypted_comment_regex', pattern: /off/ };

  test('a switch governs the next sibling with all below it, and ends there', () => {
    const document = branch([
      item('a', leaf('1')),
      comment('on'),
      comment('also'),
      item('b', branch([item('c', leaf('2')), item('d', leaf('3')), comment('inner')])),
      item('e', leaf('4')),
    ]);
    expect(encrypted(on, document)).toEqual(['#also', '2', '3', '#inner']);
  });

  test('the switch line stays readable under both rules', () => {
    const document = branch([comment('before'), comment('off'), comment('after'), item('b', leaf('1'))]);
    expect(encrypted(off, document)).toEqual(['#before']);
  });

  test('runs of enclosing levels stay in force', () => {
    const document = branch([
      comment('on'),
      item('l', list([leaf('1'), comment('x'), leaf('2'), branch([item('k', leaf('3'))])])),
      item('m', list([comment('on'), leaf('4'), leaf('5')])),
    ]);
    expect(encrypted(on, document)).toEqual(['1', '#x', '2', '3', '4']);
  });

  test('the selection goes by the text before the visit', () => {
    const seen: boolean[] = [];
    walk([branch([comment('on'), item('a', leaf('1'))])], on, {
      comment: (comment) => {
        comment.text = 'changed';
      },
      leaf: (_, place) => seen.push(place.selected),
    });
    expect(seen).toEqual([true]);
  });
});

test('a comment put in the place of a list item continues the run', () => {
  const document = branch([item('l', list([comment('on'), leaf('c'), leaf('v'), leaf('w')]))]);
  const seen: string[] = [];
  walk(
    [document],
    { rule: 'encrypted_comment_regex', pattern: /on/ },
    {
      leaf: (leaf, place) => {
        if (leaf.value === 'c') place.replaceByComment(comment('was c'));
        else seen.push(`${String(leaf.value)} ${place.selected}`);
      },
    },
  );
  expect(seen).toEqual(['v true', 'w false']);
  expect(document.items[0]).toMatchObject({ value: { items: [{}, { kind: 'comment', text: 'was c' }, {}, {}] } });
});

test('20,000 levels need no stack', () => {
  let document = branch([item('k', leaf('v'))]);
  for (let level = 0; level < 20_000; level++) document = branch([item('', document)]);
  let length = 0;
  walk([document], DEFAULT, {
    leaf: (_, place) => {
      length = place.path.length;
    },
  });
  expect(length).toBe(20_001);
});
