/** `get` and `list`: one value without ceremony, and what stands in a file without a key. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseValuePath, valuePathText } from '../../../src/operations/read/value-path.js';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

const YAML = [
  '# first',
  'db:',
  '  # of the host',
  '  host: h',
  '  ports: [1, 2.5, true]',
  '  password: "a b"',
  'text: |',
  '  two',
  '  lines',
  'nothing: null',
  'empty: ""',
  'none: {}',
  '"a.b": x',
  'open_unencrypted: clear',
  '',
].join('\n');

beforeAll(async () => {
  desk.write('a.yaml', await desk.encrypt('a.yaml', YAML));
  desk.write('a.json', await desk.encrypt('a.json', '{"a": [{"b": "x"}]}\n'));
  desk.write('a.env', await desk.encrypt('a.env', 'A=1\n'));
  desk.write('a.ini', await desk.encrypt('a.ini', '[s]\na = 1\n'));
  desk.write('a.bin', await desk.encrypt('a.bin', new Uint8Array([0, 255, 10])));
  desk.write('plain.yaml', YAML);
});

async function got(...words: string[]): Promise<string> {
  const ran = await desk.run(['get', ...words]);
  expect([ran.status, ran.stderr]).toEqual([0, '']);
  return ran.stdout.toString('latin1');
}

describe('get', () => {
  test.each([
    ['a.yaml', 'db.password', 'a b'],
    ['a.yaml', '["db"]["password"]', 'a b'],
    ['a.yaml', 'db.ports[1]', '2.5'],
    ['a.yaml', '["db"]["ports"][2]', 'true'],
    ['a.yaml', 'text', 'two\nlines\n'],
    ['a.yaml', 'nothing', 'null'],
    ['a.yaml', 'empty', ''],
    ['a.yaml', '["a.b"]', 'x'],
    ['a.yaml', 'open_unencrypted', 'clear'],
    ['a.yaml', 'db', '# of the host\nhost: h\nports:\n    - 1\n    - 2.5\n    - true\npassword: a b\n'],
    ['a.yaml', 'db.ports', '- 1\n- 2.5\n- true\n'],
    ['a.json', 'a[0].b', 'x'],
    ['a.json', 'a[0]', '{\n\t"b": "x"\n}\n'],
    ['a.env', 'A', '1'],
    ['a.ini', 's.a', '1'],
    ['a.bin', 'data', '\0\xff\n'],
  ])('%s %s', async (file, place, text) => expect(await got(file, place)).toBe(text));

  test('as JSON, texts too', async () => {
    expect(await got('--json', 'a.yaml', 'db.password')).toBe('"a b"\n');
    expect(JSON.parse(await got('--json', 'a.yaml', 'db'))).toEqual({
      host: 'h',
      ports: [1, 2.5, true],
      password: 'a b',
    });
    expect(JSON.parse(await got('--json', 'a.ini', 's'))).toEqual({ a: '1' });
    expect(await got('--json', 'a.yaml', 'none')).toBe('{}\n');
  });

  test.each([
    [['a.yaml'], 1, 'sops-ts list a.yaml'],
    [['a.yaml', 'a', 'b'], 1, 'one file and one place'],
    [[], 100, 'no file specified'],
    [['a.yaml', 'db.nobody'], 1, "component ['nobody'] not found"],
    [['a.yaml', 'db..host'], 91, 'not understood'],
    [['absent.yaml', 'a'], 2, 'absent.yaml'],
    [['plain.yaml', 'db.host'], 1, 'sops metadata not found'],
  ])('%j is refused', async (words, status, said) => {
    const ran = await desk.run(['get', ...words]);
    expect([ran.status, ran.stdout.length]).toEqual([status, 0]);
    expect(ran.stderr).toContain(said);
  });

  test('checks that the file is unchanged', async () => {
    desk.write('changed.yaml', desk.text('a.yaml').replace('clear', 'other'));
    expect((await desk.run(['get', 'changed.yaml', 'db.host'])).status).toBe(51);
    expect(await got('--ignore-mac', 'changed.yaml', 'db.host')).toBe('h');
  });

  test('a section of INI, which has no text of its own, is refused with advice', async () => {
    const ran = await desk.run(['get', 'a.ini', 's']);
    expect(ran.status === 0 ? ran.stdout.toString() : ran.stderr).toMatch(/a\s*=\s*1|--json/);
  });
});

describe('list', () => {
  const NO_KEY = { SOPS_AGE_KEY: '' };

  test('tells keys, types and what is encrypted, without a key and without a value', async () => {
    const ran = await desk.run(['list', 'a.yaml'], { env: NO_KEY });
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    const text = ran.stdout.toString();
    expect(text).toContain('selection: unencrypted_suffix _unencrypted\n');
    expect(text).toMatch(/^db\.ports\[1\] +float +encrypted$/m);
    expect(text).toMatch(/^db\.ports\[2\] +bool +encrypted$/m);
    expect(text).toMatch(/^nothing +null +in clear$/m);
    expect(text).toMatch(/^none +map +in clear$/m);
    expect(text).toMatch(/^\["a\.b"\] +str +encrypted$/m);
    expect(text).toMatch(/^open_unencrypted +str +in clear$/m);
    expect(text).toContain('# (encrypted)\n');
    expect(text).toContain('11 values, 7 encrypted\n');
    expect(text).not.toMatch(/clear"|of the host|ENC\[/);
  });

  test('every place that it lists is one that get takes', async () => {
    const ran = await desk.run(['list', '--json', 'a.yaml'], { env: NO_KEY });
    const { entries, format, selection } = JSON.parse(ran.stdout.toString()) as {
      format: string;
      selection: object;
      entries: { kind: string; place: string; encrypted: boolean }[];
    };
    expect(format).toBe('yaml');
    expect(selection).toEqual({ option: 'unencrypted_suffix', text: '_unencrypted', isDefault: false });
    expect(entries.filter(({ kind }) => kind === 'comment')).toHaveLength(2);
    const values = entries.filter(({ kind }) => kind === 'value');
    expect(values).toHaveLength(11);
    for (const { place } of values) await got('a.yaml', place);
  });

  test.each([
    [['plain.yaml'], 1, 'sops metadata not found'],
    [[], 100, 'no file specified'],
    [['a.yaml', 'a.json'], 1, 'list takes one file'],
    [['absent.yaml'], 2, 'absent.yaml'],
  ])('%j is refused', async (words, status, said) => {
    const ran = await desk.run(['list', ...words]);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toContain(said);
  });
});

test.each([
  [['a', 'b', 0, 'c'], 'a.b[0].c'],
  [['a.b', 0], '["a.b"][0]'],
  [['a', 'b.c'], 'a["b.c"]'],
  [['a', 'say "x"'], `a['say "x"']`.replace(`['say "x"']`, '.say "x"')],
  [['a', '.say "x"'], `a['.say "x"']`],
  [['', 'b'], '[""]["b"]'],
])('the place of %j is written %s, and read again', (path, text) => {
  expect(valuePathText(path)).toBe(text);
  expect(parseValuePath(text, 'set')).toEqual(path);
});
