/** `encrypt`, `decrypt` and `rotate` of several files, folders and patterns: every word counts, and one that fails stops nothing. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
  for (const name of ['a', 'b', 'c']) desk.write(`${name}.yaml`, `k: canary-${name}\n`);
});
afterEach(() => desk.remove());

const isSealed = (name: string) => desk.text(`${name}.yaml`).includes('ENC[');
const sealed = () => ['a', 'b', 'c'].filter(isSealed);
const sealAll = () => desk.run(['encrypt', '-i', 'a.yaml', 'b.yaml', 'c.yaml']);

/** A folder whose files a rule names, all but one. */
function layOutFolder(): void {
  mkdirSync(desk.path('app/deep'), { recursive: true });
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: \\.secret\\.yaml$\n    age: ${desk.recipient}\n`);
  desk.write('app/one.secret.yaml', 'k: canary-1\n');
  desk.write('app/deep/two.secret.yaml', 'k: canary-2\n');
  desk.write('app/readme.yaml', 'k: open\n');
}

describe('several files in place', () => {
  test('are encrypted, rotated and decrypted, each for itself', async () => {
    expect(await desk.run(['encrypt', '-i', 'a.yaml', 'b.yaml', 'c.yaml', 'a.yaml'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(sealed()).toEqual(['a', 'b', 'c']);
    const before = desk.text('c.yaml');
    // Without rules it is told who gets the data keys; once for all files that name the same.
    const told = /^warning: no .sops.yaml says who .* gets the data key: age1\S+\n$/;
    const rotated = await desk.run(['rotate', 'a.yaml', 'b.yaml', 'c.yaml', '-i']);
    expect(rotated).toMatchObject({ status: 0, stderr: expect.stringMatching(told) });
    expect(desk.text('c.yaml')).not.toBe(before);
    expect(await desk.run(['decrypt', '--in-place', 'a.yaml', 'b.yaml', 'c.yaml'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(desk.text('c.yaml')).toBe('k: canary-c\n');
    expect(sealed()).toEqual([]);
  });

  test('one that fails is told with its name, the others get their turn; the first failure by path is the status', async () => {
    expect(await desk.run(['encrypt', '-i', 'b.yaml'])).toMatchObject({ status: 0 });
    const ran = await desk.run(['encrypt', '-i', 'nothing.yaml', 'a.yaml', 'b.yaml', 'c.yaml']);
    expect(ran.status).toBe(203);
    expect(ran.stderr).toMatch(/in file b\.yaml/);
    expect(ran.stderr).toMatch(/2 of 4 files failed.*\n {2}b\.yaml \(203\)\n {2}nothing\.yaml \(100\)\n$/);
    expect(ran.stderr).not.toContain('canary');
    expect(sealed()).toEqual(['a', 'b', 'c']);
    const missing = await desk.run(['decrypt', '-i', 'absent.yaml', 'c.yaml']);
    expect(missing).toMatchObject({ status: 0 + 100, stderr: expect.stringContaining('absent.yaml') });
    expect(sealed()).toEqual(['a', 'b']);
  });

  test('flags that come too late are refused as ever, and nothing is written', async () => {
    const ran = await desk.run(['encrypt', '-i', 'a.yaml', 'b.yaml', '--encrypted-regex', '^k$']);
    expect(ran).toMatchObject({
      status: 8,
      stderr: expect.stringContaining("Write: sops-ts encrypt -i --encrypted-regex '^k$'"),
    });
    expect(sealed()).toEqual([]);
  });

  test.each([
    ['nowhere to go', ['encrypt', 'a.yaml', 'b.yaml'], 'need --in-place or --output-dir'],
    ['one output', ['encrypt', '--output', 'x', 'a.yaml', 'b.yaml'], '--output is for one file'],
    ['one name', ['encrypt', '-i', '--filename-override', 'x.yaml', 'a.yaml', 'b.yaml'], '--filename-override is for'],
    ['two places', ['encrypt', '-i', '--output-dir', 'x', 'a.yaml'], 'cannot use both'],
    ['no file', ['encrypt', '--dry-run'], 'need files'],
    ['one part', ['decrypt', '-i', '--extract', '["k"]', 'a.yaml', 'b.yaml'], '--extract is for one file'],
  ])('%s for several is refused, and nothing is written', async (_name, words, message) => {
    const ran = await desk.run(words);
    expect(ran).toMatchObject({ status: 8, stdout: Buffer.alloc(0), stderr: expect.stringContaining(message) });
    expect(ran.stderr).not.toContain('in file');
    expect(sealed()).toEqual([]);
  });

  test.each([
    ['in the old form', ['-e', '-i', 'a.yaml', 'b.yaml'], {}],
    ['called as sops', ['encrypt', '-i', 'a.yaml', 'b.yaml'], { SOPS_TS_AS: 'sops' }],
  ])('%s the first is the only one, as in SOPS, with a warning', async (_name, words, env) => {
    const ran = await desk.run(words, { env });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('only a.yaml is used, not b.yaml') });
    expect(sealed()).toEqual(['a']);
  });
});

describe('a folder', () => {
  beforeEach(layOutFolder);
  const texts = () =>
    ['app/one.secret.yaml', 'app/deep/two.secret.yaml', 'app/readme.yaml'].map((one) => desk.text(one));

  test('stands for what rules name and is not encrypted yet, and then for what is encrypted', async () => {
    const ran = await desk.run(['encrypt', '-i', 'app']);
    expect(ran).toMatchObject({ status: 0, stderr: '2 files encrypted, 0 files encrypted already\n' });
    const after = texts();
    expect(after.map((text) => text.includes('ENC['))).toEqual([true, true, false]);
    const again = await desk.run(['encrypt', '-i', '.']);
    expect(again).toMatchObject({ status: 0, stderr: '0 files encrypted, 2 files encrypted already\n' });
    expect(texts()).toEqual(after);
    expect((await desk.run(['rotate', '-i', 'app'])).status).toBe(0);
    const rotated = texts();
    expect(rotated.map((text, at) => text === after[at])).toEqual([false, false, true]);
    expect((await desk.run(['decrypt', '-i', 'app/**/*.secret.yaml'])).status).toBe(0);
    expect(texts()).toEqual(['k: canary-1\n', 'k: canary-2\n', 'k: open\n']);
  });

  test('in which no rule names a file is an error, for a rule without path_regex names none', async () => {
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
    const ran = await desk.run(['encrypt', '-i', 'app']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('no rule') });
    expect(texts().some((text) => text.includes('ENC['))).toBe(false);
    // A file that is named itself is encrypted by such a rule as ever.
    expect((await desk.run(['encrypt', '-i', 'app/readme.yaml', 'a.yaml'])).status).toBe(0);
    expect(isSealed('a')).toBe(true);
  });

  test('a configuration is never encrypted with its folder', async () => {
    desk.write('.sops.yaml', `creation_rules:\n  - path_regex: yaml$\n    age: ${desk.recipient}\n`);
    expect((await desk.run(['encrypt', '-i', '.'])).status).toBe(0);
    expect(desk.text('.sops.yaml')).not.toContain('ENC[');
    expect(sealed()).toEqual(['a', 'b', 'c']);
  });

  test('--output-dir that holds the files themselves is refused, for each word as for a file', async () => {
    desk.write('o.yaml', await desk.encrypt('o.yaml', 'a: 1\n'));
    mkdirSync(desk.path('inside'));
    desk.write('inside/p.yaml', desk.read('o.yaml'));
    const sealed = desk.text('o.yaml');
    for (const words of ['. inside', 'inside inside', 'inside inside/*.yaml', '. o.yaml']) {
      const ran = await desk.run(['decrypt', '--output-dir', ...words.split(' ')]);
      expect([words, ran.status]).toEqual([words, 8]);
      expect(ran.stderr).toMatch(/is in the folder that --output-dir names|would write over o\.yaml itself/);
    }
    expect([desk.text('o.yaml'), desk.text('inside/p.yaml')]).toEqual([sealed, sealed]);
    expect((await desk.run(['decrypt', '--output-dir', 'inside', 'inside/p.yaml'])).status).toBe(0);
    expect(desk.text('inside/inside/p.yaml')).toBe('a: 1\n');
  });

  test('--output-dir keeps the paths, and the sources as they are', async () => {
    expect((await desk.run(['encrypt', '-i', 'app'])).status).toBe(0);
    const before = texts();
    expect(await desk.run(['decrypt', '--output-dir', 'out', 'app'])).toMatchObject({ status: 0 });
    expect(desk.text('out/app/deep/two.secret.yaml')).toBe('k: canary-2\n');
    expect(statSync(desk.path('out/app/one.secret.yaml')).mode & 0o777).toBe(0o600);
    expect(existsSync(desk.path('out/app/readme.yaml'))).toBe(false);
    expect(texts()).toEqual(before);
    const outside = await desk.run([
      'decrypt',
      '--output-dir',
      'out',
      join('..', desk.folder.split('/').at(-1) ?? '', 'app'),
    ]);
    expect(outside.status).toBe(0);
  });

  test('--dry-run does all but write, and says so', async () => {
    const before = texts();
    const ran = await desk.run(['encrypt', '--dry-run', 'app']);
    expect(ran.stdout.toString()).toBe(
      'app/deep/two.secret.yaml would be encrypted\napp/one.secret.yaml would be encrypted\n',
    );
    expect(ran).toMatchObject({ status: 0, stderr: '2 files would be encrypted, 0 files encrypted already\n' });
    expect((await desk.run(['encrypt', '-i', '--dry-run', 'app/one.secret.yaml'])).status).toBe(0);
    expect(texts()).toEqual(before);
    const broken = await desk.run(['decrypt', '--dry-run', 'app/one.secret.yaml']);
    expect(broken.status).toBe(1);
  });

  test('--json sums up what became of each', async () => {
    desk.write('app/broken.secret.yaml', 'k: [\n');
    const ran = await desk.run(['encrypt', '-i', '--json', 'app']);
    expect(ran.status).toBe(2);
    const path = (name: string) => join(desk.folder, 'app', name);
    expect(JSON.parse(ran.stdout.toString())).toEqual({
      command: 'encrypt',
      dryRun: false,
      done: 2,
      failed: 1,
      alreadyEncrypted: 0,
      files: [
        { file: path('broken.secret.yaml'), result: 'failed', error: expect.any(String), status: 2 },
        { file: path('deep/two.secret.yaml'), result: 'encrypted' },
        { file: path('one.secret.yaml'), result: 'encrypted' },
      ],
    });
  });
});

describe('decrypting several to standard output', () => {
  const printed = async (...words: string[]) => {
    const { status, stdout, stderr } = await desk.run(['decrypt', ...words]);
    return { status, stdout: stdout.toString(), stderr };
  };

  test('gives one stream of YAML documents, in order of paths', async () => {
    await sealAll();
    expect(await printed('c.yaml', 'a.yaml', 'b.yaml')).toEqual({
      status: 0,
      stdout: 'k: canary-a\n---\nk: canary-b\n---\nk: canary-c\n',
      stderr: '',
    });
  });

  test('marks of documents, directives and missing line ends do not run into each other', async () => {
    desk.write('b.yaml', '# note\n---\nk: b');
    desk.write('c.yaml', '%YAML 1.1\n---\nk: c\n');
    expect((await sealAll()).status).toBe(0);
    expect((await printed('a.yaml', 'b.yaml', 'c.yaml')).stdout).toBe(
      'k: canary-a\n# note\n---\nk: b\n...\n%YAML 1.1\n---\nk: c\n',
    );
  });

  test('of JSON it is a line each, with every number as it is written; beside YAML it is a document', async () => {
    desk.write('x.json', '{\n  "n": 1.50,\n  "t": "a \\" b"\n}\n');
    desk.write('y.json', '{"n": 2}\n');
    expect((await desk.run(['encrypt', '-i', 'x.json', 'y.json', 'a.yaml'])).status).toBe(0);
    expect((await printed('x.json', 'y.json')).stdout).toBe('{"n":1.50,"t":"a \\" b"}\n{"n":2}\n');
    expect((await printed('a.yaml', 'y.json')).stdout).toBe('k: canary-a\n---\n{"n": 2}\n');
  });

  test('what cannot stand in one stream is refused before anything is printed', async () => {
    desk.write('x.env', 'A=1\n');
    expect((await desk.run(['encrypt', '-i', 'a.yaml', 'x.env'])).status).toBe(0);
    const ran = await printed('a.yaml', 'x.env');
    expect(ran).toMatchObject({ status: 4, stdout: '', stderr: expect.stringContaining('x.env is dotenv') });
    expect((await printed('--output-type', 'yaml', 'a.yaml', 'x.env')).stdout).toBe('k: canary-a\n---\nA: "1"\n');
  });

  test('one that fails is left out, told, and makes the status', async () => {
    await sealAll();
    desk.write('b.yaml', desk.text('b.yaml').replace(/data:./, 'data:_'));
    const ran = await printed('a.yaml', 'b.yaml', 'c.yaml');
    expect(ran.stdout).toBe('k: canary-a\n---\nk: canary-c\n');
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(/1 of 3 files failed.*\n {2}b\.yaml \(\d+\)\n$/);
  });

  test('a folder without an encrypted file is an error: an empty stream would look like one of nothing', async () => {
    layOutFolder();
    expect(await printed('app')).toMatchObject({ status: 100, stdout: '' });
  });
});

describe('updatekeys and filestatus', () => {
  const other = new Desk();
  afterAll(() => other.remove());
  beforeEach(async () => {
    layOutFolder();
    await desk.run(['encrypt', '-i', 'app']);
  });
  const addOther = () =>
    desk.write(
      '.sops.yaml',
      `creation_rules:\n  - path_regex: \\.secret\\.yaml$\n    age: ${desk.recipient},${other.recipient}\n`,
    );

  test('updatekeys finds the encrypted files of a folder, and tells of each in order', async () => {
    addOther();
    const outdated = await desk.run(['updatekeys', '--check', 'app']);
    expect(outdated.status).toBe(1);
    const ran = await desk.run(['updatekeys', '-y', 'app']);
    expect(ran.status).toBe(0);
    const [two, one] = ['deep/two', 'one'].map((name) => join(desk.folder, 'app', `${name}.secret.yaml`));
    expect(ran.stderr.trimEnd().split('\n')).toEqual(
      [two, one].flatMap((file) => [
        `Syncing keys for file ${file}`,
        `File ${file} synced with new keys (same data key)`,
      ]),
    );
    expect(desk.text('app/one.secret.yaml')).toContain(other.recipient);
    const before = statSync(desk.path('app/one.secret.yaml')).ino;
    expect((await desk.run(['updatekeys', '-y', '.'])).status).toBe(0);
    expect(statSync(desk.path('app/one.secret.yaml')).ino).toBe(before);
    expect(desk.text('app/readme.yaml')).toBe('k: open\n');
  });

  test('updatekeys tells of what is broken, and updates the others', async () => {
    addOther();
    desk.write('app/broken.secret.yaml', desk.text('app/one.secret.yaml').replace('sops:', 'sops: [\nx:'));
    const ran = await desk.run(['updatekeys', '-y', 'app']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('failed updating 1 key(s)') });
    expect(ran.stderr).toContain('broken.secret.yaml');
    expect(desk.text('app/one.secret.yaml')).toContain(other.recipient);
  });

  test('updatekeys --yes --json tells what became of each', async () => {
    addOther();
    const ran = await desk.run(['updatekeys', '--yes', '--json', 'app']);
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout.toString())).toMatchObject({
      outdated: 0,
      failed: 0,
      files: [{ result: 'rewrapped' }, { result: 'rewrapped' }],
    });
  });

  test('filestatus of a folder tells of what is encrypted, and of what a rule wants to be', async () => {
    desk.write('app/deep/three.secret.yaml', 'k: canary\n');
    const ran = await desk.run(['filestatus', '--check', 'app']);
    expect(ran.stdout.toString().trimEnd().split('\n')).toEqual([
      '{"file":"app/deep/three.secret.yaml","encrypted":false}',
      '{"file":"app/deep/two.secret.yaml","encrypted":true}',
      '{"file":"app/one.secret.yaml","encrypted":true}',
    ]);
    expect(ran.status).toBe(1);
  });

  test('filestatus called as sops says that it looks at the first file alone', async () => {
    const ran = await desk.run(['filestatus', 'app/one.secret.yaml', 'a.yaml'], { env: { SOPS_TS_AS: 'sops' } });
    expect(ran.stdout.toString()).toBe('{"encrypted":true}\n');
    expect(ran.stderr).toContain('only app/one.secret.yaml is looked at, not a.yaml');
  });
});
