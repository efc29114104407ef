/** `revoke`: out of `.sops.yaml`, out of every file below, and a list of what could be read. */
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { keysOf, RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { type Ran, run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const [FIRST, SECOND, THIRD] = RECIPIENTS as [string, string, string];

const KEY = new URL('../../../fixtures/lifecycle/keys/shamir0.txt', import.meta.url).pathname;

const CONFIG = `# Who may read what
keys:
  - &me ${FIRST}   # me
  - &bob ${SECOND} # Bob, until June
creation_rules:
  - path_regex: ^prod/
    key_groups:
      - age:
          - *me
          - *bob
  # everything else
  - age: >-
      ${FIRST},
      ${SECOND}
`;
const CONFIG_AFTER = `# Who may read what
keys:
  - &me ${FIRST}   # me
creation_rules:
  - path_regex: ^prod/
    key_groups:
      - age:
          - *me
  # everything else
  - age: >-
      ${FIRST}
`;
const TEXT = '# head\ndb:\n  "p.w": 1.10 # inline\n  hosts: [x, y]\nopen_unencrypted: z\n';

/** The encrypted files: every test begins with the same ones. */
const sealed = new Map<string, string>();
beforeAll(async () => {
  const maker = new Yard();
  for (const [file, text, keys] of [
    ['prod/deep/app.yaml', TEXT, [0, 1]],
    ['dev/.env', '# why\nA=1\nB=\n', [0, 1]],
    ['dev/blob.bin', 'bytes', [0, 1]],
    ['dev/other.yaml', 'a: x\n', [0, 2]],
  ] as const) {
    const name = basename(file);
    await maker.encrypt(name, text, keys);
    sealed.set(file, maker.read(name));
  }
  maker.remove();
});

let yard: Yard;
beforeEach(() => {
  yard = new Yard();
  yard.configure(CONFIG);
  for (const folder of ['prod', 'prod/deep', 'dev', '.git', 'node_modules']) mkdirSync(join(yard.folder, folder));
  for (const [file, text] of sealed) yard.write(file, text);
  yard.write('.git/copy.yaml', yard.read('prod/deep/app.yaml'));
  yard.write('node_modules/copy.yaml', yard.read('prod/deep/app.yaml'));
  yard.write('README.md', 'sops writes ENC[AES256_GCM,data:…]\n');
});
afterEach(() => yard.remove());

const PLAN = `These recipients will be revoked:
--- ${SECOND} (bob)
They will be taken out of:
    .sops.yaml
These files will get a new data key; listed is what could be read with the old one:
dev/.env (values: 1, comments: 1)
    ["A"]
dev/blob.bin (values: 1)
    the whole content
prod/deep/app.yaml (values: 3, comments: 2)
    ["db"]["p.w"]
    ["db"]["hosts"][0]
    ["db"]["hosts"][1]
`;
const AFFECTED = ['dev/.env', 'dev/blob.bin', 'prod/deep/app.yaml'];
const OTHERS = ['dev/other.yaml', '.git/copy.yaml', 'node_modules/copy.yaml', 'README.md'];

/** Names the recipients of a file without telling the format of its name. */
function names(file: string, recipient: string): boolean {
  return yard.read(file).includes(recipient);
}

describe('by name or by recipient', () => {
  test.each([['bob'], [SECOND], [` ${SECOND}`]])('%s', async (who) => {
    const texts = new Map(OTHERS.map((file) => [file, yard.read(file)]));
    const ran = await yard.run(['revoke', '--yes', who]);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringMatching(/Revoked\. Earlier versions .*\n$/) });
    expect(ran.stdout.toString()).toBe(PLAN);
    expect(yard.read('.sops.yaml')).toBe(CONFIG_AFTER);
    for (const file of AFFECTED) {
      expect(names(file, SECOND), file).toBe(false);
      expect(await yard.run(['decrypt', file], { keys: [1] })).toMatchObject({ status: 128 });
      expect(await yard.run(['decrypt', file], { keys: [0] })).toMatchObject({ status: 0 });
    }
    expect((await yard.run(['decrypt', 'prod/deep/app.yaml'])).stdout.toString()).toBe(TEXT);
    for (const [file, text] of texts) expect(yard.read(file), file).toBe(text);
    expect(await yard.run(['updatekeys', '--check', 'prod/deep/app.yaml', 'dev/.env'])).toMatchObject({ status: 0 });
  });

  test('the data key is new, so that the old one opens nothing', async () => {
    const before = await keysOf(yard.read('prod/deep/app.yaml'), 'app.yaml');
    await yard.run(['revoke', '--yes', 'bob']);
    const after = await keysOf(yard.read('prod/deep/app.yaml'), 'app.yaml');
    expect(after.metadata.mac).not.toBe(before.metadata.mac);
    expect(after.groups).toEqual([[FIRST]]);
  });
});

