/** `--input-type` and `--output-type`: on names that tell no format, in words that nobody knows, and when they ask for another text. */
import { afterAll, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const desk = new Desk();
const AS_SOPS = { SOPS_TS_AS: 'sops' };
afterAll(() => desk.remove());
beforeEach(() => {
  desk.clear();
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
});

describe('a name that tells no format', () => {
  test('is encrypted as it was read, which is said', async () => {
    desk.write('conf', 'a: 1\n');
    const ran = await desk.run(['-e', '-i', '--input-type', 'yaml', 'conf']);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('it is written as yaml') });
    expect(desk.text('conf')).toMatch(/^a: ENC/);
    expect((await desk.run(['decrypt', 'conf'])).stdout.toString()).toBe('a: 1\n');
  });

  test('JSON is what sops writes as well, so nothing is said', async () => {
    desk.write('conf', '{"a": 1}\n');
    expect(await desk.run(['-e', '-i', '--input-type', 'json', 'conf'])).toMatchObject({ status: 0, stderr: '' });
  });

  test('called as sops, a tree is written as JSON', async () => {
    desk.write('conf', 'a: 1\n');
    expect((await desk.run(['-e', '-i', '--input-type', 'yaml', 'conf'], { env: AS_SOPS })).status).toBe(0);
    expect(desk.text('conf')).toMatch(/^\{\n\t"a": "ENC/);
    const words = ['encrypt', '--input-type', 'json', '--filename-override', 'secrets'];
    const ran = await desk.run(words, { stdin: '{"a": 1}', env: AS_SOPS });
    expect([ran.status, ran.stdout.toString()]).toEqual([0, expect.stringMatching(/^\{\s*"a": "ENC/)]);
  });

  test.each([
    ['set', '--input-type', 'yaml', 's.enc', '["a"]', '3'],
    ['unset', '--input-type', 'yaml', 's.enc', '["a"]'],
    ['rotate', '-i', '--input-type', 'yaml', 's.enc'],
  ])('%s', async (...words) => {
    const sealed = await desk.encrypt('s.yaml', 'a: 1\nb: 2\n');
    desk.write('s.enc', sealed);
    expect((await desk.run(words)).status).toBe(0);
    expect(desk.text('s.enc')).toMatch(/^[ab]: ENC/);
    desk.write('s.enc', sealed);
    expect((await desk.run(words, { env: AS_SOPS })).status).toBe(0);
    expect(desk.text('s.enc')).toMatch(/^\{/);
  });
});

describe('words that nobody knows', () => {
  test.each([
    ['-d', '--input-type', 'plaintext', '--output-type', 'plaintext', 'x.txt'],
    ['decrypt', '--input-type', 'plaintext', '--output-type', 'plaintext', 'x.txt'],
  ])('the name decides: %s', async (...words) => {
    desk.write('x.txt', await desk.encrypt('x.txt', 'one\n'));
    const ran = await desk.run(words);
    expect(ran).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('"plaintext" is not a format for --input-type'),
    });
    expect(ran.stdout.toString()).toBe('one\n');
  });

  test('called as sops, yml is one of them', async () => {
    const words = ['encrypt', '--input-type', 'yml', '--filename-override', 'x.txt'];
    const theirs = await desk.run(words, { stdin: 'a: 1\n', env: AS_SOPS });
    expect([theirs.status, theirs.stdout.toString()]).toEqual([0, expect.stringContaining('"data": "ENC')]);
    expect((await desk.run(words, { stdin: 'a: 1\n' })).stdout.toString()).toMatch(/^a: ENC/);
  });
});

describe('JSON in a file of YAML', () => {
  const TABS = '{\n\t"a": 1,\n\t"b": [\n\t\t"x"\n\t]\n}\n';
  const AS_YAML = 'a: 1\nb:\n    - x\n';

  test('that a serializer wrote is YAML where YAML is asked for, in either flag', async () => {
    desk.write('s.json', await desk.encrypt('s.json', TABS));
    const { stdout } = await desk.run(['decrypt', '--output-type', 'yaml', 's.json']);
    expect(stdout.toString()).toBe(AS_YAML);
    desk.write('x.yaml', desk.text('s.json'));
    for (const flag of ['--input-type', '--output-type']) {
      expect((await desk.run(['decrypt', flag, 'yaml', 'x.yaml'])).stdout.toString()).toBe(AS_YAML);
      expect((await desk.run(['exec-file', flag, 'yaml', 'x.yaml', 'cat {} > out'])).status).toBe(0);
      expect(desk.text('out')).toBe(AS_YAML);
    }
  });

  test('is YAML to sops, whose name for it says so', async () => {
    desk.write('x.yaml', await desk.encrypt('s.json', TABS));
    expect((await desk.run(['-d', 'x.yaml'], { env: AS_SOPS })).stdout.toString()).toBe(AS_YAML);
    expect((await desk.run(['-d', 'x.yaml'])).stdout.toString()).toBe(TABS);
    desk.write('x.yaml', await desk.encrypt('x.yaml', TABS));
    expect((await desk.run(['-d', 'x.yaml'], { env: AS_SOPS })).stdout.toString()).toBe(TABS);
  });

  test('that its author wrote reaches programs as YAML where that is asked for', async () => {
    desk.write('x.yaml', await desk.encrypt('x.yaml', TABS));
    expect((await desk.run(['exec-file', 'x.yaml', 'cat {} > out'])).status).toBe(0);
    expect(desk.text('out')).toBe(TABS);
    expect((await desk.run(['exec-file', '--output-type', 'yaml', 'x.yaml', 'cat {} > out'])).status).toBe(0);
    expect(desk.text('out')).toBe(AS_YAML);
  });

  test.each([
    ['rotate', '-i', '--output-type', 'yaml', 'x.yaml'],
    ['-r', '-i', '--input-type', 'yaml', 'x.yaml'],
    ['set', '--input-type', 'yaml', 'x.yaml', '["c"]', '3'],
    ['unset', '--output-type', 'yaml', 'x.yaml', '["a"]'],
  ])('is written as YAML: %s', async (...words) => {
    desk.write('x.yaml', await desk.encrypt('s.json', TABS));
    expect((await desk.run(words)).status).toBe(0);
    expect(desk.text('x.yaml')).toMatch(/^[ab]:/);
    expect(desk.text('x.yaml')).toMatch(/^sops:\n/m);
  });
});

describe('an explicit --output-type yaml', () => {
  const TABS = '{\n\t"a": 1,\n\t"b": [\n\t\t"x"\n\t]\n}\n';

  test('prints JSON text as YAML, encrypted and decrypted', async () => {
    const sealed = await desk.encrypt('x.yaml', TABS, '--output-type', 'yaml');
    expect(sealed.toString()).toMatch(/^a: ENC/);
    const kept = await desk.encrypt('x.yaml', TABS);
    expect((await desk.decrypt('x.yaml', kept)).stdout.toString()).toBe(TABS);
    expect((await desk.decrypt('x.yaml', kept, '--output-type', 'yaml')).stdout.toString()).toBe('a: 1\nb:\n    - x\n');
  });

  test('leaves the text of YAML as it is', async () => {
    const plain = 'a:   1 # one\n';
    const sealed = await desk.encrypt('x.yaml', plain, '--output-type', 'yaml');
    expect(
      (await desk.decrypt('x.yaml', sealed, '--input-type', 'yaml', '--output-type', 'yaml')).stdout.toString(),
    ).toBe(plain);
  });
});

test("SOPS's words are kept for what cannot be printed", async () => {
  expect((await desk.run(['decrypt', 'none.yaml'])).stderr).toContain('Error: cannot operate on non-existent file');
  const { status, stderr } = await desk.run(['encrypt', '--output-type', 'dotenv', '--filename-override', 'x.yaml'], {
    stdin: 'a: {b: 1}\n',
  });
  expect([status, stderr]).toEqual([4, expect.stringContaining('Could not marshal tree: ')]);
});

test('a folder is told to be one to who calls the program as sops', async () => {
  const { status, stderr } = await desk.run(['decrypt', desk.folder], { env: { SOPS_TS_AS: 'sops' } });
  expect([status, stderr]).toEqual([2, expect.stringContaining('This is a folder')]);
});
