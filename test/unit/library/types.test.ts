/** `types`: what is told of encrypted files without a key, as TypeScript and JSON Schema. */
import { symlinkSync } from 'node:fs';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decryptFile } from '../../../src/index.js';
import { LibraryDesk } from '../../support/library-desk.js';

const TEXT = [
  'port: 5432',
  'ratio: 1.5',
  'on: true',
  'none: null',
  'empty: ""',
  'at: 2024-01-02',
  'db: {password: x, "odd key": 1}',
  'list: [a, 1, b]',
  'objects:',
  '  - {a: x}',
  '  - {a: y}',
  '  - {b: 1}',
  'nothing: []',
  'hollow: {}',
  'open_unencrypted: Secret',
  '',
].join('\n');

const TYPES = `// Made by \`sops-ts types\`: keys and types of encrypted files, and no secret of them.

export interface S {
  port: number;
  ratio: number;
  on: boolean;
  none: null;
  empty: string;
  at: string;
  db: {
    password: string;
    "odd key": number;
  };
  list: (number | string)[];
  objects: ({
    a: string;
  } | {
    b: number;
  })[];
  nothing: never[];
  hollow: Record<string, never>;
  open_unencrypted: string;
}
`;

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
beforeEach(async () => {
  desk.clear();
  await desk.seal('s.yaml', TEXT);
});
afterAll(() => desk.remove());

/** What the command prints, without any key. */
async function types(...words: string[]): Promise<{ status: number; text: string; stderr: string }> {
  const { status, stdout, stderr } = await desk.run(['types', ...words], { env: { SOPS_AGE_KEY: '' } });
  return { status, text: stdout.toString('utf8'), stderr };
}

describe('TypeScript', () => {
  test('has keys and types, and no value', async () => {
    expect(await types('s.yaml')).toEqual({ status: 0, text: TYPES, stderr: '' });
  });

  test('types integers as the library gives them, values in clear as they are, by choice', async () => {
    expect((await types('s.yaml', '--integers', 'bigint')).text).toContain('port: bigint;');
    const mixed = (await types('s.yaml', '--integers', 'mixed')).text;
    expect(mixed).toContain('port: number | bigint;');
    await desk.seal('u.json', '{"a":[1.5,1]}');
    expect((await types('u.json', '--integers', 'mixed')).text).toContain('a: (number | bigint)[];');
    expect((await types('s.yaml', '--literals')).text).toContain('open_unencrypted: "Secret";');
  });

  test('is the same after a value was changed, and after a new data key', async () => {
    await desk.run(['set', 's.yaml', 'db.password', '"another"']);
    await desk.run(['set', 's.yaml', 'list[0]', '"c"']);
    expect((await desk.run(['rotate', '-i', 's.yaml'])).status).toBe(0);
    expect((await types('s.yaml')).text).toBe(TYPES);
  });

  test('names several files each by its name, or one as asked', async () => {
    await desk.seal('my-app.enc.json', '{"a": 1}');
    const { text } = await types('s.yaml', 'my-app.enc.json');
    expect(text).toContain('export interface S {');
    expect(text).toContain('export interface MyAppEnc {\n  a: number;\n}\n');
    expect((await types('s.yaml', '--name', 'Config')).text).toContain('export interface Config {');
    for (const name of ['a b', 'class', 'string', 'Record'])
      expect(await types('s.yaml', '--name', name)).toMatchObject({ status: 1, text: '' });
    await desk.seal('record.json', '{}');
    expect((await types('record.json')).text).toContain('type SecretsRecord = Record<string, never>;');
    expect((await types('s.yaml', 's.yaml')).status).toBe(1);
  });

  test('hostile keys do not get out of their quotes', async () => {
    const keys = ['*/ evil()', '"; evil(); "', 'line\u2028end', 'a\u202eb', '\u{e0001}', '${evil()}', 'a\nb', '\\'];
    await desk.seal('k.json', JSON.stringify(Object.fromEntries(keys.map((key) => [key, 'x']))));
    const { text } = await types('k.json');
    expect(text).not.toMatch(/[\u2028\u2029\p{Cf}]/u);
    const lines = text.split('\n').filter((line) => line.startsWith('  '));
    expect(lines.map((line) => JSON.parse(/^ {2}(".*"): string;$/.exec(line)?.[1] ?? ''))).toEqual(keys);
    await desk.seal('p.yaml', '__proto__: x\n');
    expect(await types('p.yaml')).toMatchObject({ status: 1, text: '' });
  });

  test('keys that are data are typed as any text, with a warning', async () => {
    const hosts = Array.from({ length: 21 }, (_, at) => `  host${at}.example: {token: x}\n`).join('');
    const settings = Array.from({ length: 21 }, (_, at) => `  setting_${'abcdefghijklmnopqrstu'[at]}: x\n`).join('');
    await desk.seal('r.yaml', `hosts:\n${hosts}settings:\n${settings}`);
    const { text, stderr } = await types('r.yaml');
    expect(text).toContain('hosts: Record<string, {\n    token: string;\n  }>;');
    expect(text).toContain('    setting_a: string;');
    expect(stderr).toContain('the keys of hosts look like data');
  });

  test('a binary file and several documents', async () => {
    await desk.seal('b.bin', 'x');
    await desk.seal('d.yaml', 'a: 1\n---\nb: x\n');
    await desk.seal('same.yaml', 'a: 1\n---\na: 2\n');
    await desk.seal('empty.json', '{}');
    expect((await types('same.yaml')).text).toContain('export type Same = {\n  a: number;\n}[];');
    expect((await types('empty.json')).text).toContain('export type Empty = Record<string, never>;');
    expect((await types('b.bin')).text).toContain('export type B = Uint8Array;');
    expect((await types('d.yaml')).text).toContain('export type D = ({\n  a: number;\n} | {\n  b: string;\n})[];');
  });

  test('what is not encrypted has no types', async () => {
    desk.write('p.yaml', 'a: 1\n');
    expect(await types('p.yaml')).toMatchObject({ status: 1, text: '' });
  });
});

