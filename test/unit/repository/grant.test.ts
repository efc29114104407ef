/** `grant`: somebody comes into `.sops.yaml` and into every file that they may read then, and `who`, `check` and `updatekeys` agree. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { TestRepository } from '../../support/repository.js';
import { type Ran, run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const alice = generateIdentity();
const bob = generateIdentity();
const carol = generateIdentity();
const SSH = readFileSync(new URL('../../../fixtures/keys/identities/ssh-ed25519.pub', import.meta.url), 'utf8').trim();
const SSH_KEY = new URL('../../../fixtures/keys/identities/ssh-ed25519', import.meta.url).pathname;

const CONFIG = `# Who may read what
keys:
  - &alice ${alice.recipient} # Alice

creation_rules:
  - path_regex: ^prod/
    key_groups:
      - age:
          - *alice   # she
  # the rest
  - path_regex: ^dev/
    age: ${alice.recipient}
`;
const GRANTED = CONFIG.replace('# Alice\n', `# Alice\n  - &bob ${bob.recipient}\n`)
  .replace('*alice   # she\n', '*alice   # she\n          - *bob\n')
  .replace(`age: ${alice.recipient}\n`, `age: ${alice.recipient},${bob.recipient}\n`);
const FILES = ['dev/.env', 'dev/blob.bin', 'prod/deep/app.yaml', 'prod/z.json'];

let repository: TestRepository;
let sealed: Map<string, string>;
beforeEach(async () => {
  repository = new TestRepository();
  repository.write({
    '.sops.yaml': CONFIG,
    'prod/deep/app.yaml': '# head\ndb:\n  "p.w": 1.10 # inline\n  hosts: [x, y]\n',
    'prod/z.json': '{"k": "hunter2"}\n',
    'dev/.env': '# why\nA=1\nB=\n',
    'dev/blob.bin': 'bytes',
    'README.md': 'sops writes ENC[AES256_GCM,data:…]\n',
  });
  const ran = await as(alice, 'encrypt', '-i', ...FILES);
  if (ran.status !== 0) throw new Error(ran.stderr);
  sealed = texts();
});
afterEach(() => repository.remove());

function as(who: { identity: string } | null, ...words: string[]): Promise<Ran> {
  return inFolder('.', who, words);
}

function inFolder(
  folder: string,
  who: { identity: string } | null,
  words: readonly string[],
  stdin = '',
): Promise<Ran> {
  const env = { ...repository.env, ...(who && { SOPS_AGE_KEY: who.identity }) };
  return run(words, { cwd: join(repository.folder, folder), env, stdin });
}

const read = (path: string): string => readFileSync(join(repository.folder, path), 'utf8');
const texts = (): Map<string, string> => new Map(['.sops.yaml', ...FILES].map((path) => [path, read(path)]));

/** Nothing is out of date to anybody who looks. */
async function expectAgreement(): Promise<void> {
  expect(await as(alice, 'check', '--decrypt')).toMatchObject({ status: 0 });
  expect(await as(null, 'updatekeys', '--check', 'prod', 'dev')).toMatchObject({ status: 0 });
}

const PLAN = `This recipient will be let in:
+++ ${bob.recipient} (bob)
They will be put into .sops.yaml:
    creation rule 1 (^prod/)
    creation rule 2 (^dev/)
They will be able to read:
${FILES.map((file) => `    ${file}\n`).join('')}`;

test('into every rule and file; values, other recipients and all else stay byte for byte', async () => {
  const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stderr).toBe(
    `${[...FILES, '.sops.yaml'].map((file) => `File ${file} written\n`).join('')}Granted. Commit .sops.yaml together with the files.\n`,
  );
  expect([ran.status, ran.stdout.toString()]).toEqual([0, PLAN]);
  expect(read('.sops.yaml')).toBe(GRANTED);
  for (const file of FILES) {
    expect((await as(bob, 'decrypt', file)).status, file).toBe(0);
    expect((await as(alice, 'decrypt', file)).status, file).toBe(0);
  }
  // Line by line what was there is there: no key was wrapped anew, and no value.
  const lines = read('prod/deep/app.yaml').split('\n');
  for (const line of sealed.get('prod/deep/app.yaml')?.split('\n') ?? []) expect(lines).toContain(line);
  const access = JSON.parse((await as(null, 'who', '--json', '--can-read', 'bob')).stdout.toString());
  expect(access.files.map(({ file }: { file: string }) => file)).toEqual(FILES);
  await expectAgreement();
});

