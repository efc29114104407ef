/** Azure Key Vault with the real sops on the same stand-in (SOPS_BIN or PATH), and with the built program as users run it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkipped, runSopsAsync, SOPS } from '../support/programs.js';
import { AzureService, addAz, CERTIFICATE, TENANT, TOKEN, VERSION } from '../unit/keys/azure-service.js';
import { ProgramFolder } from '../unit/keys/programs.js';

const PLAIN = 'secret: hello\n';
const PROGRAM = new URL('../../bin/sops-ts.js', import.meta.url).pathname;
if (!SOPS) announceSkipped(3, 'there is no sops program');

const folder = mkdtempSync(join(tmpdir(), 'azure-'));
const programs = new ProgramFolder();
let service: AzureService;
beforeAll(async () => {
  service = await AzureService.start();
  addAz(programs);
  writeFileSync(join(folder, 'plain.yaml'), PLAIN);
});
afterAll(async () => {
  await service.http.close();
  programs.remove();
  rmSync(folder, { recursive: true });
});

/** The certificate by the variable that each program knows. */
const env = (more: Record<string, string> = {}): Record<string, string> => ({
  HOME: folder,
  PATH: `${programs.path}:${process.env.PATH}`,
  AZURE_TOKEN_CREDENTIALS: 'AzureCLICredential',
  SSL_CERT_FILE: CERTIFICATE,
  ...more,
});
const ours = async (words: readonly string[], more: Record<string, string> = {}): Promise<string> =>
  (await promisify(execFile)(process.execPath, [PROGRAM, ...words], { cwd: folder, env: env(more) })).stdout;
const theirs = (words: readonly string[]): Promise<string> => runSopsAsync(words, folder, env());
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const allowed = () => ({ SOPS_AZURE_KEYVAULT_ALLOWLIST: service.url });

describe('the program', () => {
  test('encrypts and decrypts, with the certificate that Node is told of', async () => {
    const node = { SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: CERTIFICATE };
    const file = write(
      'ours.yaml',
      await ours(['encrypt', '--azure-kv', `${service.url}/keys/k1`, 'plain.yaml'], node),
    );
    expect(await ours(['decrypt', file], { ...node, ...allowed() })).toBe(PLAIN);
    const [asked = ''] = programs.lines('az.log');
    expect(asked).toContain(`--resource https://${new URL(service.url).host.slice(4)}`);
    expect(asked).toContain(`--tenant ${TENANT}`);
  });

  test('asks no vault that only the file names, and no program for a token', async () => {
    const file = write(
      'ours.yaml',
      await ours(['encrypt', '--azure-kv', `${service.url}/keys/k1/${VERSION}`, 'plain.yaml']),
    );
    service.http.received.splice(0);
    rmSync(join(programs.path, 'az.log'));
    const failure = await ours(['decrypt', file]).catch((error) => error);
    expect(failure.code).toBe(128);
    expect(failure.stderr).toContain(`the Azure Key Vault ${service.url} is named by the file only`);
    expect(failure.stderr).not.toContain(TOKEN);
    expect([service.http.received, programs.lines('az.log')]).toEqual([[], []]);
    write('azure.sops.yaml', `creation_rules: [{ path_regex: x, azure_keyvault: "${service.url}/keys/other" }]\n`);
    const settings = { XDG_CONFIG_HOME: join(programs.path, 'settings') };
    await expect(ours(['decrypt', '--config', 'azure.sops.yaml', file], settings)).rejects.toMatchObject({ code: 128 });
    await ours(['trust', '--config', 'azure.sops.yaml'], settings);
    expect(await ours(['decrypt', '--config', 'azure.sops.yaml', file], settings)).toBe(PLAIN);
  });
});

describe.skipIf(!SOPS)('and the real sops', () => {
  test('sops opens ours', async () => {
    const file = write('ours.yaml', await ours(['encrypt', '--azure-kv', `${service.url}/keys/k1`, 'plain.yaml']));
    expect(await theirs(['decrypt', file])).toBe(PLAIN);
  });

  test('we open theirs', async () => {
    const file = write('theirs.yaml', await theirs(['encrypt', '--azure-kv', `${service.url}/keys/k1`, 'plain.yaml']));
    expect(await ours(['decrypt', file], allowed())).toBe(PLAIN);
  });

  test('key_groups of one configuration mean the same, the version looked up', async () => {
    const entry = `{ vaultUrl: "${service.url}/", key: k1 }`;
    write(
      'groups.sops.yaml',
      `creation_rules: [{ key_groups: [{ azure_keyvault: [${entry}] }, { azure_keyvault: [${entry}] }] }]\n`,
    );
    const words = ['--config', 'groups.sops.yaml', 'encrypt', 'plain.yaml'];
    const [one, other] = [await ours(words, allowed()), await theirs(words)];
    for (const text of [one, other]) expect(text.split(`version: ${VERSION}`)).toHaveLength(3);
    expect(await theirs(['decrypt', write('ours.yaml', one)])).toBe(PLAIN);
    expect(await ours(['decrypt', write('theirs.yaml', other)], allowed())).toBe(PLAIN);
  });
});
