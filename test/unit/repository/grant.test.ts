/** `grant`: somebody comes into `.sops.yaml` and into every file that they may read then, and `who`, `check` and `updatekeys` agree. */
import { execFileSync } from 'node:child_process';
import { chmodSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { alice, bob, CONFIG, carol, FILES, GRANTED, GrantDesk } from '../../support/grant-desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const SSH_KEY = new URL('../../../fixtures/keys/identities/ssh-ed25519', import.meta.url).pathname;

let desk: GrantDesk;
let sealed: Map<string, string>;
beforeEach(async () => {
  desk = await GrantDesk.open();
  sealed = desk.texts();
});
afterEach(() => desk.remove());

const PLAN = `This recipient will be let in:
+++ ${bob.recipient} (bob)
They will be put into .sops.yaml:
    creation rule 1 (^prod/)
    creation rule 2 (^dev/)
They will be able to read:
${FILES.map((file) => `    ${file}\n`).join('')}`;

test('into every rule and file; values, other recipients and all else stay byte for byte', async () => {
  const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stderr).toBe(
    `${[...FILES, '.sops.yaml'].map((file) => `File ${file} written\n`).join('')}Granted. Commit .sops.yaml together with the files.\n`,
  );
  expect([ran.status, ran.stdout.toString()]).toEqual([0, PLAN]);
  expect(desk.text('.sops.yaml')).toBe(GRANTED);
  for (const file of FILES) {
    expect((await desk.as(bob, 'decrypt', file)).status, file).toBe(0);
    expect((await desk.as(alice, 'decrypt', file)).status, file).toBe(0);
  }
  // Line by line what was there is there: no key was wrapped anew, and no value.
  const lines = desk.text('prod/deep/app.yaml').split('\n');
  for (const line of sealed.get('prod/deep/app.yaml')?.split('\n') ?? []) expect(lines).toContain(line);
  const access = JSON.parse((await desk.as(null, 'who', '--json', '--can-read', 'bob')).stdout.toString());
  expect(access.files.map(({ file }: { file: string }) => file)).toEqual(FILES);
  await desk.expectAgreement();
});

test('again: nothing to do, nothing is written, no key is needed', async () => {
  await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
  const before = desk.texts();
  const ran = await desk.as(null, 'grant', 'bob', bob.recipient);
  expect(ran).toMatchObject({ status: 0, stderr: 'Nothing to do: all was so already.\n' });
  expect(desk.texts()).toEqual(before);
});

test('what was cut off is finished: files that have the recipient, and a rule without', async () => {
  await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
  desk.write({ '.sops.yaml': CONFIG, 'dev/.env': sealed.get('dev/.env') ?? '' });
  expect((await desk.as(null, 'check')).stdout.toString()).toContain('whom the rule does not name');
  const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stderr).toBe(
    'File dev/.env written\nFile .sops.yaml written\nGranted. Commit .sops.yaml together with the files.\n',
  );
  expect(desk.text('.sops.yaml')).toBe(GRANTED);
  await desk.expectAgreement();
});

test('modes stay, and a link is written where it leads', async () => {
  chmodSync(join(desk.folder, 'dev/.env'), 0o600);
  symlinkSync('dev/.env', join(desk.folder, '0.env'));
  const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stdout.toString()).toBe(PLAN);
  expect(statSync(join(desk.folder, 'dev/.env')).mode & 0o777).toBe(0o600);
});

describe('nothing is written', () => {
  test('by a dry run, which needs no key', async () => {
    const ran = await desk.as(null, 'grant', '--dry-run', 'bob', bob.recipient);
    expect(ran).toMatchObject({ status: 0, stderr: 'Nothing was changed (--dry-run).\n' });
    expect(ran.stdout.toString()).toBe(PLAN);
    expect(desk.texts()).toEqual(sealed);
  });

  test.each([
    ['n\n', 0, 'Nothing was changed.'],
    ['', 1, 'EOF'],
  ])('when the answer is %j', async (answer, status, message) => {
    const ran = await desk.inFolder('.', alice, ['grant', 'bob', bob.recipient], answer);
    expect(ran).toMatchObject({ status, stderr: expect.stringContaining(message) });
    expect(ran.stdout.toString()).toBe(`${PLAN}Is this okay? (y/n):`);
    expect(desk.texts()).toEqual(sealed);
  });

  test('when no file can be opened', async () => {
    const ran = await desk.as(carol, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran.status).toBe(128);
    expect(ran.stderr).toContain('4 of 4 files failed, with the exit status of each:\n  dev/.env (128)\n');
    expect(ran.stderr).toContain('These can: alice');
    expect(ran.stderr).toMatch(/No file could be opened, so nothing was written\.\n$/);
    expect(desk.texts()).toEqual(sealed);
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
    ['it is nothing known', () => ['bob', 'bob.pub'], '"bob.pub" is neither a recipient nor a URL nor a file'],
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
    const ran = await desk.as(alice, 'grant', ...yes, ...words());
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain(bob.identity);
    expect(desk.texts()).toEqual(sealed);
  });

  test('where there is no configuration', async () => {
    execFileSync('rm', [join(desk.folder, '.sops.yaml')]);
    const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no .sops.yaml') });
  });
});