test('again: nothing to do, nothing is written, no key is needed', async () => {
  await as(alice, 'grant', '--yes', 'bob', bob.recipient);
  const before = texts();
  const ran = await as(null, 'grant', 'bob', bob.recipient);
  expect(ran).toMatchObject({ status: 0, stderr: 'Nothing to do: all was so already.\n' });
  expect(texts()).toEqual(before);
});

test('what was cut off is finished: files that have the recipient, and a rule without', async () => {
  await as(alice, 'grant', '--yes', 'bob', bob.recipient);
  repository.write({ '.sops.yaml': CONFIG, 'dev/.env': sealed.get('dev/.env') ?? '' });
  expect((await as(null, 'check')).stdout.toString()).toContain('whom the rule does not name');
  const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stderr).toBe(
    'File dev/.env written\nFile .sops.yaml written\nGranted. Commit .sops.yaml together with the files.\n',
  );
  expect(read('.sops.yaml')).toBe(GRANTED);
  await expectAgreement();
});

test('modes stay, and a link is written where it leads', async () => {
  chmodSync(join(repository.folder, 'dev/.env'), 0o600);
  symlinkSync('dev/.env', join(repository.folder, '0.env'));
  const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stdout.toString()).toBe(PLAN);
  expect(statSync(join(repository.folder, 'dev/.env')).mode & 0o777).toBe(0o600);
});

describe('nothing is written', () => {
  test('by a dry run, which needs no key', async () => {
    const ran = await as(null, 'grant', '--dry-run', 'bob', bob.recipient);
    expect(ran).toMatchObject({ status: 0, stderr: 'Nothing was changed (--dry-run).\n' });
    expect(ran.stdout.toString()).toBe(PLAN);
    expect(texts()).toEqual(sealed);
  });

  test.each([
    ['n\n', 0, 'Nothing was changed.'],
    ['', 1, 'EOF'],
  ])('when the answer is %j', async (answer, status, message) => {
    const ran = await inFolder('.', alice, ['grant', 'bob', bob.recipient], answer);
    expect(ran).toMatchObject({ status, stderr: expect.stringContaining(message) });
    expect(ran.stdout.toString()).toBe(`${PLAN}Is this okay? (y/n):`);
    expect(texts()).toEqual(sealed);
  });

  test('when no file can be opened', async () => {
    const ran = await as(carol, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran.status).toBe(128);
    expect(ran.stderr).toContain('4 of 4 files failed, with the exit status of each:\n  dev/.env (128)\n');
    expect(ran.stderr).toContain('These can: alice');
    expect(ran.stderr).toMatch(/No file could be opened, so nothing was written\.\n$/);
    expect(texts()).toEqual(sealed);
  });

  const name = (given: string): string[] => [given, bob.recipient];
  test.each([
    ['the name cannot be an anchor', () => name('bob@x'), 'cannot be a name'],
    [
      'the name has another key',
      () => name('alice'),
      /alice has another key in \.sops\.yaml: age1\S+\n {2}.*sops-ts revoke alice.*alice-2/,
    ],
    ['the recipient has another name', () => ['al', alice.recipient], 'this recipient is called alice in .sops.yaml'],
    ['the recipient is a private key', () => ['bob', bob.identity], 'is a private key'],
    ['a file holds a private key', () => ['bob', SSH_KEY], 'is a private key, or holds one'],
    ['the recipient is malformed', () => ['bob', `${bob.recipient.slice(0, -1)}b`], 'malformed Bech32'],
    ['it is nothing known', () => ['bob', 'bob.pub'], '"bob.pub" is no recipient, no URL and no file'],
    ['a file holds no key', () => ['bob', 'README.md'], 'README.md holds no public key'],
    [
      'a PGP key is not there',
      () => ['bob', '85D77543B3D624B63CEA9E6DBC17301B491B3F21'],
      'nothing can be encrypted for 85D7',
    ],
    ['a URL is not secret', () => ['bob', 'http://example.org/bob.keys'], 'by https only'],
    ['a URL holds a password', () => ['bob', 'https://a:b@example.org/bob.keys'], 'must not hold a user name'],
    ['there is one word only', () => ['bob'], 'grant takes a name and a recipient'],
    ['paths stand without their flag', () => [...name('bob'), 'dev'], 'files are named with --paths'],
    ['a path is not there', () => [...name('bob'), '--paths', 'nowhere'], 'nowhere: there is no such file or folder'],
    [
      'a path holds nothing encrypted',
      () => [...name('bob'), '--paths', 'README.md'],
      'there is no encrypted file in README.md',
    ],
    ['json is asked for without an answer', () => [...name('bob'), '--json'], '--json goes with'],
  ] as const)('when %s', async (_, words, message) => {
    const yes = words().includes('--json') ? [] : ['--yes'];
    const ran = await as(alice, 'grant', ...yes, ...words());
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain(bob.identity);
    expect(texts()).toEqual(sealed);
  });

  test('where there is no configuration', async () => {
    execFileSync('rm', [join(repository.folder, '.sops.yaml')]);
    const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no .sops.yaml') });
  });
});

