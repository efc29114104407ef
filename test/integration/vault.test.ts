/** Vault transit against a real OpenBao, and with the real sops on the same server (BAO_BIN or `bao` on PATH; SOPS_BIN). */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BAO, Bao } from '../support/bao.js';
import { announceSkipped, runSops, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';

const PLAIN = '# why\nsecret: hello\nlist: [1, two]\n';
const CROSS = 6;
const TESTS = 21;
if (!BAO) announceSkipped(TESTS, 'there is no bao program');
else if (!SOPS) announceSkipped(CROSS, 'there is no sops program');

const folder = mkdtempSync(join(tmpdir(), 'vault-'));
let server: Bao | undefined;
let address = '';
const authority = join(folder, 'vault-ca.pem');

beforeAll(async () => {
  if (!BAO) return;
  server = await Bao.start(folder);
  address = server.url;
  const bao = (...args: string[]) => server?.run(...args);
  for (const path of ['transit', 'team/crypt']) bao('secrets', 'enable', `-path=${path}`, 'transit');
  for (const key of ['transit/keys/sops', 'transit/keys/other', 'team/crypt/keys/sops']) bao('write', '-f', key);
  bao('namespace', 'create', 'tenant');
  bao('secrets', 'enable', '-namespace=tenant', 'transit');
  bao('write', '-namespace=tenant', '-f', 'transit/keys/sops');
  writeFileSync(join(folder, 'decrypt.hcl'), 'path "transit/decrypt/sops" { capabilities = ["update"] }');
  bao('policy', 'write', 'decrypt', join(folder, 'decrypt.hcl'));
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const key = (path = 'transit/keys/sops') => `${address}/v1/${path}`;
const baseEnv = (): Record<string, string> => ({
  HOME: join(folder, 'home'),
  PATH: process.env.PATH ?? '',
  VAULT_TOKEN: 'root',
  VAULT_ADDR: address,
  VAULT_CACERT: authority,
  VAULT_MAX_RETRIES: '0',
});
const write = (name: string, text: string) => {
  mkdirSync(join(folder, 'work'), { recursive: true });
  writeFileSync(join(folder, 'work', name), text);
  return name;
};
const ours = (words: readonly string[], env: Record<string, string> = {}) =>
  run(words, { cwd: join(folder, 'work'), env: { ...baseEnv(), ...env } });
const theirs = (words: readonly string[], env: Record<string, string> = {}) =>
  runSops(words, join(folder, 'work'), { ...baseEnv(), ...env });
/** A file encrypted for a key by us. */
async function encrypted(uri = key(), env: Record<string, string> = {}): Promise<string> {
  const ran = await ours(['encrypt', '--hc-vault-transit', uri, write('plain.yaml', PLAIN)], env);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return write('encrypted.yaml', ran.stdout.toString());
}

describe.skipIf(!BAO)('with a real OpenBao', () => {
  test.each(['transit/keys/sops', 'team/crypt/keys/sops'])('%s encrypts and decrypts', async (path) => {
    const ran = await ours(['decrypt', await encrypted(key(path))]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout.toString()).toBe(PLAIN);
  });

  test('a key of a namespace', async () => {
    const env = { VAULT_NAMESPACE: 'tenant' };
    const file = await encrypted(key(), env);
    expect((await ours(['decrypt', file], env)).stdout.toString()).toBe(PLAIN);
    expect((await ours(['decrypt', file])).status).toBe(128);
  });

  test('the second key opens when the first does not', async () => {
    const file = await encrypted(`${key('transit/keys/other')},${key()}`);
    const token = server?.run('token', 'create', '-policy=decrypt', '-field=token') ?? '';
    const ran = await ours(['decrypt', file], { VAULT_TOKEN: token });
    expect(ran.stdout.toString()).toBe(PLAIN);
    const alone = await ours(['decrypt', await encrypted(key('transit/keys/other'))], { VAULT_TOKEN: token });
    expect(alone.status).toBe(128);
    expect(alone.stderr).toContain('Vault answered 403: 1 error occurred: * permission denied');
  });

  test('a key that does not exist, and no token', async () => {
    const words = ['encrypt', '--hc-vault-transit', key('nothing/keys/k'), write('plain.yaml', PLAIN)];
    expect(await ours(words)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Vault answered 404: no handler for route'),
    });
    expect(await ours(words, { VAULT_TOKEN: '' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Vault answered 403'),
    });
  });

  test('a damaged entry', async () => {
    const file = join(folder, 'work', await encrypted());
    writeFileSync(file, readFileSync(file, 'utf8').replace(/vault:v1:.{8}/, 'vault:v1:AAAAAAAA'));
    const ran = await ours(['decrypt', file]);
    expect(ran).toMatchObject({
      status: 128,
      stderr: expect.stringContaining('Vault answered 400: cipher: message authentication failed'),
    });
  });
});

describe.skipIf(!BAO)('checks the server', () => {
  test.each<[string, () => Record<string, string>]>([
    ['a file', () => ({ VAULT_CACERT: authority })],
    ['a variable', () => ({ VAULT_CACERT: '', VAULT_CACERT_BYTES: readFileSync(authority, 'utf8') })],
    ['the usual variable', () => ({ VAULT_CACERT: '', SSL_CERT_FILE: authority })],
    ['nothing, if wanted', () => ({ VAULT_CACERT: '', VAULT_SKIP_VERIFY: '1' })],
  ])('against certificates of %s', async (_, env) => {
    expect((await ours(['decrypt', await encrypted()], env())).stdout.toString()).toBe(PLAIN);
  });

  test('and its name', async () => {
    const ran = await ours(['decrypt', await encrypted()], { VAULT_TLS_SERVER_NAME: 'vault.invalid' });
    expect(ran).toMatchObject({ status: 128, stderr: expect.stringContaining('does not match certificate') });
  });

  test('and sends nothing to one that it does not know', async () => {
    const ran = await ours(['decrypt', '--verbose', await encrypted()], { VAULT_CACERT: '' });
    expect(ran).toMatchObject({
      status: 128,
      stderr: expect.stringMatching(/unable to .*certificate|self-signed certificate/),
    });
  });
});

describe.skipIf(!BAO)('sends the token to no address that only the file names', () => {
  test('without VAULT_ADDR', async () => {
    const ran = await ours(['decrypt', '--verbose', await encrypted()], { VAULT_ADDR: '' });
    expect(ran.status).toBe(128);
    expect(ran.stderr.replaceAll(/\s*\n\s*\| /g, ' ')).toContain(
      `the Vault address ${address} is named by the file only`,
    );
  });

  test('but with a trusted .sops.yaml naming a key there, be it another one', async () => {
    const file = await encrypted();
    const config = write(
      'vault.sops.yaml',
      `creation_rules:\n  - path_regex: x\n    key_groups:\n      - hc_vault: ["${key('transit/keys/other')}"]\n`,
    );
    const env = { VAULT_ADDR: '', XDG_CONFIG_HOME: join(folder, 'settings') };
    expect((await ours(['decrypt', '--config', config, file], env)).status).toBe(128);
    expect((await ours(['trust', '--config', config], env)).status).toBe(0);
    const ran = await ours(['decrypt', '--config', config, file], env);
    expect(ran.stdout.toString()).toBe(PLAIN);
  });

  test('or the allow list', async () => {
    const env = { VAULT_ADDR: '', SOPS_HC_VAULT_ALLOWLIST: 'all' };
    expect((await ours(['decrypt', await encrypted()], env)).stdout.toString()).toBe(PLAIN);
  });
});

describe.skipIf(!BAO || !SOPS)('OpenBao and the real sops', () => {
  test.each(['transit/keys/sops', 'team/crypt/keys/sops'])('%s: sops opens ours', async (path) => {
    expect(theirs(['decrypt', '--extract', '["secret"]', await encrypted(key(path))])).toBe('hello');
  });

  test.each(['transit/keys/sops', 'team/crypt/keys/sops'])('%s: we open theirs', async (path) => {
    const file = write('theirs.yaml', theirs(['encrypt', '--hc-vault-transit', key(path), write('plain.yaml', PLAIN)]));
    const ran = await ours(['decrypt', file]);
    expect(ran.status).toBe(0);
    expect(ran.stdout.toString()).toBe(theirs(['decrypt', file]));
  });

  test('with a namespace', async () => {
    const env = { VAULT_NAMESPACE: 'tenant' };
    expect(theirs(['decrypt', '--extract', '["secret"]', await encrypted(key(), env)], env)).toBe('hello');
  });

  test('key_groups of one configuration mean the same', async () => {
    const groups = ['transit/keys/sops', 'team/crypt/keys/sops'].map((path) => `      - hc_vault: ["${key(path)}"]\n`);
    const config = write('groups.sops.yaml', `creation_rules:\n  - key_groups:\n${groups.join('')}`);
    const words = ['--config', config, 'encrypt', write('plain.yaml', PLAIN)];
    const file = write('ours.yaml', (await ours(words)).stdout.toString());
    expect(theirs(['decrypt', '--extract', '["secret"]', file])).toBe('hello');
    expect((await ours(['decrypt', write('theirs.yaml', theirs(words))])).status).toBe(0);
  });
});
