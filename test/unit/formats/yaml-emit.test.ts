/** Trees are printed as SOPS 3.13.2 prints them, and better where SOPS loses or harms something. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { emitValue, emitYaml } from '../../../src/formats/yaml/emit.js';
import { emitFlow } from '../../../src/formats/yaml/emit-flow.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import { sameTree } from '../../../src/tree/equality.js';
import {
  type Branch,
  branch,
  type Comment,
  comment,
  type Item,
  item,
  leaf,
  list,
  type Value,
} from '../../../src/tree/tree.js';
import { decodeText } from '../../../src/util/text/text.js';

const VECTORS = new URL('../../../fixtures/yaml-emit/', import.meta.url);

/** A tree as the vectors describe it: see the README beside them. */
type Described =
  | string
  | boolean
  | null
  | { int: string }
  | { float: string }
  | { list: (Described | DescribedComment)[] }
  | { map: ([string, Described] | DescribedComment)[] };
type DescribedComment = { comment: string } | { inline: string };

function treeOf(described: Described): Value {
  if (described === null || typeof described !== 'object') return leaf(described);
  if ('int' in described) return leaf(BigInt(described.int));
  if ('float' in described) return leaf(Number(described.float));
  if ('list' in described) return list(described.list.map((entry) => commentOf(entry) ?? treeOf(entry as Described)));
  return branch(described.map.map(entryOf));
}

function entryOf(entry: [string, Described] | DescribedComment): Item | Comment {
  return Array.isArray(entry) ? item(entry[0], treeOf(entry[1])) : (commentOf(entry) as Comment);
}

function commentOf(entry: Described | DescribedComment): Comment | undefined {
  if (entry === null || typeof entry !== 'object') return undefined;
  if ('comment' in entry) return comment(entry.comment);
  return 'inline' in entry ? comment(entry.inline, true) : undefined;
}

function read(name: string): string {
  return readFileSync(new URL(name, VECTORS), 'utf8');
}

function print(root: Branch, indent?: number): string {
  return emitYaml([root], null, { indent });
}

describe('what SOPS 3.13.2 printed', () => {
  const names = readdirSync(VECTORS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('tree.json'),
  );

  test('there are vectors', () => expect(names.length).toBeGreaterThan(15));

  test.each(names.map((name) => name.slice(0, -'/tree.json'.length)))('%s', (name) => {
    const { documents, indent } = JSON.parse(read(`${name}/tree.json`)) as { documents: Described[]; indent?: number };
    const roots = documents.map((described) => treeOf(described) as Branch);
    // But for `<<` above what cannot be merged, which go-yaml refuses to read back (docs/format.md#d14-a-key--that-merges-nothing).
    const printed = read(`${name}/printed.yaml`).replaceAll(/!!merge <<:(?= \S)/g, '"<<":');
    expect(emitYaml(roots, null, { indent })).toBe(printed);
  });

  test('bytes that are not text', () => {
    const items = JSON.parse(read('bytes/items.json')) as [string, string][];
    const text = (base64: string) => decodeText(Buffer.from(base64, 'base64'));
    expect(print(branch(items.map(([key, value]) => item(text(key), leaf(text(value))))))).toBe(
      read('bytes/printed.yaml'),
    );
  });
});

describe('documents and metadata', () => {
  const metadata = branch([item('version', leaf('3.13.2')), item('mac_only_encrypted', leaf(true))]);

  test('metadata is the last key of every document', () => {
    const sops = 'sops:\n    version: 3.13.2\n    mac_only_encrypted: true\n';
    const documents = [branch([item('a', leaf(1n)), comment(' end')]), branch()];
    expect(emitYaml(documents, metadata)).toBe(`a: 1\n# end\n${sops}---\n${sops}`);
    expect(documents[1]).toEqual(branch());
  });

  test('an empty document is an empty map, its comments stand above', () => {
    expect(emitYaml([branch(), branch([comment(' c'), comment(' d', true)])], null)).toBe('{}\n---\n# c\n# d\n{}\n');
  });

  test('indentation is 4 by default, 2 outside of 2…9, and never negative', () => {
    const root = branch([item('a', list([leaf('x')]))]);
    const width = (indent?: number) => /\n( *)-/.exec(print(root, indent))?.[1]?.length;
    expect([undefined, 0, 1, 2, 3, 9, 10].map(width)).toEqual([4, 4, 2, 2, 3, 9, 2]);
    expect(() => print(root, -1)).toThrow(expect.objectContaining({ code: 'output-format' }));
  });
});

