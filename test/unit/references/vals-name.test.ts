/** Called as vals, and what came with it: lists at the top, printing anew, Secrets in base64, manifests for a program. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { type Ran, run } from '../../support/run.js';

const desk = new Desk();
afterAll(() => desk.remove());
beforeAll(() => {
  desk.write('map.yaml', 'a: {b: 1}\n');
  desk.write('value.txt', '-x');
});

const vals = (words: readonly string[], stdin = ''): Promise<Ran> =>
  run(words, { cwd: desk.folder, env: desk.env, stdin, programName: 'vals' });

async function evaluated(text: string, ...flags: string[]): Promise<string> {
  const ran = await desk.run(['refs', 'eval', ...flags], { stdin: text });
  expect([ran.stderr, ran.status]).toEqual(['', 0]);
  return ran.stdout.toString();
}

describe('a link called vals', () => {
  test.each([
    ['get', ['get', 'ref+echo://a/b'], 'a/b'],
    ['get of what looks like a flag', ['get', '--', '-x'], '-x'],
    ['eval', ['eval', '-f', '-'], 'a: a/b # c\n'],
    ['eval as JSON', ['eval', '-s', '-f=-', '-o', 'json'], '{"a":"a/b"}\n'],
    ['eval with two dashes', ['eval', '--o', 'json'], '{"a":"a/b"}\n'],
    ['eval with the long names of our own', ['eval', '--file', '-', '--output', 'json'], '{"a":"a/b"}\n'],
    ['env', ['env', '-export', '-f', '-'], 'export a=a/b\n'],
    ['flatten', ['flatten', '-f', '-'], 'a: a/b # c\n'],
    ['ksdecode', ['ksdecode', '-f', '-'], 'a: ref+echo://a/b # c\n'],
  ])('understands %s', async (_, words, expected) => {
    const ran = await vals(words, 'a: ref+echo://a/b # c\n');
    expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, expected]);
  });

  test('takes all behind the program of exec for its arguments', async () => {
    desk.write('env.yaml', 'NAME: ref+echo://a/b\n');
    const ran = await vals(['exec', '-f', 'env.yaml', 'sh', '-c', 'echo "$NAME $1"', 'x', '-i']);
    expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, 'a/b -i\n']);
  });

  test('knows which flags of exec are followed by a word', async () => {
    desk.write('env.yaml', 'NAME: ref+echo://a/b\n');
    const flags = ['--on-rotate', 'exit', '--grace', '1', '--file', 'env.yaml'];
    const ran = await vals(['exec', ...flags, 'sh', '-c', 'echo "$NAME $1"', 'x', '-i']);
    expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, 'a/b -i\n']);
  });

  test('tells its version, its help and what it does not know', async () => {
    for (const word of ['version', '--version', '-version', '-v'])
      expect((await vals([word])).stdout.toString()).toMatch(/sops-ts \d/);
    expect((await vals([])).stdout.toString()).toContain('ksdecode');
    const page = (await vals(['help'])).stdout.toString();
    expect(page).toMatch(/^Usage: vals COMMAND \[flags\]\n\n {2}eval {20}print/);
    expect(page).not.toContain('refs ');
    expect((await vals(['help', 'eval'])).stdout.toString()).toMatch(/^Usage: vals eval /);
    expect((await vals(['exec', '--help'])).stdout.toString()).toMatch(/\n {2}vals exec -i/);
    const unknown = await vals(['publish']);
    expect([unknown.status, unknown.stdout.toString()]).not.toEqual([0, '']);
    expect(unknown.stderr).toContain('"publish" is not a command of vals');
  });
});

describe('files without documents', () => {
  test.each(['', '\n', '# nothing\n', '\uFEFF# nothing\n  # here\n'])(
    '%j are evaluated to what they are',
    async (text) => {
      expect(await evaluated(text)).toBe(text);
      expect(await evaluated(text, '--output', 'json')).toBe('');
      expect(await vals(['ksdecode', '-f', '-'], text)).toMatchObject({ status: 0 });
    },
  );

  test('are passed over among those of a folder', async () => {
    mkdirSync(join(desk.folder, 'chart'));
    writeFileSync(join(desk.folder, 'chart/a.yaml'), '');
    writeFileSync(join(desk.folder, 'chart/b.yaml'), 'b: ref+echo://a/b\n');
    writeFileSync(join(desk.folder, 'chart/c.yaml'), '');
    const ran = await vals(['eval', '-f', 'chart']);
    expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, 'b: a/b\n']);
  });

  test.each(['', '# nothing\n', '---\n', '{}\n'])('%j has nothing for the environment of a program', async (text) => {
    desk.write('none.yaml', text);
    for (const words of [
      ['env', '-f', 'none.yaml'],
      ['exec', '-f', 'none.yaml', 'true'],
    ]) {
      const ran = await vals(words);
      expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('the file has no values for variables')]);
    }
  });
});

describe('lists at the top', () => {
  test('keep their text, and texts in no map, as vals leaves them', async () => {
    const text =
      '# top\n- ref+echo://a/b\n- k: ref+echo://a/b # why\n  l: [ref+echo://x/y, 1.10]\n- [ref+echo://q/r]\n';
    expect(await evaluated(text)).toBe(
      '# top\n- ref+echo://a/b\n- k: a/b # why\n  l: [x/y, 1.10]\n- [ref+echo://q/r]\n',
    );
  });

  test('take values of another kind, among other documents', async () => {
    const text = '- a: ref+file://map.yaml#/a\n  b: 1\n---\nc: ref+echo://a/b\n---\n[{d: ref+file://map.yaml#/a/b}]\n';
    expect(await evaluated(text)).toBe('- a:\n      b: 1\n  b: 1\n---\nc: a/b\n---\n[{d: 1}]\n');
  });

  test('of JSON stay JSON', async () => {
    const text = '[\n  {"a": "ref+echo://a/b", "n": 1.50},\n  {"b": "ref+file://map.yaml#/a"}\n]\n';
    expect(await evaluated(text)).toBe('[\n  {"a": "a/b", "n": 1.50},\n  {"b": {"b": 1}}\n]\n');
  });

  test('have no names for variables', async () => {
    expect((await desk.run(['refs', 'env'], { stdin: '- a\n' })).stderr).toContain('the file is a list');
  });
});

describe('printing anew', () => {
  test('one line a document in JSON, by the alphabet, with what Go escapes, dates as they stand, merges done', async () => {
    const text =
      'é: 2020-01-01\nb: &x {z: "<&>", y: 1}\na:\n  <<: *x\n  y: ref+file://map.yaml#/a/b\n---\n# nothing\n---\n- 1.50\n';
    const lines = (await evaluated(text, '-o', 'json')).split('---\n');
    expect(lines).toEqual([
      '{"a":{"y":1,"z":"\\u003c\\u0026\\u003e"},"b":{"y":1,"z":"\\u003c\\u0026\\u003e"},"é":"2020-01-01"}\n',
      '[1.5]\n',
    ]);
  });

  test('of several merged maps the first one wins, what it merges itself included', async () => {
    const text = 'n: &n {k: 1, m: 1}\no: &o\n  <<: *n\n  q: 2\np: &p {k: 3, m: 3, r: 3}\nt:\n  <<: [*o, *p]\n  q: 4\n';
    const { t } = JSON.parse(await evaluated(text, '-o', 'json'));
    expect(t).toEqual({ k: 1, m: 1, q: 4, r: 3 });
  });

  test('keys that SOPS would keep for itself are keys', async () => {
    expect(await evaluated('sops: {a: ref+echo://a/b}\n', '-o', 'json')).toBe('{"sops":{"a":"a/b"}}\n');
    expect(await evaluated('sops:\n    a: ref+echo://a/b\n')).toBe('sops:\n    a: a/b\n');
  });
});

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const SECRET = `kind: Secret # s
data:
  a: ${base64('ref+echo://a/b')} # one
  b: ${base64('same')}
  c: ${base64(Buffer.from([0xff]))}
stringData: {d: ref+echo://c/d}
`;

describe('Secrets', () => {
  test('references in base64 are found where asked for, and all else stays', async () => {
    expect(await evaluated(SECRET, '--decode-kubernetes-secrets')).toBe(
      SECRET.replace(base64('ref+echo://a/b'), base64('a/b')).replace('ref+echo://c/d', 'c/d'),
    );
    expect(await evaluated(SECRET)).toBe(SECRET.replace('ref+echo://c/d', 'c/d'));
  });

  test('in lists of Kubernetes, too; numbers are texts there, and maps an error', async () => {
    const list = (text: string): string => `kind: List\nitems:\n- kind: Secret\n  data: {a: ${base64(text)}}\n`;
    const flags = ['refs', 'eval', '--decode-kubernetes-secrets'];
    expect(await evaluated(list('ref+file://map.yaml#/a/b'), ...flags.slice(2))).toBe(list('1'));
    const failed = await desk.run(flags, { stdin: list('ref+file://map.yaml#/a') });
    expect([failed.status === 0, failed.stdout.toString()]).toEqual([false, '']);
    expect(failed.stderr).toContain('data.a of a Secret would be no text');
  });

  test('ksdecode moves data to stringData, what is not text excepted', async () => {
    const ran = await desk.run(['refs', 'ksdecode'], { stdin: SECRET });
    expect(ran.stdout.toString()).toBe(
      `kind: Secret # s\ndata:\n  c: ${base64(Buffer.from([0xff]))}\nstringData:\n  d: ref+echo://c/d\n  a: ref+echo://a/b # one\n  b: same\n`,
    );
    expect(ran.stderr).toContain('c: the bytes are not text, and stay in data');
  });

  test('what is not base64 is an error that names the key and not the value', async () => {
    for (const words of [['ksdecode'], ['eval', '--decode-kubernetes-secrets']]) {
      const ran = await desk.run(['refs', ...words], { stdin: 'kind: Secret\ndata: {a: hush!}\n' });
      expect([ran.status === 0, ran.stdout.toString()]).toEqual([false, '']);
      expect(ran.stderr).toContain('data.a of a Secret is not standard base64');
      expect(ran.stderr).not.toContain('hush');
    }
  });
});

describe('keys that are not there', () => {
  const text = 'a: ref+file://map.yaml#/a/nope\n';

  test('give null where the user says so, with a warning', async () => {
    const ran = await desk.run(['refs', 'eval', '--fail-on-missing-key-in-map=false'], { stdin: text });
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'a: null\n']);
    expect(ran.stderr).toContain('no value found for key a/nope; null is put there');
  });

  test('fail without that, and among other text always', async () => {
    expect((await desk.run(['refs', 'eval'], { stdin: text })).stderr).toContain('no value found for key a/nope');
    const among = await desk.run(['refs', 'eval', '--fail-on-missing-key-in-map=false'], {
      stdin: text.replace('ref+', 'x ref+'),
    });
    expect([among.status === 0, among.stdout.toString()]).toEqual([false, '']);
  });
});

describe('folders', () => {
  beforeAll(() => {
    mkdirSync(join(desk.folder, 'manifests/sub'), { recursive: true });
    writeFileSync(join(desk.folder, 'manifests/b.yaml'), '---\nb: ref+file://value.txt');
    writeFileSync(join(desk.folder, 'manifests/sub/c.json'), '{"c": "ref+echo://a/b"}');
    writeFileSync(join(desk.folder, 'manifests/notes.txt'), 'ref+echo://no/no');
    writeFileSync(join(desk.folder, 'manifests/value.txt'), 'text');
  });

  test('all YAML and JSON of one is a stream; paths begin there', async () => {
    const ran = await desk.run(['refs', 'eval', 'manifests']);
    expect([ran.stderr, ran.stdout.toString()]).toEqual(['', '---\nb: text\n---\n{"c": "a/b"}\n']);
  });

  test('exec gives it to a program as its standard input', async () => {
    const ran = await desk.run(['refs', 'exec', '--stream-yaml', 'manifests', '--', 'cat']);
    expect([ran.status, ran.stdout.toString()]).toEqual([0, '---\nb: text\n---\n{"c": "a/b"}\n']);
  });

  test('a program is not started when one reference fails', async () => {
    writeFileSync(join(desk.folder, 'manifests/z.yaml'), 'z: ref+file://none\n');
    const ran = await desk.run(['refs', 'exec', '--stream-yaml', 'manifests', '--', 'touch', 'started']);
    expect(ran.status).not.toBe(0);
    expect(desk.names()).not.toContain('started');
  });
});
