/** `filestatus`: whether a file is encrypted, held against what SOPS 3.13.2 answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Yard } from '../../support/lifecycle.js';
import { run } from '../../support/run.js';

const yard = new Yard();
afterAll(() => yard.remove());
beforeAll(async () => {
  for (const ending of ['yaml', 'json', 'env', 'ini', 'txt']) {
    const text = { yaml: 'a: x\n', json: '{"a": "x"}\n', env: 'A=x\n', ini: '[a]\nb = x\n', txt: 'x\n' }[ending] ?? '';
    yard.write(`plain.${ending}`, text);
    yard.write(`empty.${ending}`, '');
    await yard.encrypt(`sealed.${ending}`, text, [0]);
  }
  const metadata = (lines: string): string => `a: x\nsops:\n  lastmodified: "2020-01-01T00:00:00Z"\n${lines}`;
  yard.write('no-mac.yaml', metadata('  version: 3.0.0\n  age: [{recipient: a, enc: b}]\n'));
  yard.write('no-version.yaml', metadata('  mac: x\n  version: ""\n  age: [{recipient: a, enc: b}]\n'));
  yard.write('no-keys.yaml', metadata('  mac: x\n  version: 3.0.0\n'));
  yard.write('no-time.yaml', 'sops: {mac: x, version: 3.0.0, age: [{recipient: a, enc: b}]}\n');
  yard.write('nothing.yaml', 'sops: {}\n');
  yard.write('number.yaml', 'sops: 5\n');
  yard.write('list.json', '[1]');
  yard.write('other.txt', yard.read('sealed.yaml'));
});

test.each([
  ...['yaml', 'json', 'env', 'ini', 'txt'].flatMap((ending) => [
    [`sealed.${ending}`, true],
    [`plain.${ending}`, false],
  ]),
  ['empty.yaml', false],
  ['empty.env', false],
  ['empty.ini', false],
  ['empty.txt', false],
  ['no-mac.yaml', false],
  ['no-version.yaml', false],
  // The name tells SOPS nothing; the content does.
  ['other.txt', true],
  ['--input-type yaml other.txt', true],
])('%s: %s', async (line, encrypted) => {
  const { status, stdout, stderr } = await yard.run(['filestatus', ...String(line).split(' ')], { keys: [] });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.toString()).toBe(`{"encrypted":${encrypted}}\n`);
});

test.each(['no-keys.yaml', 'no-time.yaml', 'nothing.yaml', 'number.yaml', 'list.json', 'empty.json', 'absent'])(
  'cannot tell for %s',
  async (name) => {
    const ran = await yard.run(['filestatus', name]);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('cannot check file status: ') });
    expect(ran.stdout.length).toBe(0);
  },
);

test('needs a file', async () => {
  expect(await yard.run(['filestatus'])).toMatchObject({ status: 100 });
});

describe('several files', () => {
  test('each has a line, and one that cannot be judged does not keep the others from theirs', async () => {
    const ran = await yard.run(['filestatus', 'no-mac.yaml', 'absent', 'other.txt', '--input-type', 'yaml']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/cannot check file status: .*absent/);
    expect(ran.stdout.toString()).toBe(
      '{"file":"no-mac.yaml","encrypted":false}\n{"file":"other.txt","encrypted":true}\n',
    );
  });

  test('called as sops, the first one alone, with a warning', async () => {
    const ran = await run(['filestatus', 'no-mac.yaml', 'absent'], { cwd: yard.folder, env: { SOPS_TS_AS: 'sops' } });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('not absent') });
    expect(ran.stdout.toString()).toBe('{"encrypted":false}\n');
  });

  test.each([
    [['no-mac.yaml'], 1],
    [['--input-type', 'yaml', 'other.txt'], 0],
    [['--input-type', 'yaml', 'other.txt', 'no-mac.yaml'], 1],
    [['--input-type', 'yaml', 'other.txt', 'absent'], 1],
  ])('--check %j: status %d', async (words, status) => {
    expect(await yard.run(['filestatus', '--check', ...words])).toMatchObject({ status });
  });
});