describe('comments that SOPS loses or moves', () => {
  test('behind the key of a map or list: kept above the key (D12)', () => {
    const root = branch([
      comment(' c', true),
      item('a', branch([item('b', leaf('x'))])),
      comment(' d', true),
      item('e', list()),
    ]);
    expect(print(root)).toBe('# c\na:\n    b: x\n# d\ne: []\n');
  });

  test('in an empty map or list: kept above (D12)', () => {
    const only = [comment(' c'), comment(' d', true)];
    expect(print(branch([item('a', branch(only)), item('l', list([branch(only), list(only)]))]))).toBe(
      '# c\n# d\na: {}\nl:\n    # c\n    # d\n    - {}\n    # c\n    # d\n    - []\n',
    );
  });

  test('at the head of a list and of its first map: both kept', () => {
    const map = branch([comment(' map'), item('a', leaf('x'))]);
    expect(print(branch([item('l', list([comment(' list'), map]))]))).toBe('l:\n    # list\n    # map\n    - a: x\n');
  });

  test('at the end of a list that ends in a map: kept there', () => {
    const root = branch([item('l', list([branch([item('a', leaf('x'))]), comment(' end')])), item('z', leaf('v'))]);
    expect(print(root)).toBe('l:\n    - a: x\n    # end\nz: v\n');
  });

  test('several behind a block scalar: the header holds one', () => {
    const root = branch([comment(' c', true), comment(' d', true), item('a', leaf('x\ny'))]);
    expect(print(root)).toBe('# c\na: |- # d\n    x\n    y\n');
  });

  test('comments of several lines, as INI has them', () => {
    const root = branch([comment(' one\ntwo\n# three\n'), item('a', leaf('x'))]);
    expect(print(root)).toBe('# one\n# two\n# three\na: x\n');
  });

  test('a carriage return ends a comment for every reader', () => {
    expect(print(branch([comment(' c\r'), item('a', leaf('x'))]))).toBe('# c\na: x\n');
  });
});

describe('encrypted comments', () => {
  const text = 'ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:comment]';
  const root = branch([
    comment(text),
    item('l', list([comment(text, true), leaf('a'), comment(text)])),
    item('e', list([comment(text)])),
  ]);

  test('are lines in maps and items in lists', () => {
    expect(print(root)).toBe(`#${text}\nl:\n    - ${text}\n    - a\n    - ${text}\ne:\n    - ${text}\n`);
  });

  test('are lines everywhere when asked for', () => {
    const printed = emitYaml([root], null, { listComments: 'lines' });
    expect(printed).toBe(`#${text}\nl:\n    - a #${text}\n    #${text}\n#${text}\ne: []\n`);
  });
});

describe('texts that SOPS prints unreadably', () => {
  const nasty = [' a\nb', '\n', '\n\n', '\n  a\n', '\tx\ny', 'a\u2028b', 'a\nb\u2029c', ' a\n\tb\n\n'];

  test.each([2, 3, 4, 5, 9])('read back with indentation %i (D2, D3, D11)', (indent) => {
    const map = (text: string): Branch => branch([item('m', leaf(text)), item(text, branch([item('n', leaf(text))]))]);
    const root = branch([item('l', list(nasty.flatMap((text) => [leaf(text), map(text), list([leaf(text)])])))]);
    const wanted = nasty.flatMap((text) => [text, { m: text, [text]: { n: text } }, [text]]);
    expect(parse(print(root, indent))).toEqual({ l: wanted });
  });

  test('negative zero stays a float (D4)', () => {
    expect(print(branch([item('a', leaf(-0))]))).toBe('a: -0.0\n');
  });
});