describe('files that fail are listed, the rest goes on', () => {
  test('with who can open them, and the status of the first', async () => {
    desk.write({ 'prod/hers.yaml': 'a: 1\n', 'dev/broken.yaml': `${sealed.get('prod/deep/app.yaml')}\n  - [` });
    const key = ['--age', carol.recipient];
    await desk.as(carol, 'encrypt', '-i', ...key, 'prod/hers.yaml');
    const hers = desk.text('prod/hers.yaml');
    const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran.stderr).toMatch(
      /2 of 6 files failed, with the exit status of each:\n {2}dev\/broken\.yaml \(1\)\n {2}prod\/hers\.yaml \(128\)\nGranted in the other files\. Once these can be changed, the same command again does the rest\.\n/,
    );
    expect(ran.stderr).toContain(`These can: ${carol.recipient}`);
    expect(ran.status).toBe(1);
    expect(desk.text('prod/hers.yaml')).toBe(hers);
    expect(desk.text('.sops.yaml')).toBe(GRANTED);
    for (const file of FILES) expect(desk.text(file), file).toContain(bob.recipient);
  });

  test('one whose MAC does not fit, unless told otherwise', async () => {
    const tampered = (sealed.get('prod/z.json') ?? '').replace('"k":', '"k_":');
    desk.write({ 'prod/z.json': tampered });
    const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
    expect(ran.status).not.toBe(0);
    expect(desk.text('prod/z.json')).toBe(tampered);
    expect(desk.text('prod/deep/app.yaml')).toContain(bob.recipient);
  });
});

test('--json tells what was done, and what would be', async () => {
  const dry = JSON.parse((await desk.as(null, 'grant', '--dry-run', '--json', 'bob', bob.recipient)).stdout.toString());
  expect(dry).toMatchObject({
    version: 1,
    outcome: 'dry-run',
    name: 'bob',
    recipient: bob.recipient,
    fingerprint: null,
    configChanges: true,
  });
  expect(dry.files).toEqual(FILES.map((file) => ({ file, result: 'would-be-granted' })));
  desk.write({ 'prod/hers.yaml': 'a: 1\n' });
  await desk.as(carol, 'encrypt', '-i', '--age', carol.recipient, 'prod/hers.yaml');
  const ran = await desk.as(alice, 'grant', '--yes', '--json', 'bob', bob.recipient);
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
  await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
  desk.commit('Bob');
  expect((await desk.as(alice, 'revoke', '--yes', 'bob')).status).toBe(0);
  desk.commit('Bob leaves');
  const ran = await desk.as(alice, 'grant', '--dry-run', 'bob', bob.recipient);
  expect(ran.stderr).toContain(
    'warning: this recipient was taken out of .sops.yaml before; see when and why: git log -p -- .sops.yaml\n',
  );
  const namesake = await desk.as(alice, 'grant', '--dry-run', 'bob', carol.recipient);
  expect(namesake.stderr).toContain(`warning: bob stood for another key before: ${bob.recipient}`);
  expect((await desk.as(alice, 'grant', '--dry-run', 'carol', carol.recipient)).stderr).toBe(
    'Nothing was changed (--dry-run).\n',
  );
});

test('files that no rule is for are told, and stay', async () => {
  desk.write({ 'other.yaml': 'a: 1\n' });
  await desk.as(alice, 'encrypt', '-i', '--age', alice.recipient, '--config', '/dev/null', 'other.yaml');
  const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient);
  expect(ran.stderr).toContain('warning: no rule of .sops.yaml is for these, so they stay as they are: other.yaml\n');
  expect(desk.text('other.yaml')).not.toContain(bob.recipient);
});

test('a file that somebody writes meanwhile keeps that, too', async () => {
  writeFileSync(join(desk.folder, 'dev/many.yaml'), 'a: 1\n');
  await desk.as(alice, 'encrypt', '-i', 'dev/many.yaml');
  const [granted, ...sets] = await Promise.all([
    desk.as(alice, 'grant', '--yes', 'bob', bob.recipient),
    ...['b', 'c', 'd'].map((key) => desk.as(alice, 'set', 'dev/many.yaml', `["${key}"]`, '1')),
  ]);
  expect([granted?.status, ...sets.map(({ status }) => status)]).toEqual([0, 0, 0, 0]);
  expect((await desk.as(bob, 'decrypt', 'dev/many.yaml')).stdout.toString().split('\n').sort()).toEqual([
    '',
    'a: 1',
    'b: 1',
    'c: 1',
    'd: 1',
  ]);
});

test('among the keys of a file the recipient stands where the rule has it', async () => {
  desk.write({
    '.sops.yaml': `creation_rules:\n  - path_regex: ^any/\n    any_of:\n      - age: [${alice.recipient}]\n      - age: [${carol.recipient}]\n`,
    'any/x.yaml': 'a: 1\n',
  });
  expect((await desk.as(alice, 'encrypt', '-i', 'any/x.yaml')).status).toBe(0);
  const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient, '--paths', 'any');
  expect(ran.status, ran.stderr).toBe(0);
  expect((await desk.as(bob, 'decrypt', 'any/x.yaml')).stdout.toString()).toBe('a: 1\n');
  const checked = await desk.as(null, 'check', 'any');
  expect(checked.status, checked.stdout.toString()).toBe(0);
});
