/** Where `grant` gets public keys from: servers, and files of PGP keys with the real gpg (skipped where there is none). */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { findTool } from '../../support/programs.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { CERTIFICATE, TLS } from '../keys/azure-service.js';
import { HttpService, type Reply } from '../keys/http-service.js';
import { GnupgHome, secretKey } from '../keys/pgp-rings.js';

const test = sampledTest(3);

const SSH = readFileSync(new URL('../../../fixtures/keys/identities/ssh-ed25519.pub', import.meta.url), 'utf8').trim();
const BARE = SSH.split(' ').slice(0, 2).join(' ');

let desk: Desk;
let plain: Buffer;
beforeEach(async () => {
  desk = new Desk();
  plain = await desk.encrypt('p.yaml', 'a: 1\n');
  desk.write('p.yaml', plain);
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
});
afterEach(() => desk.remove());

describe('an address', () => {
  let service: HttpService;
  let reply: Reply;
  beforeEach(async () => {
    reply = { body: `${BARE}\n` };
    service = await HttpService.start(() => reply, TLS);
  });
  afterEach(() => service.close());

  const grant = (...words: string[]): Promise<Ran> =>
    desk.run(['grant', '--yes', 'carol', ...words], { env: { SSL_CERT_FILE: CERTIFICATE } });

  test('whose one key is taken, with its fingerprint and where it is from', async () => {
    const ran = await grant(`${service.url}/carol.keys?x=1`);
    expect(ran.stderr).toContain('Granted.');
    expect(ran.stdout.toString()).toMatch(/\n {4}SHA256:\S{43}\n {4}from https:\/\/127\.0\.0\.1:\d+\/carol\.keys\n/);
    expect(service.received).toEqual([expect.objectContaining({ method: 'GET', path: '/carol.keys?x=1', body: '' })]);
    expect(Object.keys(service.received[0]?.headers ?? {})).not.toContain('authorization');
    expect(desk.text('.sops.yaml')).toContain(`- &carol ${BARE}\n`);
    expect(desk.text('p.yaml')).toContain(BARE);
  });

  test('whose question is answered before anything is taken', async () => {
    const words = ['grant', 'carol', `${service.url}/carol.keys`];
    const ran = await desk.run(words, { env: { SSL_CERT_FILE: CERTIFICATE }, stdin: 'n\n' });
    expect(ran.stdout.toString()).toMatch(/SHA256:[\s\S]*Is this okay\? \(y\/n\):$/);
    expect(ran).toMatchObject({ status: 0, stderr: 'Nothing was changed.\n' });
    expect(desk.text('.sops.yaml')).not.toContain('carol');
  });

  test.each([
    [
      'a redirection',
      { status: 302, headers: { Location: 'https://elsewhere.example/k' }, body: '' },
      'leads elsewhere, which is not followed: https://elsewhere.example/k',
    ],
    ['nobody of that name', { status: 404, body: 'Not Found' }, 'answers with status 404'],
    ['no keys', { body: '' }, 'holds no public key'],
    ['a page', { body: '<html>' }, 'holds no public key'],
    ['too much', { body: `${BARE}\n`.repeat(20_000) }, 'the answer is too long'],
    ['a private key', { body: '-----BEGIN OPENSSH PRIVATE KEY-----\n' }, 'is a private key, or holds one'],
    ['several keys', { body: `${BARE}\nage1${'q'.repeat(58)}\n` }, 'has 2 keys, and one is granted at a time'],
  ] as const)('that answers with %s', async (_, answer, message) => {
    reply = answer;
    const ran = await grant(`${service.url}/carol.keys`);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
    expect(desk.read('p.yaml')).toEqual(plain);
    expect(desk.text('.sops.yaml')).not.toContain('carol');
  });

  test('of a server that nobody knows', async () => {
    const ran = await desk.run(['grant', '--yes', 'carol', `${service.url}/carol.keys`]);
    expect(ran.status).toBe(1);
    expect(service.received).toEqual([]);
  });
});

const GPG = findTool('gpg', 'GPG_BIN', ['--version']);

describe.skipIf(!GPG)('a PGP key', () => {
  const FINGERPRINT = '2C851F83570ED80E15EA329DA0BB3225B77A1DA4';
  let home: GnupgHome;
  beforeEach(async () => {
    home = new GnupgHome();
    writeFileSync(join(desk.folder, 'bob.asc'), (await secretKey('pgp-rsa.asc')).toPublic().armor());
  });
  afterEach(() => {
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: home.path } });
    home.remove();
  });
  const grant = (...words: string[]): Promise<Ran> => desk.run(['grant', ...words], { env: { GNUPGHOME: home.path } });

  test('in a file is taken into the keyring once that is agreed to, and into rules and files', async () => {
    const dry = await grant('--dry-run', 'bob', 'bob.asc');
    expect(dry.stdout.toString()).toMatch(
      new RegExp(`${FINGERPRINT} \\(bob\\)\\n.*\\n {4}from bob\\.asc\\n {4}to be taken into the keyring`),
    );
    const listed = (): number | null =>
      spawnSync('gpg', ['--batch', '--list-keys', FINGERPRINT], { env: { ...process.env, GNUPGHOME: home.path } })
        .status;
    expect(listed()).not.toBe(0);
    const ran = await grant('--yes', 'bob', 'bob.asc');
    expect(ran.stderr).toContain('Granted.');
    expect(listed()).toBe(0);
    expect(desk.text('.sops.yaml')).toContain(`- &bob ${FINGERPRINT}\n`);
    expect(desk.text('.sops.yaml')).toContain(`\n    pgp: *bob\n`);
    expect(desk.text('p.yaml')).toContain(`fp: ${FINGERPRINT}\n`);
    const again = await grant('bob', FINGERPRINT.toLowerCase().replace(/(.{4})/g, '$1 '));
    expect(again).toMatchObject({ status: 0, stderr: 'Nothing to do: all was so already.\n' });
    expect((await desk.run(['check'])).status).toBe(0);
  });

  test('that gpg has is granted by its fingerprint; one that it has not is refused', async () => {
    const refused = await grant('--yes', 'bob', FINGERPRINT);
    expect(refused.stderr).toMatch(new RegExp(`nothing can be encrypted for ${FINGERPRINT}: [\\s\\S]*import it`));
    expect(desk.text('.sops.yaml')).not.toContain('bob');
    execFileSync('gpg', ['--batch', '--quiet', '--import', join(desk.folder, 'bob.asc')], {
      env: { ...process.env, GNUPGHOME: home.path },
      stdio: 'ignore',
    });
    expect((await grant('--yes', 'bob', FINGERPRINT)).stderr).toContain('Granted.');
  });

  test('that is private is refused', async () => {
    writeFileSync(join(desk.folder, 'bob.asc'), (await secretKey('pgp-rsa.asc')).armor());
    expect((await grant('--yes', 'bob', 'bob.asc')).stderr).toContain('bob.asc is a private key, or holds one');
  });
});
