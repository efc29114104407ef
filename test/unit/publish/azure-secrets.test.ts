/** Publishing to Azure Key Vault: layouts, versions that are the same, versions of others, and what is left over. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { KeyVaultSecrets } from '../../support/key-vault-secrets.js';
import { Publishing } from '../../support/publishing.js';
import type { Ran } from '../../support/run.js';
import { withoutNotes } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { addAz, CERTIFICATE, TOKEN } from '../keys/azure-service.js';
import { ProgramFolder } from '../keys/programs.js';

const test = sampledTest(6);

const programs = new ProgramFolder();
let publishing: Publishing;
let vault: KeyVaultSecrets;
beforeAll(() => {
  addAz(programs);
  // The SDK looks at the process's own environment.
  vi.stubEnv('PATH', `${programs.path}:${process.env.PATH}`);
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
});
afterAll(() => {
  vi.unstubAllEnvs();
  programs.remove();
});
beforeEach(async () => {
  publishing = await Publishing.start();
  vault = await KeyVaultSecrets.start();
});
afterEach(async () => {
  await vault.http.close();
  await publishing.close();
});

const publish = (words: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  publishing.publish(words, {
    env: { SSL_CERT_FILE: CERTIFICATE, SOPS_AZURE_KEYVAULT_ALLOWLIST: vault.http.url, ...env },
  });
const rule = (more = '', below = '') =>
  publishing.rules(`  - azure_keyvault: ${vault.http.url}${below}\n${more && `    ${more}\n`}`);

describe('one secret of JSON', () => {
  test('is made under the name of the file, with marks, and not written again', async () => {
    rule();
    await publishing.seal('team_app.yaml', 'a: x\n');
    expect(await publish(['--yes', 'team_app.yaml'])).toMatchObject({ status: 0 });
    expect(vault.secrets.get('team-app-yaml')).toMatchObject([
      {
        value: '{"a":"x"}',
        contentType: 'application/json',
        tags: { 'managed-by': 'sops-ts', 'sops-ts-base': 'team-app-yaml' },
      },
    ]);
    expect(withoutNotes(await publish(['--yes', 'team_app.yaml']))).toBe('1 file already up to date.\n');
    expect(vault.writings).toEqual(['PUT /secrets/team-app-yaml']);
  });

  test('of somebody keeps tags and type', async () => {
    rule('', '/secrets/own');
    vault.put('own', '{"a":"old"}', { team: 'red' }, 'text/x');
    await publishing.seal('app.yaml', 'a: x\n');
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ status: 0 });
    expect(vault.secrets.get('own')?.at(-1)).toMatchObject({
      value: '{"a":"x"}',
      tags: { team: 'red' },
      contentType: 'text/x',
    });
  });
});

describe('a secret for each key', () => {
  beforeEach(async () => {
    rule('layout: per_key', '/secrets/app');
    await publishing.seal('app.yaml', 'DB_PASS: x\ndb.user: y\nC: z\n');
    await publish(['--yes', 'app.yaml']);
  });

  test('has a name that the vault takes, and the key in a tag', () => {
    expect([...vault.secrets.keys()].toSorted()).toEqual(['app-C', 'app-DB-PASS', 'app-db-user']);
    expect(vault.secrets.get('app-DB-PASS')?.[0]?.tags).toMatchObject({ 'sops-ts-key': 'DB_PASS' });
  });

  test('is written alone where it changed, and what is left over goes', async () => {
    vault.put('app-hand', 'made by hand');
    await publishing.seal('app.yaml', 'DB_PASS: new\n');
    expect(await publish(['--yes', '--prune', 'app.yaml'])).toMatchObject({ status: 0 });
    expect(vault.writings.slice(3).toSorted()).toEqual([
      'DELETE /secrets/app-C',
      'DELETE /secrets/app-db-user',
      'PUT /secrets/app-DB-PASS',
    ]);
    expect(vault.values('app-hand')).toEqual(['made by hand']);
  });

  test('that was deleted is not brought back without a word', async () => {
    await publishing.seal('app.yaml', 'DB_PASS: x\n');
    await publish(['--yes', '--prune', 'app.yaml']);
    await publishing.seal('app.yaml', 'DB_PASS: x\nC: z\n');
    const ran = await publish(['--yes', 'app.yaml']);
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('1 of 2 secrets are up to date')]);
    expect(ran.stderr).toContain('az keyvault secret recover');
    expect(ran.stderr).not.toContain(TOKEN);
  });

  test('cannot have the name of another', async () => {
    await publishing.seal('app.yaml', 'a_b: x\na-b: y\n');
    const ran = await publish(['--yes', 'app.yaml']);
    expect([ran.status === 0, ran.stderr]).toEqual([
      false,
      expect.stringContaining('two keys would have the name app-a-b'),
    ]);
  });
});

test('who writes in between is told of', async () => {
  rule('', '/secrets/own');
  for (const value of ['1', '2', '3']) vault.put('own', value);
  vault.before = ({ method }) => {
    if (method === 'PUT') vault.put('own', 'theirs');
    return undefined;
  };
  await publishing.seal('app.yaml', 'a: x\n');
  const ran = await publish(['--yes', 'app.yaml']);
  expect([ran.status, ran.stderr]).toEqual([
    1,
    expect.stringContaining(`the version ${'4'.padStart(32, '0')} just before`),
  ]);
});

test.each([
  ['https://vault.example', 'the Azure Key Vault https://vault.example to publish to'],
  ['http://vault.example', 'azure_keyvault names no place'],
  ['https://vault.example/keys/k', 'azure_keyvault names no place'],
  ['https://me:pw@vault.example', 'azure_keyvault names no place'],
])('a configuration that is not trusted sends nothing to %s', async (target, words) => {
  publishing.rules(`  - azure_keyvault: ${target}\n`);
  await publishing.seal('app.yaml', 'a: x\n');
  const ran = await publish(['--yes', 'app.yaml']);
  expect([ran.status === 0, ran.stderr]).toEqual([false, expect.stringContaining(words)]);
});
