/**
 * What the real ansible-vault, git-crypt, dotenvx and kubeseal wrote, imported, and read by the real sops: it is what these programs were
 * given, or say themselves.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { announceSkipped, findTool, runSops, SOPS } from '../support/programs.js';
import { TestRepository } from '../support/repository.js';
import { type Ran, run } from '../support/run.js';
import { sealedPath } from '../support/sealed.js';

const ANSIBLE = findTool('ansible-vault', 'ANSIBLE_VAULT_BIN', ['--version']);
const GIT_CRYPT = findTool('git-crypt', 'GIT_CRYPT_BIN', ['--version']);
const DOTENVX = findTool('dotenvx', 'DOTENVX_BIN', ['--version']);
const KUBESEAL = findTool('kubeseal', 'KUBESEAL_BIN', ['--version']);
const GPG = findTool('gpg', 'GPG_BIN', ['--version']);

const desk = new Desk();
afterEach(() => desk.clear());
afterAll(() => desk.remove());

/** In the form in which sops prints it, so that texts can be compared. */
const YAML =
  '# head\na: 1\nlist:\n    - x\n    - "123"\n# between\ndeep:\n    password: hunter2\n    lines: |\n        one\n        two\n';

/** What sops, or sops-ts where it is not installed, makes of a target. */
async function plaintextOf(target: string, folder = desk.folder): Promise<string> {
  const env = { HOME: desk.env.HOME ?? '', SOPS_AGE_KEY: desk.identity };
  if (SOPS) return runSops(['decrypt', target], folder, env);
  return (await run(['decrypt', target], { cwd: folder, env: { ...desk.env } })).stdout.toString();
}

interface Started {
  readonly folder?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function start(
  program: string,
  words: readonly string[],
  { folder = desk.folder, input = '', env = {} }: Started = {},
): string {
  mkdirSync(desk.env.HOME ?? '', { recursive: true });
  return execFileSync(program, words, {
    cwd: folder,
    input,
    env: { PATH: process.env.PATH, HOME: desk.env.HOME, LC_ALL: 'C.UTF-8', ...env },
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

if (!ANSIBLE) announceSkipped(4, 'ansible-vault is not installed');
describe.runIf(ANSIBLE)('ansible-vault', () => {
  const vault = (words: readonly string[], input = ''): string => start(ANSIBLE ?? '', words, { input });

  function imports(...words: string[]): Promise<Ran> {
    return desk.run(['import', 'ansible-vault', '--vault-id', 'dev@one', '--vault-password-file', 'two', ...words]);
  }

  function writePasswords(): void {
    desk.write('one', 'first pass\n');
    desk.write('two', 'zweites ß');
  }

  test.each([
    ['1.1', ['--vault-password-file', 'two']],
    ['1.2', ['--vault-id', 'dev@one', '--encrypt-vault-id', 'dev']],
  ])('a whole file, version %s', async (version, words) => {
    writePasswords();
    desk.write('v.yml', YAML);
    vault(['encrypt', ...words, 'v.yml']);
    expect(desk.text('v.yml')).toContain(`$ANSIBLE_VAULT;${version};AES256`);
    expect(await imports('v.yml')).toMatchObject({ status: 0, stderr: '' });
    expect(await plaintextOf('v.sops.yml')).toBe(YAML);
    expect(vault(['view', ...words.slice(0, 2), 'v.yml'])).toBe(YAML);
  });

  test('any bytes', async () => {
    writePasswords();
    const bytes = Buffer.from([0, 1, 255, 10, 13, 10]);
    desk.write('id', bytes);
    vault(['encrypt', '--vault-password-file', 'two', 'id']);
    expect(await imports('id')).toMatchObject({ status: 0 });
    expect((await desk.run(['decrypt', 'id.sops'])).stdout).toEqual(bytes);
  });

  test('values in YAML, under two passwords', async () => {
    writePasswords();
    const one = vault(
      ['encrypt_string', '--vault-id', 'dev@one', '--encrypt-vault-id', 'dev', '--stdin-name', 'a'],
      '123',
    );
    const two = vault(['encrypt_string', '--vault-password-file', 'two', '--stdin-name', 'b'], 'x\ny\n');
    desk.write('v.yml', `# head\n${one.trimEnd()}\n# between\n${two.trimEnd()}\nc: plain\n`);
    expect(await imports('v.yml')).toMatchObject({ status: 0, stderr: '' });
    expect((await desk.run(['decrypt', 'v.sops.yml'])).stdout.toString()).toBe(
      '# head\na: "123"\n# between\nb: |\n          x\n          y\nc: plain\n',
    );
    expect(await plaintextOf('v.sops.yml')).toMatch(/^# head\na: "123"\n# between\nb: \|\n +x\n +y\nc: plain\n$/);
  });
});

if (!GIT_CRYPT) announceSkipped(3, 'git-crypt is not installed');
describe.runIf(GIT_CRYPT)('git-crypt', () => {
  let repository: TestRepository;
  let gnupg: string;
  beforeAll(() => {
    repository = new TestRepository();
    gnupg = mkdtempSync(join(tmpdir(), 'gpg-'));
  });
  afterAll(() => {
    repository.remove();
    if (GPG) execFileSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: gnupg } });
    rmSync(gnupg, { recursive: true, force: true });
  });

  const crypt = (...words: string[]): string =>
    start(GIT_CRYPT ?? '', words, { folder: repository.folder, env: environment() });
  const environment = (): Record<string, string> => ({
    ...(repository.env as Record<string, string>),
    GNUPGHOME: gnupg,
  });

  function imports(folder: string, ...words: string[]): Promise<Ran> {
    const env = { ...environment(), SOPS_AGE_RECIPIENTS: desk.recipient };
    return run(['import', 'git-crypt', '--output-dir', folder, ...words], { cwd: repository.folder, env });
  }

  async function expectAll(folder: string): Promise<void> {
    expect(await plaintextOf(`${folder}/a.enc.key`, repository.folder)).toBe('secret');
    expect(await plaintextOf(`${folder}/empty.enc.key`, repository.folder)).toBe('');
    expect(await plaintextOf(`${folder}/team/x.enc.yaml`, repository.folder)).toBe(YAML);
  }

  test('unlocked, with two keys', async () => {
    crypt('init');
    crypt('init', '-k', 'team');
    repository.write({
      '.gitattributes': '*.key filter=git-crypt diff=git-crypt\n/team/** filter=git-crypt-team diff=git-crypt-team\n',
      'a.key': 'secret',
      'empty.key': '',
      'team/x.yaml': YAML,
    });
    repository.commit();
    expect(repository.git('show', 'HEAD:a.key')).toContain('GITCRYPT');
    const ran = await imports('unlocked', '.');
    expect(ran.status, ran.stderr).toBe(0);
    await expectAll('unlocked');
  });

  test('locked, with exported keys', async () => {
    crypt('export-key', '../one.key');
    crypt('export-key', '-k', 'team', '../two.key');
    crypt('lock', '--all');
    try {
      expect((await imports('none', 'a.key', 'empty.key', 'team')).stderr).toContain(
        'no key default of git-crypt is here',
      );
      const ran = await imports('exported', '--key-file', '../one.key,../two.key', 'a.key', 'empty.key', 'team');
      expect(ran.status, ran.stderr).toBe(0);
      await expectAll('exported');
    } finally {
      crypt('unlock', '../one.key', '../two.key');
      for (const name of ['one.key', 'two.key']) rmSync(join(repository.folder, '..', name));
    }
  });

  test.runIf(GPG)('locked, with keys that are wrapped for PGP', async () => {
    const gpg = ['--batch', '--passphrase', '', '--quick-gen-key', 'one@example.org', 'default', 'default', 'never'];
    start(GPG ?? 'gpg', gpg, { env: environment() });
    crypt('add-gpg-user', '--trusted', 'one@example.org');
    crypt('add-gpg-user', '--trusted', '-k', 'team', 'one@example.org');
    crypt('lock', '--all');
    const ran = await imports('wrapped', 'a.key', 'empty.key', 'team');
    expect(ran.status, ran.stderr).toBe(0);
    await expectAll('wrapped');
    const other = mkdtempSync(join(tmpdir(), 'gpg-'));
    const env = { ...environment(), GNUPGHOME: other, SOPS_AGE_RECIPIENTS: desk.recipient };
    const refused = await run(['import', 'git-crypt', 'a.key'], { cwd: repository.folder, env });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('has no secret key');
    execFileSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: other } });
    rmSync(other, { recursive: true, force: true });
  });
});

