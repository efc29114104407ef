/** The forms in which files go in and come out, and how invocations fail: the same as the real sops. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Pair, type PairOptions } from '../support/pair.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';
import { sopsIn } from '../support/sops.js';

const desk = new Desk();
const pair = new Pair(desk);
const { ours, theirs } = pair;
/** Ciphertext of `PLAIN`, by sops. */
let sealed: Buffer;

const PLAIN = 'a: one\nb:\n    c: 2\nl:\n    - x\n';
const PLAINS: readonly (readonly [name: string, plain: string])[] = [
  ['f.yaml', PLAIN],
  ['f.json', '{\n\t"a": "one",\n\t"b": {\n\t\t"c": 2\n\t}\n}\n'],
  ['f.env', 'A=one\nB=two\n'],
  ['f.ini', '[s]\na = one\n'],
  ['f.bin', 'one\0two'],
  ['f.txt', 'one\n'],
];

afterAll(() => desk.remove());
beforeAll(async () => {
  if (SOPS) sealed = (await sopsIn(desk.folder, ['encrypt', desk.write('f.yaml', PLAIN)], { env: desk.env })).stdout;
});
beforeEach(() => pair.clear());

const FORM_CASES = PLAINS.length * 3 + 7;

describe.skipIf(!SOPS)('forms', () => {
  test.each(PLAINS)('%s --in-place, each reading what the other left', async (name, plain) => {
    pair.lay(name, plain);
    for (const folder of [ours, theirs]) chmodSync(join(folder, name), 0o640);
    const sealing = await pair.run(['encrypt', '--in-place', name]);
    expect([sealing.our.status, sealing.their.status, sealing.our.stdout.length]).toEqual([0, 0, 0]);
    const [mine, others] = [readFileSync(join(ours, name)), readFileSync(join(theirs, name))];
    writeFileSync(join(ours, name), others);
    writeFileSync(join(theirs, name), mine);
    const opening = await pair.run(['decrypt', '--in-place', name]);
    expect([opening.our.status, opening.their.status], opening.our.stderr + opening.their.stderr).toEqual([0, 0]);
    expect(readFileSync(join(ours, name), 'latin1')).toBe(plain);
    expect(readFileSync(join(theirs, name), 'latin1')).toBe(plain);
    expect(statSync(join(ours, name)).mode).toBe(statSync(join(theirs, name)).mode);
  });

  test.each(PLAINS)('%s --output', async (name, plain) => {
    pair.lay(name, plain);
    const sealing = await pair.run(['encrypt', '--output', `new-${name}`, name]);
    expect([sealing.our.status, sealing.their.status]).toEqual([0, 0]);
    for (const folder of [ours, theirs])
      writeFileSync(join(folder, `x-${name}`), readFileSync(join(theirs, `new-${name}`)));
    const opening = await pair.run(['decrypt', '--output', `back-${name}`, `x-${name}`]);
    expect([opening.our.status, opening.their.status]).toEqual([0, 0]);
    expect(readFileSync(join(ours, `back-${name}`), 'latin1')).toBe(plain);
    expect(readdirSync(ours).sort()).toEqual(readdirSync(theirs).sort());
  });

  test.each(PLAINS)('%s by standard input, named or typed', async (name, plain) => {
    const type = { yaml: 'yaml', json: 'json', env: 'dotenv', ini: 'ini' }[name.slice(2)] ?? 'binary';
    for (const words of [
      ['--filename-override', name],
      ['--input-type', type, '--output-type', type, '--filename-override', 'x'],
    ]) {
      const sealing = await pair.run(['encrypt', ...words], { stdin: plain });
      expect([sealing.our.status, sealing.their.status], sealing.our.stderr).toEqual([0, 0]);
      const opened = await run(['decrypt', ...words], { cwd: ours, env: desk.env, stdin: sealing.their.stdout });
      const theirsOfOurs = await sopsIn(theirs, ['decrypt', ...words], { env: desk.env, stdin: sealing.our.stdout });
      expect(opened.stdout.toString('latin1')).toBe(plain);
      expect(theirsOfOurs.stdout.toString('latin1')).toBe(plain);
    }
  });

  test.each([
    [['-d', 'f.yaml']],
    [['decrypt', 'f.yaml']],
    [['--decrypt', '--extract', '["b"]["c"]', 'f.yaml']],
    [['decrypt', '--extract', '["l"][0]', 'f.yaml']],
    [['decrypt', '--output-type', 'json', 'f.yaml']],
    [['decrypt', '--output-type', 'dotenv', '--extract', '["a"]', 'f.yaml']],
    [['--indent', '2', 'decrypt', 'f.yaml']],
  ])('%j prints the same bytes', async (words) => {
    pair.lay('f.yaml', sealed);
    const { our, their } = await pair.run(words);
    expect([our.status, their.status], our.stderr + their.stderr).toEqual([0, 0]);
    expect(our.stdout.toString()).toBe(their.stdout.toString());
  });
});