describe('files in UTF-16', () => {
  test.each(['little', 'big'])('are found and keep their encoding, %s end first', async (order) => {
    const wide = Buffer.from(`\ufeff${TEXT}`, 'utf16le');
    await yard.encrypt('dev/wide.yaml', order === 'big' ? wide.swap16() : wide, [0, 1]);
    const ran = await yard.run(['revoke', '--yes', 'bob']);
    expect(ran.stdout.toString()).toContain('\ndev/wide.yaml (values: 3, comments: 2)\n');
    expect(await yard.run(['decrypt', 'dev/wide.yaml'], { keys: [1] })).toMatchObject({ status: 128 });
    expect((await yard.run(['decrypt', 'dev/wide.yaml'])).stdout).toEqual(wide);
  });
});

describe('nothing is changed', () => {
  async function unchanged(act: () => Promise<Ran>): Promise<Ran> {
    const files = [...AFFECTED, ...OTHERS, '.sops.yaml'];
    const before = files.map((file) => yard.read(file));
    const ran = await act();
    expect(files.map((file) => yard.read(file))).toEqual(before);
    return ran;
  }

  test('by a dry run, which needs no key', async () => {
    const ran = await unchanged(() => yard.run(['revoke', 'bob', '--dry-run'], { keys: [] }));
    expect(ran).toMatchObject({ status: 0, stderr: 'Nothing was changed (--dry-run).\n' });
    expect(ran.stdout.toString()).toBe(PLAN);
  });

  test.each([
    ['n\n', 0, 'Nothing was changed.'],
    ['', 1, 'EOF'],
  ])('when the answer is %j', async (stdin, status, message) => {
    const ran = await unchanged(() => yard.run(['revoke', 'bob'], { stdin }));
    expect(ran).toMatchObject({ status, stderr: expect.stringContaining(message) });
    expect(ran.stdout.toString()).toBe(`${PLAN}Is this okay? (y/n):`);
  });

  test.each([
    ['nobody is meant', 'carol', '"carol" is nobody'],
    ['a rule would be left empty', SECOND, 'creation rule 1 of .sops.yaml would be left without recipients'],
    ['an anchor stands for a rule', 'rule', 'stands for more than keys'],
    ['there are too many words', 'bob dev more', 'revoke takes'],
    ['there are none', '', 'revoke takes'],
    ['the folder is not there', 'bob absent', 'no such file or directory'],
  ])('when %s', async (name, line, message) => {
    if (name.includes('left empty')) yard.configure({ age: SECOND });
    if (name.includes('for a rule')) yard.configure(`creation_rules:\n  - &rule\n    age: ${FIRST}\n`);
    const ran = await unchanged(() => yard.run(['revoke', '--yes', ...line.split(' ').filter(Boolean)]));
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
  });
});

