/** Metadata in flat form and back. */

import { describe, expect, test } from 'vitest';
import { type FlatEntry, flatten, unflatten } from '../../../src/metadata/flatten.js';
import { sameTree } from '../../../src/tree/equality.js';
import { type Branch, branch, comment, item, leaf, list, type Value } from '../../../src/tree/tree.js';
import fc from '../../support/fast-check.js';

const groups = branch([
  item(
    'key_groups',
    list([
      branch([item('age', list([branch([item('enc', leaf('a\nb'))])])), item('hc_vault', list())]),
      branch([item('kms', list([branch([item('context', branch([item('A', leaf('x'))]))])]))]),
    ]),
  ),
  item('mac_only_encrypted', leaf(true)),
  item('shamir_threshold', leaf(2n)),
]);

test('flattens depth first; empty lists, nulls and comments produce nothing', () => {
  groups.items.push(comment('c'), item('pgp', leaf(null)));
  expect(flatten(groups)).toEqual([
    ['key_groups__list_0__map_age__list_0__map_enc', 'a\nb'],
    ['key_groups__list_1__map_kms__list_0__map_context__map_A', 'x'],
    ['mac_only_encrypted', 'true'],
    ['shamir_threshold', '2'],
  ]);
});

test('positions of lists do not count comments', () => {
  expect(flatten(branch([item('l', list([comment('c'), leaf('x')]))]))).toEqual([['l__list_0', 'x']]);
});

test.each<[string, Branch]>([
  [
    'a key that looks like a step',
    branch([item('kms', list([branch([item('context', branch([item('a__map_b', leaf('x'))]))])]))]),
  ],
  ['a float', branch([item('a', leaf(1.5))])],
])('refuses %s', (_, tree) => {
  expect(() => flatten(tree)).toThrow(expect.objectContaining({ code: 'output-format' }));
});

describe('reading', () => {
  test('the order of lines does not matter', () => {
    const read = unflatten([
      ['age__list_1__map_enc', 'second'],
      ['version', '3'],
      ['age__list_0__map_enc', 'first'],
      ['__map_', 'empty names'],
      ['__proto__', 'a name as any other'],
    ]);
    const expected = branch([
      item('age', list([branch([item('enc', leaf('first'))]), branch([item('enc', leaf('second'))])])),
      item('version', leaf('3')),
      item('', branch([item('', leaf('empty names'))])),
      item('__proto__', leaf('a name as any other')),
    ]);
    expect(sameTree([read], [expected])).toBe(true);
  });

  test.each<[string, FlatEntry[]]>([
    [
      'a repeated key',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'a text that is a map too',
      [
        ['a', '1'],
        ['a__map_b', '2'],
      ],
    ],
    [
      'a list that is a map too',
      [
        ['a__list_0', '1'],
        ['a__map_b', '2'],
      ],
    ],
    [
      'a list with a gap',
      [
        ['a__list_0', '1'],
        ['a__list_2', '2'],
      ],
    ],
    ['a list that does not begin at 0', [['a__list_1', '1']]],
    ['a position that is not a number', [['a__list_x', '1']]],
    ['a huge position', [['a__list_99999999999', '1']]],
    ['endless nesting', [['a__map_'.repeat(100_000), '1']]],
  ])('refuses %s', (_, entries) => {
    expect(() => unflatten(entries)).toThrow(expect.objectContaining({ code: 'metadata-invalid' }));
  });
});

test('what is flattened reads back', () => {
  const name = fc.stringMatching(/^[a-z_]{0,4}$/).filter((text) => !/__(?:map|list)_/.test(text));
  const { tree } = fc.letrec<{ tree: Branch; value: Value }>((tie) => ({
    tree: fc
      .uniqueArray(fc.tuple(name, tie('value')), { selector: ([key]) => key, minLength: 1, maxLength: 3 })
      .map((entries) => branch(entries.map(([key, value]) => item(key, value)))),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string().map((text) => leaf(text)),
      tie('tree'),
      fc.array(tie('value'), { minLength: 1, maxLength: 3 }).map((values) => list(values)),
    ),
  }));
  fc.assert(
    fc.property(tree, (metadata) => {
      expect(sameTree([unflatten(flatten(metadata))], [metadata])).toBe(true);
    }),
  );
});
