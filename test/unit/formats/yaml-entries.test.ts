import { describe, expect, test } from 'vitest';
import { applyEdits } from '../../../src/formats/store.js';
import { parseEditable } from '../../../src/formats/yaml/editable.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import { setAt, type TreePath, unsetAt } from '../../../src/tree/path.js';
import { branch, item, leaf, list, type Value } from '../../../src/tree/tree.js';

function edited(text: string, change: (document: ReturnType<typeof branch>) => void): string {
  const file = parseEditable(Buffer.from(text));
  const [document] = file?.documents ?? [];
  if (!file || !document) throw new Error('no document');
  change(document);
  return applyEdits(text, file.edits(null));
}

const withSet = (text: string, path: TreePath, value: Value): string =>
  edited(text, (document) => void setAt(document, path, value));
const withUnset = (text: string, path: TreePath): string => edited(text, (document) => unsetAt(document, path));
const text = (value: string): Value => leaf(value);

describe('entries that come', () => {
  const cases: [string, string, TreePath, Value, string][] = [
    ['a key of the root, below the last', 'a: 1\n# end\n', ['b'], text('x'), 'a: 1\nb: x\n# end\n'],
    ['behind a last line without end', 'a: 1', ['b'], text('x'), 'a: 1\nb: x'],
    ['behind a last block without end', 'a: |\n  x', ['b'], text('y'), 'a: |-\n  x\nb: "y"'],
    [
      'behind the same with line ends to keep',
      'm:\n  a: >+\n    x',
      ['m', 'b'],
      text('y'),
      'm:\n  a: >-\n    x\n  b: "y"',
    ],
    ['with the line ends of the file', 'a: 1\r\n', ['b'], text('x'), 'a: 1\r\nb: x\r\n'],
    [
      'a key of an inner map, in its column',
      'm:\n  x: 1 # one\nn: 2\n',
      ['m', 'y'],
      leaf(2n),
      'm:\n  x: 1 # one\n  "y": 2\nn: 2\n',
    ],
    ['an item of a list', 'l:\n- a\n- b\nn: 2\n', ['l', 9], text('c'), 'l:\n- a\n- b\n- c\nn: 2\n'],
    [
      'a key of a map in a list',
      'l:\n  - a: 1\n  - a: 2\n',
      ['l', 0, 'b'],
      text('x'),
      'l:\n  - a: 1\n    b: x\n  - a: 2\n',
    ],
    [
      'a map, indented as the file is',
      'm:\n  x: 1\n',
      ['n', 'y', 'z'],
      leaf(true),
      'm:\n  x: 1\n"n":\n  "y":\n    z: true\n',
    ],
    ['a text of several lines', 'm:\n  x: 1\n', ['m', 'y'], text('a\nb\n'), 'm:\n  x: 1\n  "y": |\n    a\n    b\n'],
    ['behind a block scalar that keeps its line ends', 'm: |+\n  x\n\n', ['n'], text('y'), 'm: |+\n  x\n\n"n": "y"\n'],
    ['in braces', 'm: {a: 1, b: 2} # two\n', ['m', 'c'], text('a, b'), "m: {a: 1, b: 2, c: 'a, b'} # two\n"],
    ['behind a key without a value', 'm: {a: 1, b: }\n', ['m', 'c'], leaf(2n), 'm: {a: 1, b: , c: 2 }\n'],
    ['in brackets', 'm: [a]\n', ['m', 1], text('b'), 'm: [a, b]\n'],
    ['in empty braces', 'm: {} # none\nn: 1\n', ['m', 'a'], leaf(1n), 'm: # none\n    a: 1\nn: 1\n'],
    ['in an empty root', '{}\n', ['a'], leaf(1n), '{a: 1}\n'],
    ['in a root of nothing', '# nothing\n---\n', ['a'], leaf(1n), '# nothing\n---\na: 1\n'],
    ['a map over a text', 'a: x # note\nb: 2\n', ['a', 'c'], leaf(1n), 'a: # note\n    c: 1\nb: 2\n'],
    ['a text over a map', 'a:\n  c: 1\n  d: 2\nb: 2\n', ['a'], text('x'), 'a: x\nb: 2\n'],
    ['a map over an item', 'l:\n  - x\n  - y\n', ['l', 0], branch([item('k', text('v'))]), 'l:\n  - k: v\n  - y\n'],
    ['a list over a text', 'a: x\n', ['a'], list([leaf(1n), text('2')]), 'a:\n    - 1\n    - "2"\n'],
    ['in the first document only', 'a: 1\n---\nb: 2\n', ['c'], leaf(3n), 'a: 1\nc: 3\n---\nb: 2\n'],
  ];
  for (const [name, before, path, value, after] of cases) {
    test(name, () => {
      expect(withSet(before, path, value)).toBe(after);
      expect(yamlStore.parse(Buffer.from(after)).documents.length).toBeGreaterThan(0);
    });
  }

  test('an alias keeps its own value when the value at the anchor changes', () => {
    expect(withSet('a: &x\n  k: 1\nb: *x\n', ['a', 'k'], leaf(2n))).toBe("a: &x\n  k: 2\nb: {'k': 1}\n");
  });
});

