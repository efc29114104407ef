/** `grant` for some files, for one of several key groups, and of SSH keys. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { alice, bob, CONFIG, carol, GRANTED, GrantDesk } from '../../support/grant-desk.js';
import { run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const SSH = readFileSync(new URL('../../../fixtures/keys/identities/ssh-ed25519.pub', import.meta.url), 'utf8').trim();
const SSH_KEY = new URL('../../../fixtures/keys/identities/ssh-ed25519', import.meta.url).pathname;

let desk: GrantDesk;
let sealed: Map<string, string>;
beforeEach(async () => {
  desk = await GrantDesk.open();
  sealed = desk.texts();
});
afterEach(() => desk.remove());

describe('--paths', () => {
  test('a rule for them alone', async () => {
    const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient, '--paths', 'dev');
    expect(ran.stderr).toContain('Granted.');
    expect(desk.text('.sops.yaml')).toBe(
      CONFIG.replace('# Alice\n', `# Alice\n  - &bob ${bob.recipient}\n`).replace(
        `age: ${alice.recipient}\n`,
        `age: ${alice.recipient},${bob.recipient}\n`,
      ),
    );
    expect(desk.text('prod/z.json')).toBe(sealed.get('prod/z.json'));
    await desk.expectAgreement();
  });

  test('several, one by one or as a shell writes a pattern', async () => {
    const ran = await desk.as(alice, 'grant', '--dry-run', 'bob', bob.recipient, '--paths', 'dev/.env', 'dev/blob.bin');
    expect(ran.stdout.toString()).toMatch(/read:\n {4}dev\/\.env\n {4}dev\/blob\.bin\n$/);
  });

  test('a rule that is for others as well is refused, with the rule that would do', async () => {
    const ran = await desk.as(alice, 'grant', '--yes', 'bob', bob.recipient, '--paths', 'prod/deep');
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('creation rule 1 of .sops.yaml is for these as well');
    expect(ran.stderr).toContain('prod/z.json');
    expect(ran.stderr).toContain(String.raw`path_regex: ^prod/deep/app\.yaml$`);
    expect(desk.texts()).toEqual(sealed);
  });

  test('from a folder below, and one configuration nearer to some files', async () => {
    mkdirSync(join(desk.folder, 'dev/own'));
    desk.write({ 'dev/own/x.yaml': 'a: 1\n' });
    await desk.as(alice, 'encrypt', '-i', 'dev/own/x.yaml');
    desk.write({ 'dev/own/.sops.yaml': `creation_rules:\n  - age: ${alice.recipient}\n` });
    const ran = await desk.inFolder('prod', alice, ['grant', '--yes', 'bob', bob.recipient]);
    expect(ran.stderr).toContain('warning: ../dev/own/.sops.yaml is nearer to the files there');
    expect(ran.stderr).toContain('File ../dev/.env written\n');
    expect(desk.text('dev/own/x.yaml')).not.toContain(bob.recipient);
    expect(desk.text('.sops.yaml')).toBe(GRANTED);
    expect(await desk.as(null, 'check')).toMatchObject({ status: 0 });
  });
});

describe('key groups', () => {
  const shared = (second: string): string =>
    CONFIG.replace(
      '          - *alice   # she\n',
      `          - *alice   # she\n      - age:\n          - ${carol.recipient}\n${second}`,
    );

  test('which of several is asked for, and the file has the recipient in that one', async () => {
    desk.write({ '.sops.yaml': shared(''), 'prod/shared.yaml': 'a: 1\n' });
    await desk.as(alice, 'updatekeys', '--yes', 'prod');
    await desk.as(alice, 'encrypt', '-i', 'prod/shared.yaml');
    const both = { identity: `${alice.identity}\n${carol.identity}` };
    const unclear = await desk.as(both, 'grant', '--yes', 'bob', bob.recipient);
    expect(unclear.status).toBe(1);
    expect(unclear.stderr).toMatch(
      /creation rule 1 of \.sops\.yaml has 2 key groups, of which 2 are needed.*\n.*--group 1 to --group 2/,
    );
    const ran = await desk.as(both, 'grant', '--yes', 'bob', bob.recipient, '--group', '2');
    expect(ran.stdout.toString()).toContain('creation rule 1 (^prod/), key group 2 of 2\n');
    expect(ran.status).toBe(0);
    expect(desk.text('.sops.yaml')).toContain(`- ${carol.recipient}\n          - *bob\n`);
    const withAlice = { identity: `${alice.identity}\n${bob.identity}` };
    expect((await desk.as(withAlice, 'decrypt', 'prod/shared.yaml')).stdout.toString()).toBe('a: 1\n');
    expect((await desk.as(bob, 'decrypt', 'prod/shared.yaml')).status).toBe(128);
    expect(await desk.as(null, 'updatekeys', '--check', 'prod', 'dev')).toMatchObject({ status: 0 });
  });

  test('a file that has other groups than its rule is listed', async () => {
    desk.write({ '.sops.yaml': shared('') });
    const ran = await desk.as(alice, 'grant', '--yes', '--group', '1', 'bob', bob.recipient);
    expect(ran.stderr).toContain('it has 1 key group(s), and creation rule 1 of .sops.yaml has 2');
    expect(ran.status).toBe(1);
    expect(desk.text('dev/.env')).toContain(bob.recipient);
  });
});

describe('SSH keys', () => {
  const FINGERPRINT =
    execFileSync('ssh-keygen', ['-lf', `${SSH_KEY}.pub`])
      .toString()
      .split(' ')[1] ?? '';

  test('by text, with the remark that a file has; the fingerprint is shown', async () => {
    const ran = await desk.as(alice, 'grant', '--yes', 'carol', `${SSH.split(' ').slice(0, 2).join(' ')} carol@laptop`);
    expect(ran.stdout.toString()).toContain(` carol@laptop (carol)\n    ${FINGERPRINT}\n`);
    expect(desk.text('.sops.yaml')).toContain('  - &carol ssh-ed25519 ');
    expect(desk.text('prod/z.json')).toContain('carol@laptop');
    await desk.expectAgreement();
    const env = { ...desk.env, SOPS_AGE_SSH_PRIVATE_KEY_FILE: SSH_KEY };
    expect((await run(['decrypt', 'prod/z.json'], { cwd: desk.folder, env })).stdout.toString()).toBe(
      '{"k": "hunter2"}\n',
    );
  });

  test('by file; a remark that lists would split is left out', async () => {
    desk.write({ 'carol.pub': `# hers\n${SSH.split(' ').slice(0, 2).join(' ')} carol, at home\n` });
    const ran = await desk.as(alice, 'grant', '--yes', 'carol', 'carol.pub');
    expect(ran.stdout.toString()).toContain(`    ${FINGERPRINT}\n    carol, at home\n    from carol.pub\n`);
    expect(desk.text('.sops.yaml')).not.toContain('at home');
    await desk.expectAgreement();
  });

  test('several: listed, asked for, or chosen by fingerprint; those that age has no use for told', async () => {
    const other = readFileSync(new URL('../../../fixtures/keys/identities/ssh-rsa.pub', import.meta.url), 'utf8');
    const ecdsa = readFileSync(new URL('../../../fixtures/keys/identities/ssh-ecdsa.pub', import.meta.url), 'utf8');
    desk.write({ keys: `${ecdsa}${other}${SSH}\n` });
    const unclear = await desk.as(alice, 'grant', '--yes', 'carol', 'keys');
    expect(unclear.status).toBe(1);
    expect(unclear.stderr).toMatch(
      /keys has 2 keys.*\n.*ssh-rsa SHA256:\S+.*; ssh-ed25519 SHA256:.*\n.*--fingerprint SHA256:/,
    );
    expect(desk.texts()).toEqual(sealed);
    const asked = await desk.inFolder('.', alice, ['grant', 'carol', 'keys'], '3\n2\nn\n');
    expect(asked.stdout.toString()).toMatch(
      /^1 {2}ssh-rsa SHA256:.*\n2 {2}ssh-ed25519 SHA256:.*\nWhich key is meant\? \(1-2\):Which key is meant\? \(1-2\):This recipient/,
    );
    expect(asked.stdout.toString()).toContain(`+++ ssh-ed25519 `);
    const chosen = await desk.as(alice, 'grant', '--yes', '--fingerprint', FINGERPRINT, 'carol', 'keys');
    expect(chosen.status).toBe(0);
    expect(desk.text('.sops.yaml')).toContain('  - &carol ssh-ed25519 ');
    desk.write({ keys: ecdsa });
    const useless = await desk.as(alice, 'grant', '--yes', 'dave', 'keys');
    expect(useless.stderr).toMatch(/no key of keys can be used\n.*age has no use for ecdsa-sha2-nistp256/);
  });
});