describe('a file that fails is reported, the rest goes on', () => {
  test('when it cannot be opened, or would be left without recipients', async () => {
    await yard.encrypt('dev/hers.yaml', 'a: x\n', [1]);
    await yard.encrypt('dev/theirs.yaml', 'a: x\n', [1, 2]);
    const hers = yard.read('dev/hers.yaml');
    const ran = await yard.run(['revoke', '--yes', '--keep-unlisted', 'bob'], { keys: [0, 1] });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('1 file(s) failed') });
    expect(ran.stderr).toContain('it would be left without recipients\n  in file dev/hers.yaml');
    expect(yard.read('dev/hers.yaml')).toBe(hers);
    for (const file of [...AFFECTED, 'dev/theirs.yaml']) expect(names(file, SECOND), file).toBe(false);
    expect(yard.read('.sops.yaml')).toBe(CONFIG_AFTER);
  });

  test('and running again with the recipient does what was left', async () => {
    const first = await yard.run(['revoke', '--yes', 'bob'], { keys: [2] });
    expect(first).toMatchObject({ status: 1, stderr: expect.stringContaining('3 file(s) failed') });
    expect(yard.read('.sops.yaml')).toBe(CONFIG_AFTER);
    const second = await yard.run(['revoke', '--yes', SECOND], { keys: [0] });
    expect(second.status).toBe(0);
    expect(second.stdout.toString()).toContain('No configuration names them.\n');
    for (const file of AFFECTED) expect(names(file, SECOND), file).toBe(false);
  });

  test('when it is broken', async () => {
    yard.write('dev/broken.yaml', `${yard.read('prod/deep/app.yaml')}\n  - [`);
    const ran = await yard.run(['revoke', '--yes', 'bob']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('in file dev/broken.yaml') });
    for (const file of AFFECTED) expect(names(file, SECOND), file).toBe(false);
  });

  test('when its MAC does not fit, unless told otherwise', async () => {
    const tampered = yard.read('prod/deep/app.yaml').replace('open_unencrypted: z', 'open_unencrypted: q');
    yard.write('prod/deep/app.yaml', tampered);
    expect(await yard.run(['revoke', '--yes', 'bob'])).toMatchObject({ status: 1 });
    expect(yard.read('prod/deep/app.yaml')).toBe(tampered);
    expect(await yard.run(['revoke', '--yes', '--ignore-mac', SECOND])).toMatchObject({ status: 0 });
  });
});

describe('files are found', () => {
  test('below the folder given, with a warning that the configuration reaches further', async () => {
    const ran = await yard.run(['revoke', '--yes', 'bob', 'prod']);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('files outside prod are not looked at') });
    expect(names('prod/deep/app.yaml', SECOND)).toBe(false);
    expect(names('dev/.env', SECOND)).toBe(true);
  });

  test('below the folder of the configuration when run further down', async () => {
    const env = { HOME: yard.folder, SOPS_AGE_KEY: readFileSync(KEY, 'utf8') };
    const ran = await run(['revoke', '--yes', 'bob'], { cwd: join(yard.folder, 'prod'), env });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('File ../dev/.env written\n') });
    expect(names('dev/.env', SECOND)).toBe(false);
  });

  test('whatever they are called, but not through links', async () => {
    yard.write('dev/app.yaml.enc', yard.read('prod/deep/app.yaml'));
    yard.write('dev/wrong.json', yard.read('dev/.env'));
    symlinkSync('../dev', join(yard.folder, 'prod/link'));
    const ran = await yard.run(['revoke', '--yes', 'bob']);
    expect(ran.status).toBe(0);
    expect(ran.stdout.toString()).not.toContain('prod/link');
    for (const file of ['dev/app.yaml.enc', 'dev/wrong.json']) expect(names(file, SECOND), file).toBe(false);
    const plain = await yard.run(['decrypt', '--input-type', 'yaml', '--output-type', 'yaml', 'dev/app.yaml.enc']);
    expect(plain.stdout.toString()).toBe(TEXT);
  });

  test('with their own configurations, which change too', async () => {
    yard.write('dev/.sops.yaml', `creation_rules: [{age: '${FIRST},${SECOND}'}]\n`);
    await yard.run(['revoke', '--yes', 'bob']);
    expect(yard.read('dev/.sops.yaml')).toBe(`creation_rules: [{age: '${FIRST}'}]\n`);
  });

  test('with key groups, of which several are needed', async () => {
    yard.configure({ key_groups: [{ age: [FIRST] }, { age: [SECOND, THIRD] }], shamir_threshold: 2 });
    yard.write('dev/shared.yaml', 'a: x\n');
    await yard.run(['encrypt', '-i', 'dev/shared.yaml']);
    const ran = await yard.run(['revoke', '--yes', SECOND]);
    expect(ran.stdout.toString()).toContain(
      'dev/shared.yaml (values: 1; together with 1 other key group(s))\n    ["a"]\n',
    );
    const { groups, metadata } = await keysOf(yard.read('dev/shared.yaml'));
    expect(groups).toEqual([[FIRST], [THIRD]]);
    expect(metadata.shamirThreshold).toBe(2);
  });
});

test('modes stay', async () => {
  chmodSync(join(yard.folder, 'dev/.env'), 0o600);
  await yard.run(['revoke', '--yes', 'bob']);
  expect(statSync(join(yard.folder, 'dev/.env')).mode & 0o777).toBe(0o600);
});