if (!DOTENVX) announceSkipped(1, 'dotenvx is not installed');
describe.runIf(DOTENVX)('dotenvx', () => {
  test('values are those that dotenvx reads', async () => {
    desk.write('.env', 'A=one\nB="two words"\nC=\nD="x\\ny"\n# c\nE=\'$HOME\'\n');
    start(DOTENVX ?? '', ['encrypt', '-f', '.env']);
    expect(desk.text('.env')).toContain('encrypted:');
    expect(await desk.run(['import', 'dotenvx', '.env', '--output', 'o.json'])).toMatchObject({ status: 0 });
    const all = JSON.parse(start(DOTENVX ?? '', ['get', '-f', '.env', '--all', '--overload'])) as object;
    const values = Object.fromEntries(Object.entries(all).filter(([name]) => /^[A-E]$/.test(name)));
    expect(values).toEqual({ A: 'one', B: 'two words', C: '', D: 'x\ny', E: '$HOME' });
    expect(JSON.parse(await plaintextOf('o.json'))).toEqual(values);
  });
});

if (!KUBESEAL) announceSkipped(1, 'kubeseal is not installed');
describe.runIf(KUBESEAL)('kubeseal', () => {
  test('a Secret comes out as it went in', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db', namespace: 'prod' },
      data: { password: 'aHVudGVyMg==' },
    };
    const seal = ['--cert', sealedPath('keys/a.cert.pem'), '--format', 'yaml'];
    desk.write('db.sealed.yaml', start(KUBESEAL ?? '', seal, { input: JSON.stringify(secret) }));
    const words = ['--private-key', sealedPath('keys/a.key.pem'), '--encrypted-regex', '^data$', 'db.sealed.yaml'];
    expect(await desk.run(['import', 'sealed-secret', ...words])).toMatchObject({ status: 0, stderr: '' });
    expect(await plaintextOf('db.enc.yaml')).toContain('password: aHVudGVyMg==\n');
  });
});