describe('entries that go', () => {
  const cases: [string, string, TreePath, string][] = [
    ['a key with its line', 'a: 1\nb: 2 # two\nc: 3\n', ['b'], 'a: 1\nc: 3\n'],
    ['with the comment right above it', 'a: 1\n\n# apart\n\n# of b\nb: 2\nc: 3\n', ['b'], 'a: 1\n\n# apart\n\nc: 3\n'],
    ['the last one of a text without line end', 'a: 1\nb: 2', ['b'], 'a: 1'],
    ['the same behind a block', 'a:\n  - |\n    x\nb: 2', ['b'], 'a:\n  - |\n    x\n'],
    ['the same behind a block that has no line end', 'a: |-\n  x\nb: 2', ['b'], 'a: |-\n  x'],
    ['a branch with all its lines', 'a:\n  x: 1\n  y: |\n    t\nb: 2\n', ['a'], 'b: 2\n'],
    ['the only key of a map', 'a:\n  x: 1\nb: 2\n', ['a', 'x'], 'a: {}\nb: 2\n'],
    ['the only key, which an alias needs', 'a:\n  x: &n 1\nb: *n\n', ['a', 'x'], 'a: {}\nb: 1\n'],
    ['the same in a list', 'a:\n- k:\n  - &n 1\nb: [*n]\n', ['a', 0, 'k'], 'a:\n- {}\nb: [1]\n'],
    ['the only item of a list', 'a:\n- x\nb: 2\n', ['a', 0], 'a: []\nb: 2\n'],
    ['the only key of all', '# top\na: 1\n', ['a'], '# top\n{}\n'],
    ['the first key of a map in a list', 'l:\n  - a: 1\n    b: 2\n', ['l', 0, 'a'], 'l:\n  - b: 2\n'],
    ['the only key of a map in a list', 'l:\n  - a: 1\n  - x\n', ['l', 0, 'a'], 'l:\n  - {}\n  - x\n'],
    ['in braces, the first', 'm: {a: 1, b: 2}\n', ['m', 'a'], 'm: {b: 2}\n'],
    ['in braces, the last', 'm: {a: 1, b: 2}\n', ['m', 'b'], 'm: {a: 1}\n'],
    ['in brackets, the only one', 'm: [a]\n', ['m', 0], 'm: []\n'],
    ['with CRLF', 'a: 1\r\nb: 2\r\n', ['a'], 'b: 2\r\n'],
    ['a block scalar with its empty lines', 'a: |+\n  x\n\nb: 2\n', ['a'], 'b: 2\n'],
    ['an anchor: aliases for it are written out', 'a: &x [1]\nb: *x\n', ['a'], 'b: [1]\n'],
  ];
  for (const [name, before, path, after] of cases) {
    test(name, () => {
      expect(withUnset(before, path)).toBe(after);
    });
  }
});

describe('several changes at once', () => {
  const none = text('');
  const cases: [string, string, (document: ReturnType<typeof branch>) => void, string][] = [
    [
      'one item gone and one come, in another place',
      'l:\n- a\n- b\n',
      (document) => {
        setAt(document, ['l', 2], none);
        unsetAt(document, ['l', 0]);
      },
      'l:\n- b\n- ""\n',
    ],
    [
      'the last two in brackets',
      'l: [a, b, c]\n',
      (document) => {
        unsetAt(document, ['l', 1]);
        unsetAt(document, ['l', 1]);
      },
      'l: [a]\n',
    ],
    [
      'two items over two, the last without a line end',
      'l:\n- a\n- b\n- {}',
      (document) => {
        setAt(document, ['l', 1], list([leaf(1n)]));
        setAt(document, ['l', 2], none);
      },
      'l:\n- a\n- - 1\n- ""',
    ],
    [
      'the last two lines without a line end',
      'a: 1\nb: 2\nc: 3',
      (document) => {
        unsetAt(document, ['b']);
        unsetAt(document, ['c']);
      },
      'a: 1',
    ],
    [
      'a key within the map above the last key, which goes',
      'm:\n  x: 1\n# of z\nz: 2',
      (document) => {
        unsetAt(document, ['z']);
        setAt(document, ['m', 'k'], leaf(1n));
      },
      'm:\n  x: 1\n  k: 1\n',
    ],
    [
      'a key below a map that loses the block at its end',
      'm:\n  x: 1\n  y: |+\n    t\n\nz: 2\n',
      (document) => {
        unsetAt(document, ['m', 'y']);
        unsetAt(document, ['z']);
        setAt(document, ['k'], leaf(1n));
      },
      'm:\n  x: 1\nk: 1\n',
    ],
    [
      'an item in front of the first one of a list in a list',
      'l:\n  - - a\n    - b\n',
      (document) => {
        const outer = document.items[0];
        const inner = outer?.kind === 'item' && outer.value.kind === 'list' ? outer.value.items[0] : undefined;
        if (inner?.kind === 'list') inner.items.unshift(none);
      },
      'l:\n  - - ""\n    - a\n    - b\n',
    ],
  ];
  for (const [name, before, change, after] of cases) {
    test(name, () => {
      expect(edited(before, change)).toBe(after);
    });
  }
});
