import { describe, expect, test } from 'vitest';
import { describe as nameOf, stringAt, valueAt } from '../../../src/kubernetes/manifest/manifest.js';
import { printManifests } from '../../../src/kubernetes/manifest/print.js';
import { readManifests } from '../../../src/kubernetes/manifest/read.js';

const read = (text: string, options = {}) => readManifests(Buffer.from(text), options);
const printed = (text: string) =>
  printManifests(
    read(text).map(({ root }) => root),
    {},
  );

describe('reading manifests', () => {
  test('takes documents apart, leaves empty ones out and counts them', () => {
    const found = read('---\n# nothing\n---\na: 1\n---\n---\nkind: B\nmetadata: {name: n}\n', { file: 'f.yaml' });
    expect(found.map(({ origin }) => origin)).toEqual([
      { file: 'f.yaml', document: 2 },
      { file: 'f.yaml', document: 4 },
    ]);
    expect(found.map(nameOf)).toEqual(['object without a name (document 2)', 'B n']);
  });

  test.each(['', '\n', '# only a comment\n', '---\n', '---\n---\n# x\n...\n', '\ufeff# x\n'])(
    'finds no object in %j',
    (text) => {
      expect(read(text)).toEqual([]);
    },
  );

  test('unpacks lists, also typed ones and lists in lists', () => {
    const list = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: a}}
- apiVersion: v1
  kind: SecretList
  items:
  - {metadata: {name: b}}
`;
    expect(read(list).map(nameOf)).toEqual(['Secret a', 'Secret b']);
    expect(stringAt(read(list)[1]?.root ?? expect.fail(), 'apiVersion')).toBe('v1');
    expect(read(list, { keepLists: true })).toHaveLength(1);
  });

  test('leaves a custom resource alone whose kind ends in List but that has no items', () => {
    expect(read('kind: AllowList\nspec: {items: []}\n')).toHaveLength(1);
  });

  test('resolves aliases and merge keys, own entries first', () => {
    expect(printed('base: &b {x: 1, z: 2}\nmade:\n  <<: *b\n  z: 3\ncopy: *b\nquoted:\n  "<<": text\n')).toBe(
      'base:\n  x: 1\n  z: 2\nmade:\n  z: 3\n  x: 1\ncopy:\n  x: 1\n  z: 2\nquoted:\n  "<<": text\n',
    );
  });

  test('takes dates as text', () => {
    expect(stringAt(read('a: 2024-01-02\nb: &t 2024-01-02T03:04:05Z\nc: *t\n')[0]?.root ?? expect.fail(), 'c')).toBe(
      '2024-01-02T03:04:05Z',
    );
  });

  test.each([
    ['a: 1\na: 2\n', 'line 2, column 1: this key stands twice'],
    ['x: 1\n---\nb: {k: 1, k: 2}\n', 'line 3, column 11: this key stands twice'],
    ['{"a": 1, "a": 2}', 'line 1, column 10: this key stands twice'],
    ['{"a": 1}\n{"b": [{"k": 1,\n"k": 2}]}', 'line 3, column 1: this key stands twice'],
    ['a: !Ref x\n', 'only the core tags'],
    ['a: !!python/object:os.system x\n', 'only the core tags'],
    ['- a\n', 'must be a map'],
    ['a: \xff\n', 'not valid UTF-8'],
    ['apiVersion: v1\nkind: List\nitems: [1]\n', 'item 0 of a List is not a map'],
    ['{"a": 1} x', 'the top level of a JSON file must be an object'],
    ['a: 1\n1: 2\n', 'non-string key'],
  ])('refuses %j', (text, message) => {
    expect(() => readManifests(Buffer.from(text, 'latin1'), { file: 'bad.yaml' })).toThrow(
      expect.objectContaining({
        code: 'document-invalid',
        file: 'bad.yaml',
        message: expect.stringContaining(message),
      }),
    );
  });

  test('core tags say nothing new', () => {
    expect(valueAt(read('a: !!str 1\n')[0]?.root ?? expect.fail(), 'a')).toMatchObject({ value: '1' });
  });

  test('a bomb of aliases ends early', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let at = 1; at < 12; at++)
      lines.push(
        `a${at}: &a${at} [${Array(10)
          .fill(`*a${at - 1}`)
          .join(', ')}]`,
      );
    const start = Date.now();
    expect(() => read(lines.join('\n'))).toThrow(/aliases stand for more than/);
    expect(Date.now() - start).toBeLessThan(5000);
  });

  test('deep nesting is an error, not a crash', () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(read(nested(9000))).toHaveLength(1);
    expect(() => read(nested(11_000))).toThrow(/nest/);
  });

  test('reads JSON, one document behind the other, with tabs and escapes', () => {
    const found = read('{\n\t"kind": "A",\n\t"v": "\\ud83d\\ude00\\/"\n}\n{"kind": "B", "sops": {"mac": "x"}}\n');
    expect(found.map(({ root }) => stringAt(root, 'kind'))).toEqual(['A', 'B']);
    expect(stringAt(found[0]?.root ?? expect.fail(), 'v')).toBe('😀/');
    expect(found[1]?.sops).toBeDefined();
    expect(valueAt(found[1]?.root ?? expect.fail(), 'sops')).toBeUndefined();
  });

  test('reads many JSON documents, each but once', () => {
    const found = read('{"kind": "Secret", "stringData": {"a": "b"}}\n'.repeat(20_000));
    expect(found).toHaveLength(20_000);
  });

  test('keeps hostile keys as data', () => {
    expect(printed('__proto__: {polluted: "1"}\nconstructor: x\n')).toBe(
      '__proto__:\n  polluted: "1"\nconstructor: x\n',
    );
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  test('takes the metadata of every document aside', () => {
    const found = read('a: 1\nsops:\n  mac: x\n---\nb: 1\nsops: {mac: y}\n');
    expect(found.map(({ sops }) => sops !== undefined)).toEqual([true, true]);
  });
});