describe('a single value', () => {
  test.each<[Value, string]>([
    [leaf(1n), '1\n'],
    [leaf(null), 'null\n'],
    [leaf(1.5), '1.5\n'],
    [leaf('a\nb'), '|-\n    a\n    b\n'],
    [list(), '[]\n'],
    [branch(), '{}\n'],
    [list([leaf('x'), branch([item('a', list([leaf('y')]))])]), '- x\n- a:\n    - "y"\n'],
    [list([comment(' c'), leaf('x')]), '# c\n- x\n'],
  ])('%#', (value, text) => expect(emitValue(value)).toBe(text));

  test('at a column and an indentation', () => {
    expect(emitValue(list([branch([item('a', list([leaf('x')]))])]), { column: 2, indent: 2 })).toBe(
      '  - a:\n      - x\n',
    );
  });
});

describe('a value on one line', () => {
  const awkward = [
    '',
    'a',
    "it's",
    'a\nb',
    '{',
    ']',
    ',',
    ': ',
    ' # ',
    '<<',
    'null',
    '12',
    'ENC[AES256_GCM,data:x]',
    '😀',
    '\t',
  ];

  test('every string is quoted, single quotes preferred', () => {
    const value = branch([
      item('a', leaf('ENC[x,y]')),
      item("it's", list([leaf(1n), leaf(null), leaf(-0), leaf('a\nb'), branch(), list()])),
    ]);
    expect(emitFlow(value)).toBe("{'a': 'ENC[x,y]', 'it''s': [1, null, -0.0, \"a\\nb\", {}, []]}");
  });

  test('other readers read it as what it is', () => {
    const value = list([
      ...awkward.map((text) => leaf(text)),
      branch(awkward.map((text, index) => item(`${text}${index}`, leaf(text)))),
      branch([item('k'.repeat(1100), leaf('v'))]),
    ]);
    expect(parse(`k: ${emitFlow(value)}\n`)).toEqual({
      k: [
        ...awkward,
        Object.fromEntries(awkward.map((text, index) => [`${text}${index}`, text])),
        { ['k'.repeat(1100)]: 'v' },
      ],
    });
  });

  test('comments are left out, encrypted ones in lists are items', () => {
    const value = list([
      comment(' c'),
      leaf('a'),
      comment('ENC[AES256_GCM,x]', true),
      branch([comment('ENC[AES256_GCM,y]')]),
    ]);
    expect(emitFlow(value)).toBe("['a', 'ENC[AES256_GCM,x]', {}]");
  });
});

describe('size', () => {
  test('nesting deeper than the call stack', () => {
    let value: Value = leaf('x');
    for (let depth = 0; depth < 10_000; depth++) value = depth % 2 ? list([value]) : branch([item('k', value)]);
    const root = branch([item('k', value)]);
    expect(emitYaml([root], null, { indent: 2 }).split('\n')).toHaveLength(5002);
    expect(emitFlow(root)).toHaveLength(5001 * "{'k': }".length + 5000 * '[]'.length + "'x'".length);
  });

  test('time grows with the number of leaves', () => {
    const root = (count: number) =>
      branch(
        Array.from({ length: count }, (_, index) => item(`key${index}`, list([comment(' c'), leaf(`value ${index}`)]))),
      );
    const small = print(root(1000)).length;
    const started = performance.now();
    expect(print(root(50_000)).length).toBeGreaterThan(small * 50);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test('a key << is read back, whether it can merge or not', () => {
  const items = [leaf('x'), leaf(1n), leaf(null), list([leaf('x')]), list(), branch(), branch([item('a', leaf('x'))])];
  const roots = items.map((value) => branch([item('<<', value), item('in', branch([item('<<', value)]))]));
  for (const root of roots) expect(sameTree(yamlStore.parse(Buffer.from(print(root))).documents, [root])).toBe(true);
});