describe('JSON Schema', () => {
  test('accepts the values, and not others', async () => {
    const { text } = await types('s.yaml', '--format', 'json-schema');
    const accepts = new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(text));
    const data = await decryptFile('s.yaml', desk.options);
    expect(accepts(data), JSON.stringify(accepts.errors)).toBe(true);
    expect(accepts({ ...data, port: 'x' })).toBe(false);
    expect(accepts({ ...data, more: 1 })).toBe(false);
    const { port: _, ...less } = data;
    expect(accepts(less)).toBe(false);
  });

  test('of more levels than a call stack has is refused', async () => {
    await desk.seal('deep.json', `${'['.repeat(9000)}${']'.repeat(9000)}`.replace(/.*/, '{"a":$&}'));
    const { status, stderr } = await types('deep.json', '--format', 'json-schema');
    expect([status, stderr]).toEqual([4, expect.stringContaining('too many levels')]);
  });
});

describe('a file of types', () => {
  test('is written, held against the file, and told by names when it is out of date', async () => {
    expect(await types('s.yaml', '-o', 's.d.ts')).toMatchObject({ status: 0, text: '' });
    expect(desk.text('s.d.ts')).toBe(TYPES);
    expect(await types('s.yaml', '-o', 's.d.ts', '--check')).toMatchObject({ status: 0, text: '', stderr: '' });
    await desk.run(['set', 's.yaml', 'db.token', '"hunter2"']);
    await desk.run(['unset', 's.yaml', 'ratio']);
    const checked = await types('s.yaml', '-o', 's.d.ts', '--check');
    expect(checked).toMatchObject({ status: 1, text: '- S.ratio: number\n+ S.db.token: string\n' });
    expect(checked.stderr).toContain('s.d.ts is out of date');
    const absent = await desk.run(['types', '--check', 's.yaml', '-o', 'none.d.ts']);
    expect(absent).toMatchObject({ status: 1, stderr: 'none.d.ts is not there\n' });
    expect(desk.text('s.d.ts')).toBe(TYPES);
    expect((await types('s.yaml', '--check')).status).toBe(1);
    expect((await types('s.yaml', '-o', 'absent.d.ts', '--check')).status).toBe(1);
  });

  test.each([
    ['{"a":{"x":1}}', '{"a":[{"x":1}]}', '- T.a: map\n+ T.a: map[]\n'],
    ['{"a":[{"x":1}]}', '{"a":[[{"x":1}]]}', '- T.a: map[]\n+ T.a: map[][]\n'],
    ['{"a":[{"x":1}]}', '{"a":[{"x":1},{"y":[]}]}', '- T.a: map[]\n+ T.a: (map | map)[]\n+ T.a.y: never[]\n'],
  ])('tells where the same names stand in something else: %s, %s', async (before, after, told) => {
    await desk.seal('t.json', before);
    await types('t.json', '-o', 't.d.ts');
    await desk.seal('t.json', after);
    expect((await types('t.json', '-o', 't.d.ts', '--check')).text).toBe(told);
  });

  test('is the same in the line ends of a checkout on Windows', async () => {
    desk.write('s.d.ts', TYPES.replaceAll('\n', '\r\n'));
    expect(await types('s.yaml', '-o', 's.d.ts', '--check')).toMatchObject({ status: 0, text: '', stderr: '' });
  });

  test('does not take the place of the encrypted file', async () => {
    const sealed = desk.text('s.yaml');
    symlinkSync('s.yaml', desk.path('link.yaml'));
    for (const words of [
      ['s.yaml', '-o', 's.yaml'],
      ['s.yaml', '-o', './link.yaml'],
      ['link.yaml', '-o', 's.yaml'],
    ])
      expect(await types(...words)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('is the encrypted file'),
      });
    expect(desk.text('s.yaml')).toBe(sealed);
  });
});