describe('files that fail are listed, the rest goes on', () => {
  test('with who can open them, and the status of the first', async () => {
    repository.write({ 'prod/hers.yaml': 'a: 1\n', 'dev/broken.yaml': `${sealed.get('prod/deep/app.yaml')}\n  - [` });
    const key = ['--age', carol.recipient];
    await as(carol, 'encrypt', '-i', ...key, 'prod/hers.yaml');
    const hers = read('prod/hers.yaml');
    const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran.stderr).toMatch(
      /2 of 6 files failed, with the exit status of each:\n {2}dev\/broken\.yaml \(1\)\n {2}prod\/hers\.yaml \(128\)\n/,
    );
    expect(ran.stderr).toContain(`These can: ${carol.recipient}`);
    expect(ran.status).toBe(1);
    expect(read('prod/hers.yaml')).toBe(hers);
    expect(read('.sops.yaml')).toBe(GRANTED);
    for (const file of FILES) expect(read(file), file).toContain(bob.recipient);
  });

  test('one whose MAC does not fit, unless told otherwise', async () => {
    const tampered = (sealed.get('prod/z.json') ?? '').replace('"k":', '"k_":');
    repository.write({ 'prod/z.json': tampered });
    const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran.status).not.toBe(0);
    expect(read('prod/z.json')).toBe(tampered);
    expect(read('prod/deep/app.yaml')).toContain(bob.recipient);
  });
});

describe('--paths', () => {
  test('a rule for them alone', async () => {
    const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient, '--paths', 'dev');
    expect(ran.stderr).toContain('Granted.');
    expect(read('.sops.yaml')).toBe(
      CONFIG.replace('# Alice\n', `# Alice\n  - &bob ${bob.recipient}\n`).replace(
        `age: ${alice.recipient}\n`,
        `age: ${alice.recipient},${bob.recipient}\n`,
      ),
    );
    expect(read('prod/z.json')).toBe(sealed.get('prod/z.json'));
    await expectAgreement();
  });

  test('several, one by one or as a shell writes a pattern', async () => {
    const ran = await as(alice, 'grant', '--dry-run', 'bob', bob.recipient, '--paths', 'dev/.env', 'dev/blob.bin');
    expect(ran.stdout.toString()).toMatch(/read:\n {4}dev\/\.env\n {4}dev\/blob\.bin\n$/);
  });

  test('a rule that is for others as well is refused, with the rule that would do', async () => {
    const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient, '--paths', 'prod/deep');
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('creation rule 1 of .sops.yaml is for these as well');
    expect(ran.stderr).toContain('prod/z.json');
    expect(ran.stderr).toContain(String.raw`path_regex: ^prod/deep/app\.yaml$`);
    expect(texts()).toEqual(sealed);
  });

  test('from a folder below, and one configuration nearer to some files', async () => {
    mkdirSync(join(repository.folder, 'dev/own'));
    repository.write({ 'dev/own/x.yaml': 'a: 1\n' });
    await as(alice, 'encrypt', '-i', 'dev/own/x.yaml');
    repository.write({ 'dev/own/.sops.yaml': `creation_rules:\n  - age: ${alice.recipient}\n` });
    const ran = await inFolder('prod', alice, ['grant', '--yes', 'bob', bob.recipient]);
    expect(ran.stderr).toContain('warning: ../dev/own/.sops.yaml is nearer to the files there');
    expect(ran.stderr).toContain('File ../dev/.env written\n');
    expect(read('dev/own/x.yaml')).not.toContain(bob.recipient);
    expect(read('.sops.yaml')).toBe(GRANTED);
    expect(await as(null, 'check')).toMatchObject({ status: 0 });
  });
});