interface Failure {
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Contents of the file `f.yaml` (`sealed` when absent), and of others. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

const plain = { 'f.yaml': PLAIN };
const FAILURES: readonly Failure[] = [
  { words: ['encrypt'] },
  { words: ['encrypt', 'absent.yaml'] },
  // By its own name it takes folders.
  { words: ['encrypt', '.'], env: { SOPS_TS_AS: 'sops' } },
  { words: ['encrypt', 'f.yaml'] },
  { words: ['encrypt', 'f.yaml'], files: { 'f.yaml': '' } },
  { words: ['encrypt', 'f.yaml'], files: { 'f.yaml': '- a\n' } },
  { words: ['encrypt', 'f.yaml'], files: { 'f.yaml': 'a: [\n' } },
  { words: ['encrypt', 'f.yaml'], files: { 'f.yaml': 'a: 1\na: 2\n' } },
  { words: ['encrypt', 'f.yaml'], files: { 'f.yaml': '1: 2\n' } },
  { words: ['encrypt', 'f.yaml'], files: { 'f.yaml': 'a: 18446744073709551615\n' } },
  { words: ['encrypt', 'f.yaml'], files: { 'f.yaml': 'a: 1\n---\nsops: x\n' } },
  { words: ['encrypt', 'f.json'], files: { 'f.json': '' } },
  { words: ['encrypt', 'f.json'], files: { 'f.json': '[1]' } },
  { words: ['encrypt', 'f.json'], files: { 'f.json': '{"sops": 1}' } },
  { words: ['encrypt', 'f.env'], files: { 'f.env': 'A\n' } },
  { words: ['encrypt', 'f.env'], files: { 'f.env': 'sops_x=1\n' } },
  { words: ['encrypt', 'f.ini'], files: { 'f.ini': '[\n' } },
  { words: ['encrypt', 'f.ini'], files: { 'f.ini': '[sops]\na=1\n' } },
  { words: ['encrypt', 'f.yaml'], files: plain, env: { SOPS_AGE_RECIPIENTS: '' } },
  { words: ['encrypt', 'f.yaml'], files: plain, env: { SOPS_AGE_RECIPIENTS: 'age1nonsense' } },
  { words: ['encrypt', '--age', '', 'f.yaml'], files: plain, env: { SOPS_AGE_RECIPIENTS: '' } },
  {
    words: ['encrypt', '--pgp', '0000000000000000000000000000000000000000', 'f.yaml'],
    files: plain,
    env: { SOPS_AGE_RECIPIENTS: '' },
  },
  { words: ['encrypt', '--encrypted-regex', 'a', '--encrypted-suffix', 'b', 'f.yaml'], files: plain },
  { words: ['encrypt', '--unencrypted-regex', 'a', '--encrypted-regex', 'b', 'f.yaml'], files: plain },
  { words: ['encrypt', '--in-place', '--output', 'x', 'f.yaml'], files: plain },
  { words: ['encrypt', '--in-place', '--filename-override', 'f.yaml'], stdin: PLAIN },
  { words: ['encrypt', '--output', 'absent/x', 'f.yaml'], files: plain },
  { words: ['encrypt', '--output', '.', 'f.yaml'], files: plain },
  { words: ['encrypt', '--output-type', 'dotenv', 'f.yaml'], files: plain },
  { words: ['encrypt', '--no-such-flag', 'f.yaml'], files: plain },
  { words: ['encrypt', '--shamir-secret-sharing-threshold', 'x', 'f.yaml'], files: plain },
  { words: ['encrypt', '--encryption-context', 'x', 'f.yaml'], files: plain },
  { words: ['encrypt', 'f.yaml'], files: { ...plain, '.sops.yaml': 'creation_rules: [' } },
  {
    words: ['encrypt', 'f.yaml'],
    files: { ...plain, '.sops.yaml': 'creation_rules:\n  - path_regex: other\n    age: x\n' },
    env: { SOPS_AGE_RECIPIENTS: '' },
  },
  {
    words: ['encrypt', 'f.yaml'],
    files: { ...plain, '.sops.yaml': 'creation_rules:\n  - age: nonsense\n' },
    env: { SOPS_AGE_RECIPIENTS: '' },
  },
  {
    words: ['encrypt', 'f.yaml'],
    files: { ...plain, '.sops.yaml': 'creation_rules:\n  - path_regex: "["\n' },
    env: { SOPS_AGE_RECIPIENTS: '' },
  },
  { words: ['encrypt', '--config', 'absent.yaml', 'f.yaml'], files: plain },
  { words: ['decrypt'] },
  { words: ['decrypt', 'absent.yaml'] },
  { words: ['decrypt', '.'], env: { SOPS_TS_AS: 'sops' } },
  { words: ['decrypt', 'f.yaml'], files: plain },
  { words: ['decrypt', 'f.yaml'], files: { 'f.yaml': '' } },
  { words: ['decrypt', 'f.yaml'], files: { 'f.yaml': 'a: [\n' } },
  { words: ['decrypt', 'f.yaml'], files: { 'f.yaml': 'a: 1\nsops: 1\n' } },
  { words: ['decrypt', 'f.yaml'], files: { 'f.yaml': 'a: 1\nsops: {}\n' } },
  { words: ['decrypt', 'f.json'], files: { 'f.json': '{"a": 1}' } },
  { words: ['decrypt', 'f.json'], files: { 'f.json': '{"a": 1' } },
  { words: ['decrypt', 'f.env'], files: { 'f.env': 'A=1\n' } },
  { words: ['decrypt', 'f.ini'], files: { 'f.ini': '[s]\na=1\n' } },
  { words: ['decrypt', 'f.bin'], files: { 'f.bin': 'x' } },
  { words: ['decrypt', 'f.yaml'], env: { SOPS_AGE_KEY: '' } },
  { words: ['decrypt', 'f.yaml'], env: { SOPS_AGE_KEY: 'nonsense' } },
  { words: ['decrypt', '--extract', '["absent"]', 'f.yaml'] },
  { words: ['decrypt', '--extract', '["l"][9]', 'f.yaml'] },
  { words: ['decrypt', '--extract', '[nonsense', 'f.yaml'] },
  { words: ['decrypt', '--extract', '["a"', 'f.yaml'] },
  { words: ['decrypt', '--output', 'absent/x', 'f.yaml'] },
  { words: ['decrypt', '--in-place', '--output', 'x', 'f.yaml'] },
  { words: ['decrypt', '--output-type', 'dotenv', 'f.yaml'] },
  { words: ['decrypt', '--output-type', 'binary', 'f.yaml'] },
  { words: ['decrypt', '--extract', '["b"]', '--output-type', 'ini', 'f.yaml'] },
  { words: ['decrypt', '--decryption-order', 'age,age', 'f.yaml'] },
  { words: ['--indent', '-5', 'decrypt', 'f.yaml'] },
  { words: ['decrypt', '--no-such-flag', 'f.yaml'] },
  { words: ['-e', '-d', 'absent.yaml'] },
  { words: ['-d'] },
  { words: ['help', 'nonsense'] },
];

/** Ciphertext changed so that it does not open. */
const CHANGES: readonly (readonly [what: string, change: (text: string) => string])[] = [
  [
    'a value',
    (text) =>
      text.replace(/a: ENC\[AES256_GCM,data:./, (found) => found.slice(0, -1) + (found.endsWith('A') ? 'B' : 'A')),
  ],
  ['a tag', (text) => text.replace(/tag:./, (found) => `tag:${found.endsWith('A') ? 'B' : 'A'}`)],
  ['a type', (text) => text.replace('type:str', 'type:thing')],
  ['a value in clear', (text) => text.replace(/a: ENC.*/, 'a: clear')],
  ['a number in clear', (text) => text.replace(/a: ENC.*/, 'a: 5')],
  ['a value gone', (text) => text.replace(/a: ENC.*\n/, '')],
  ['a key renamed', (text) => text.replace('a: ENC', 'z: ENC')],
  ['no MAC', (text) => text.replace(/ *mac: .*\n/, '')],
  [
    'another MAC',
    (text) =>
      text.replace(/mac: ENC\[AES256_GCM,data:./, (found) => found.slice(0, -1) + (found.endsWith('A') ? 'B' : 'A')),
  ],
  ['another time', (text) => text.replace(/lastmodified: "2/, 'lastmodified: "1')],
  ['no time', (text) => text.replace(/ *lastmodified: .*\n/, '')],
  ['no version', (text) => text.replace(/ *version: .*\n/, '')],
  ['no keys', (text) => text.replace(/ {4}age:\n( {8}.*\n)+/, '')],
  ['no armor', (text) => text.replace(/-----BEGIN.*\n/, '')],
  ['two rules', (text) => text.replace(/ *version:/, '    encrypted_suffix: x\n    version:')],
  ['cut in half', (text) => text.slice(0, text.length / 2)],
  ['metadata cut', (text) => text.replace(/^ {4}version:.*/ms, '')],
];

if (!SOPS) announceSkipped(FORM_CASES + FAILURES.length + CHANGES.length, 'there is no sops program');

describe.skipIf(!SOPS)('failing with the same status', () => {
  async function checkStatus(words: readonly string[], options: PairOptions): Promise<void> {
    const before = readdirSync(ours);
    const { our, their } = await pair.run(words, options);
    expect({ status: our.status, stderr: our.stderr }, their.stderr).toMatchObject({ status: their.status });
    expect(our.status).not.toBe(0);
    expect(our.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
    expect(readdirSync(ours)).toEqual(before);
  }

  test.each(FAILURES)('$words $env $files', async ({ words, files, env, stdin }) => {
    pair.lay('f.yaml', sealed);
    for (const [name, content] of Object.entries(files ?? {})) pair.lay(name, content);
    await checkStatus(words, { ...(env ? { env } : {}), ...(stdin === undefined ? {} : { stdin }) });
  });

  test.each(CHANGES)('decrypting with %s', async (_what, change) => {
    const text = change(sealed.toString());
    expect(text).not.toBe(sealed.toString());
    pair.lay('f.yaml', text);
    await checkStatus(['decrypt', 'f.yaml'], {});
  });

  test('a link in a circle', async () => {
    for (const folder of [ours, theirs]) symlinkSync('f.yaml', join(folder, 'f.yaml'));
    const { our, their } = await pair.run(['decrypt', 'f.yaml']);
    expect([our.status !== 0, existsSync(join(ours, 'f.yaml'))]).toEqual([their.status !== 0, false]);
  });
});
