/** Reading YAML: what go-yaml v3 makes of a text, where each comment goes, and what is refused. */
import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import type { Branch, Comment, Item, Value } from '../../../src/tree/tree.js';
import { inSweeps } from '../../support/sweep.js';

function read(text: string): Branch[] {
  return yamlStore.parse(Buffer.from(text)).documents;
}

/** A tree as plain data: maps as lists of pairs, comments as `#text` (above) and `#>text` (on the line). */
function shown(value: Value | Comment | Item): unknown {
  if (value.kind === 'comment') return `${value.inline ? '#>' : '#'}${value.text}`;
  if (value.kind === 'item') return [value.key, shown(value.value)];
  if (value.kind === 'leaf') return typeof value.value === 'bigint' ? Number(value.value) : value.value;
  return value.kind === 'list' ? { list: value.items.map(shown) } : value.items.map(shown);
}

function first(text: string): unknown {
  return shown(read(text)[0] ?? { kind: 'leaf', value: null });
}

function failure(text: string | Buffer): SopsError {
  try {
    yamlStore.parse(Buffer.from(text));
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
  throw new Error('the text was read');
}

/** Texts, and what they are read as. */
const VALUES: readonly [string, unknown][] = [
  [
    'a: 1\nb: two\n',
    [
      ['a', 1],
      ['b', 'two'],
    ],
  ],
  [
    'a:\n- x\n- y: 1\n  z: 2\n',
    [
      [
        'a',
        {
          list: [
            'x',
            [
              ['y', 1],
              ['z', 2],
            ],
          ],
        },
      ],
    ],
  ],
  ['a:\n  - - 1\n    - 2\n', [['a', { list: [{ list: [1, 2] }] }]]],
  [
    'a: {b: 1, c: [x, {d: e}, f: g],}\n',
    [
      [
        'a',
        [
          ['b', 1],
          ['c', { list: ['x', [['d', 'e']], [['f', 'g']]] }],
        ],
      ],
    ],
  ],
  [
    '{"a":1,"b":"x"}',
    [
      ['a', 1],
      ['b', 'x'],
    ],
  ],
  [
    'a: one\n  two\n\n  three\nb: x\n',
    [
      ['a', 'one two\nthree'],
      ['b', 'x'],
    ],
  ],
  ['a: "x\\n\\u00e9\\\n   y"\n', [['a', 'x\néy']]],
  ["a: 'it''s\n\n  here'\n", [['a', "it's\nhere"]]],
  [
    'a: |\n  x\n   y\n\n  z\n\nb: >-\n  f\n  g\n\n  h\n',
    [
      ['a', 'x\n y\n\nz\n'],
      ['b', 'f g\nh'],
    ],
  ],
  [
    'a: |2+\n   x\n\nb: |\n',
    [
      ['a', ' x\n\n'],
      ['b', ''],
    ],
  ],
  [
    'a: &x {k: v}\nb: *x\n<<: *x\n',
    [
      ['a', [['k', 'v']]],
      ['b', [['k', 'v']]],
      ['<<', [['k', 'v']]],
    ],
  ],
  [
    'a: &x\n  - &x 1\n  - *x\nb: *x\nc: &y {k: [&y 2, *y]}\nd: *y\n',
    [
      ['a', { list: [1, 1] }],
      ['b', 1],
      ['c', [['k', { list: [2, 2] }]]],
      ['d', 2],
    ],
  ],
  ['&k a: &v 1\n*k : 2\n', 'refused'],
  [
    '? a\n: b\n? c\n',
    [
      ['a', 'b'],
      ['c', null],
    ],
  ],
  [
    'a: !!str 1\nb: !x 2\nc: !!int "3"\n',
    [
      ['a', '1'],
      ['b', '2'],
      ['c', 3],
    ],
  ],
  [
    'a:\nb: ~\nc:\n  - \n  -\n',
    [
      ['a', null],
      ['b', null],
      ['c', { list: [null, null] }],
    ],
  ],
  [
    '  a: 1\n  b: 2\n',
    [
      ['a', 1],
      ['b', 2],
    ],
  ],
  ['a: b#c\nd: e # f\n', [['a', 'b#c'], '#> f', ['d', 'e']]],
  [
    '__proto__: 1\nconstructor: {toString: 2}\n',
    [
      ['__proto__', 1],
      ['constructor', [['toString', 2]]],
    ],
  ],
  [
    'a:\r\n  - x\r\nb: |\r\n  y\r\n',
    [
      ['a', { list: ['x'] }],
      ['b', 'y\n'],
    ],
  ],
];

describe('values', () => {
  test.each(VALUES)('%j', (text, wanted) => {
    if (wanted === 'refused') expect(failure(text).code).toBe('document-invalid');
    else expect(first(text)).toEqual(wanted);
  });
});

describe('streams', () => {
  test('several documents, directives and end markers', () => {
    const documents = read('%YAML 1.1\n---\na: 1\n...\n---\n---\nb: 2\n');
    expect(documents.map(shown)).toEqual([[['a', 1]], [], [['b', 2]]]);
  });

  test.each(['utf16le', 'big'])('UTF-16 with a byte order mark (%s) comes back in its own encoding', (kind) => {
    const bytes = Buffer.from('\ufeffa: ü\n', 'utf16le');
    if (kind === 'big') bytes.swap16();
    const file = yamlStore.parse(bytes);
    expect(shown(file.documents[0] as Branch)).toEqual([['a', 'ü']]);
    expect(Buffer.from(file.encode?.(file.text) ?? [])).toEqual(bytes);
  });
});

describe('comments, as docs/format.md#comments-in-yaml places them', () => {
  test.each<[string, string, unknown]>([
    ['above a key, with blank lines', '# c\n\n# d\na: 1\n', ['# c', '# d', ['a', 1]]],
    ['behind a scalar', 'a: 1 # c\n', ['#> c', ['a', 1]]],
    ['behind a list item', 'l:\n  - x # c\n', [['l', { list: ['#> c', 'x'] }]]],
    ['behind a key', 'a: # c\n  b: 1\n', ['# c', ['a', [['b', 1]]]]],
    ['behind an empty value', 'a: # c\nb: 1\n', ['# c', ['a', null], ['b', 1]]],
    ['behind the header of a block scalar', 'a: | # c\n  x\n', ['#> c', ['a', 'x\n']]],
    ['below a block scalar', 'a:\n  b: |\n    x\n# c\nd: 1\n', [['a', [['b', 'x\n']]], '# c', ['d', 1]]],
    ['behind an anchor', 'a: &x # c\n  b: 1\n', [['a', ['# c', ['b', 1]]]]],
    ['behind brackets', 'a: [1] # c\n', [['a', { list: ['# c', 1] }]]],
    ['inside brackets', 'a: [\n  # c\n  1, # d\n  2\n]\n', [['a', { list: ['# c', '#> d', 1, 2] }]]],
    ['behind a dash', 'l:\n  - # c\n    a: 1\n', [['l', { list: [['# c', ['a', 1]]] }]]],
    ['above an item', 'l:\n  # c\n  - x\n', [['l', { list: ['# c', 'x'] }]]],
    [
      'at the end of a branch',
      'a:\n  b: 1\n  # c\nd: 1\n',
      [
        ['a', [['b', 1], '# c']],
        ['d', 1],
      ],
    ],
    ['in the column of the next key', 'a:\n  b: 1\n# c\nd: 1\n', [['a', [['b', 1]]], '# c', ['d', 1]]],
    [
      'stepping outwards',
      'a:\n  b:\n    x: 1\n    # 4\n  # 2\n# 0\n',
      [['a', [['b', [['x', 1], '# 4']], '# 2']], '# 0'],
    ],
    ['behind an alias to a map', 'a: &x {k: 1}\nb: *x # c\n', [['a', [['k', 1]]], '# c', ['b', [['k', 1]]]]],
  ])('%s', (_name, text, wanted) => {
    expect(first(text)).toEqual(wanted);
  });

  test('between documents', () => {
    const documents = read('# a\n--- # b\nx: 1\n# c\n---\n# d\n');
    expect(documents.map(shown)).toEqual([['# a', '# b', ['x', 1], '# c'], ['# d']]);
  });
});

describe('refused, with line and column and never a value', () => {
  test.each<[string, string]>([
    ['a list at the top', '- a\n'],
    ['a scalar at the top', 'hello\n'],
    ['only comments', '# a\n'],
    ['a repeated key', 'a: 1\n"a": 2\n'],
    ['a repeated key in braces', 'x: {a: 1, a: 2}\n'],
    ['a key on the line of another', 'a: b: c\n'],
    ['a list behind a key', 'a: - b\n'],
    ['wrong indentation', 'a:\n    b: 1\n  c: 2\n'],
    ['a tab as indentation', 'a:\n\tb: 1\n'],
    ['an unknown alias', 'a: *x\n'],
    ['an alias that contains itself', 'a: &x [*x]\n'],
    ['an open quote', 'a: "canary\n'],
    ['an open bracket', 'a: [1, 2\nb: 3\n'],
    ['an unknown escape', 'a: "\\q"\n'],
    ['a surrogate escape', 'a: "\\ud83d\\ude00"\n'],
    ['a map as key', '{a: 1}: b\n'],
    ['two anchors', 'a: &x &y 1\n'],
    ['a control character', 'a: \u0001\n'],
    ['a newer YAML', '%YAML 1.2\n---\na: 1\n'],
    ['a merge key without map', 'a: 1\n<<: canary\n'],
    ['a merge key above an alias of a list', 'a: &x []\n<<: *x # canary\n'],
    ['a malformed tag value', 'a: !!int canary\n'],
    ['text behind the end', 'a: 1\n... x\n'],
    ['broken text below an integer that SOPS cannot encrypt', 'a: 9223372036854775808\nb: [\n'],
    ['an integer that SOPS cannot encrypt, alone', '9223372036854775808\n'],
  ])('%s', (_name, text) => {
    const error = failure(text);
    expect(error.code).toBe('document-invalid');
    expect(error.message).not.toContain('canary');
  });

  test.each([
    ['1: x\n', 'leaf-not-encryptable'],
    ['a: {true: x}\n', 'leaf-not-encryptable'],
    ['a: 9223372036854775808\n', 'leaf-not-encryptable'],
    ['', 'empty-file'],
    ['sops: 1\n', 'metadata-invalid'],
  ])('%j is %s', (text, code) => {
    expect(failure(text).code).toBe(code);
  });

  test('bytes that are not UTF-8', () => {
    expect(failure(Buffer.from([0x61, 0x3a, 0x20, 0xff])).code).toBe('document-invalid');
  });

  inSweeps(() => {
    test('alias bombs and deep nesting, quickly', () => {
      const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
      for (let at = 1; at < 9; at++)
        lines.push(
          `a${at}: &a${at} [${Array(10)
            .fill(`*a${at - 1}`)
            .join(', ')}]`,
        );
      expect(failure(`${lines.join('\n')}\n`).message).toContain('aliases stand for more than');
      expect(failure(`a: ${'['.repeat(10_001)}${']'.repeat(10_001)}\n`).message).toContain('nested deeper');
      const block = Array.from({ length: 10_001 }, (_, at) => `${' '.repeat(at)}k:`).join('\n');
      expect(failure(`${block}\n`).message).toContain('nested deeper');
    });
  });
});