describe('key groups', () => {
  const shared = (second: string): string =>
    CONFIG.replace(
      '          - *alice   # she\n',
      `          - *alice   # she\n      - age:\n          - ${carol.recipient}\n${second}`,
    );

  test('which of several is asked for, and the file has the recipient in that one', async () => {
    repository.write({ '.sops.yaml': shared(''), 'prod/shared.yaml': 'a: 1\n' });
    await as(alice, 'updatekeys', '--yes', 'prod');
    await as(alice, 'encrypt', '-i', 'prod/shared.yaml');
    const both = { identity: `${alice.identity}\n${carol.identity}` };
    const unclear = await as(both, 'grant', '--yes', 'bob', bob.recipient);
    expect(unclear.status).toBe(1);
    expect(unclear.stderr).toMatch(
      /creation rule 1 of \.sops\.yaml has 2 key groups, of which 2 are needed.*\n.*--group 1 to --group 2/,
    );
    const ran = await as(both, 'grant', '--yes', 'bob', bob.recipient, '--group', '2');
    expect(ran.stdout.toString()).toContain('creation rule 1 (^prod/), key group 2 of 2\n');
    expect(ran.status).toBe(0);
    expect(read('.sops.yaml')).toContain(`- ${carol.recipient}\n          - *bob\n`);
    const withAlice = { identity: `${alice.identity}\n${bob.identity}` };
    expect((await as(withAlice, 'decrypt', 'prod/shared.yaml')).stdout.toString()).toBe('a: 1\n');
    expect((await as(bob, 'decrypt', 'prod/shared.yaml')).status).toBe(128);
    expect(await as(null, 'updatekeys', '--check', 'prod', 'dev')).toMatchObject({ status: 0 });
  });

  test('a file that has other groups than its rule is listed', async () => {
    repository.write({ '.sops.yaml': shared('') });
    const ran = await as(alice, 'grant', '--yes', '--group', '1', 'bob', bob.recipient);
    expect(ran.stderr).toContain('it has 1 key group(s), and creation rule 1 of .sops.yaml has 2');
    expect(ran.status).toBe(1);
    expect(read('dev/.env')).toContain(bob.recipient);
  });
});

describe('SSH keys', () => {
  const FINGERPRINT =
    execFileSync('ssh-keygen', ['-lf', `${SSH_KEY}.pub`])
      .toString()
      .split(' ')[1] ?? '';

  test('by text, with the remark that a file has; the fingerprint is shown', async () => {
    const ran = await as(alice, 'grant', '--yes', 'carol', `${SSH.split(' ').slice(0, 2).join(' ')} carol@laptop`);
    expect(ran.stdout.toString()).toContain(` carol@laptop (carol)\n    ${FINGERPRINT}\n`);
    expect(read('.sops.yaml')).toContain('  - &carol ssh-ed25519 ');
    expect(read('prod/z.json')).toContain('carol@laptop');
    await expectAgreement();
    const env = { ...repository.env, SOPS_AGE_SSH_PRIVATE_KEY_FILE: SSH_KEY };
    expect((await run(['decrypt', 'prod/z.json'], { cwd: repository.folder, env })).stdout.toString()).toBe(
      '{"k": "hunter2"}\n',
    );
  });

  test('by file; a remark that lists would split is left out', async () => {
    repository.write({ 'carol.pub': `# hers\n${SSH.split(' ').slice(0, 2).join(' ')} carol, at home\n` });
    const ran = await as(alice, 'grant', '--yes', 'carol', 'carol.pub');
    expect(ran.stdout.toString()).toContain(`    ${FINGERPRINT}\n    carol, at home\n    from carol.pub\n`);
    expect(read('.sops.yaml')).not.toContain('at home');
    await expectAgreement();
  });

  test('several: listed, asked for, or chosen by fingerprint; those that age has no use for told', async () => {
    const other = readFileSync(new URL('../../../fixtures/keys/identities/ssh-rsa.pub', import.meta.url), 'utf8');
    const ecdsa = readFileSync(new URL('../../../fixtures/keys/identities/ssh-ecdsa.pub', import.meta.url), 'utf8');
    repository.write({ keys: `${ecdsa}${other}${SSH}\n` });
    const unclear = await as(alice, 'grant', '--yes', 'carol', 'keys');
    expect(unclear.status).toBe(1);
    expect(unclear.stderr).toMatch(
      /keys has 2 keys.*\n.*ssh-rsa SHA256:\S+.*; ssh-ed25519 SHA256:.*\n.*--fingerprint SHA256:/,
    );
    expect(texts()).toEqual(sealed);
    const asked = await inFolder('.', alice, ['grant', 'carol', 'keys'], '3\n2\nn\n');
    expect(asked.stdout.toString()).toMatch(
      /^1 {2}ssh-rsa SHA256:.*\n2 {2}ssh-ed25519 SHA256:.*\nWhich key is meant\? \(1-2\):Which key is meant\? \(1-2\):This recipient/,
    );
    expect(asked.stdout.toString()).toContain(`+++ ssh-ed25519 `);
    const chosen = await as(alice, 'grant', '--yes', '--fingerprint', FINGERPRINT, 'carol', 'keys');
    expect(chosen.status).toBe(0);
    expect(read('.sops.yaml')).toContain('  - &carol ssh-ed25519 ');
    repository.write({ keys: ecdsa });
    const useless = await as(alice, 'grant', '--yes', 'dave', 'keys');
    expect(useless.stderr).toMatch(/no key of keys can be used\n.*age has no use for ecdsa-sha2-nistp256/);
  });
});

test('--json tells what was done, and what would be', async () => {
  const dry = JSON.parse((await as(null, 'grant', '--dry-run', '--json', 'bob', bob.recipient)).stdout.toString());
  expect(dry).toMatchObject({
    version: 1,
    outcome: 'dry-run',
    name: 'bob',
    recipient: bob.recipient,
    fingerprint: null,
    configChanges: true,
  });
  expect(dry.files).toEqual(FILES.map((file) => ({ file, result: 'would-be-granted' })));
  repository.write({ 'prod/hers.yaml': 'a: 1\n' });
  await as(carol, 'encrypt', '-i', '--age', carol.recipient, 'prod/hers.yaml');
  const ran = await as(alice, 'grant', '--yes', '--json', 'bob', bob.recipient);
  const done = JSON.parse(ran.stdout.toString());
  expect(done.rules).toEqual([
    { rule: 1, pathRegex: '^prod/', group: 1, result: 'added' },
    { rule: 2, pathRegex: '^dev/', group: 1, result: 'added' },
  ]);
  expect(done.files.find(({ file }: { file: string }) => file === 'prod/hers.yaml')).toMatchObject({
    result: 'failed',
    status: 128,
  });
  expect(done.files.find(({ file }: { file: string }) => file === 'dev/.env')).toEqual({
    file: 'dev/.env',
    result: 'granted',
  });
  expect(ran.status).toBe(128);
});

test('whoever was taken out before does not come back without a word', async () => {
  await as(alice, 'grant', '--yes', 'bob', bob.recipient);
  repository.commit('Bob');
  expect((await as(alice, 'revoke', '--yes', 'bob')).status).toBe(0);
  repository.commit('Bob leaves');
  const ran = await as(alice, 'grant', '--dry-run', 'bob', bob.recipient);
  expect(ran.stderr).toContain(
    'warning: this recipient was taken out of .sops.yaml before; see when and why: git log -p -- .sops.yaml\n',
  );
  const namesake = await as(alice, 'grant', '--dry-run', 'bob', carol.recipient);
  expect(namesake.stderr).toContain(`warning: bob stood for another key before: ${bob.recipient}`);
  expect((await as(alice, 'grant', '--dry-run', 'carol', carol.recipient)).stderr).toBe(
    'Nothing was changed (--dry-run).\n',
  );
});

test('files that no rule is for are told, and stay', async () => {
  repository.write({ 'other.yaml': 'a: 1\n' });
  await as(alice, 'encrypt', '-i', '--age', alice.recipient, '--config', '/dev/null', 'other.yaml');
  const ran = await as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stderr).toContain('warning: no rule of .sops.yaml is for these, so they stay as they are: other.yaml\n');
  expect(read('other.yaml')).not.toContain(bob.recipient);
});

test('a file that somebody writes meanwhile keeps that, too', async () => {
  writeFileSync(join(repository.folder, 'dev/many.yaml'), 'a: 1\n');
  await as(alice, 'encrypt', '-i', 'dev/many.yaml');
  const [granted, ...sets] = await Promise.all([
    as(alice, 'grant', '--yes', 'bob', bob.recipient),
    ...['b', 'c', 'd'].map((key) => as(alice, 'set', 'dev/many.yaml', `["${key}"]`, '1')),
  ]);
  expect([granted?.status, ...sets.map(({ status }) => status)]).toEqual([0, 0, 0, 0]);
  expect((await as(bob, 'decrypt', 'dev/many.yaml')).stdout.toString().split('\n').sort()).toEqual([
    '',
    'a: 1',
    'b: 1',
    'c: 1',
    'd: 1',
  ]);
});
