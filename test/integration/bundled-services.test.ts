/** A bundled program of somebody's, where nothing is installed: Google's, Azure's and Vault's keys by what came along with the bundle. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BAO, Bao } from '../support/bao.js';
import { InstalledPackage } from '../support/installed-package.js';
import { announceSkipped } from '../support/programs.js';
import { AzureService, addAz, CERTIFICATE } from '../unit/keys/azure-service.js';
import { fixturePath } from '../unit/keys/entries.js';
import { type GcpService, startGrpc, startRest } from '../unit/keys/gcp-service.js';
import { ProgramFolder } from '../unit/keys/programs.js';

const PROGRAM = `
import { decryptData, encrypt } from 'sops-ts';
const sealed = await encrypt({ a: 1 }, { format: 'json', config: false, recipients: [process.argv[2]] });
console.log(JSON.stringify(await decryptData(sealed, { format: 'json', config: false })));
`;
const GCP_KEY = 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key';
if (!BAO) announceSkipped(1, 'there is no bao program');

const place = mkdtempSync(join(tmpdir(), 'bundled-services-'));
const programs = new ProgramFolder();
let app: InstalledPackage;
let azure: AzureService;
let gcp: Record<'grpc' | 'rest', GcpService>;
let bao: Bao | undefined;

beforeAll(async () => {
  app = new InstalledPackage();
  const entryPoints = [app.put('app.js', PROGRAM)];
  const outfile = join(place, 'app.mjs');
  await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
  azure = await AzureService.start();
  addAz(programs);
  gcp = { grpc: await startGrpc(), rest: await startRest() };
  if (!BAO) return;
  bao = await Bao.start(place);
  bao.run('secrets', 'enable', 'transit');
  bao.run('write', '-f', 'transit/keys/sops');
}, 120_000);

afterAll(async () => {
  for (const service of [gcp.grpc, gcp.rest, azure.http]) await service.close();
  await bao?.stop();
  programs.remove();
  app.remove();
  rmSync(place, { recursive: true, force: true });
});

/** Encrypts with a key and opens that again. The services are in this process. */
async function bothWays(key: string, env: Readonly<Record<string, string>>): Promise<string> {
  const options = { cwd: place, env: { HOME: place, PATH: process.env.PATH ?? '', ...env }, timeout: 60_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['app.mjs', key], options);
  return stdout + stderr;
}

test.each(['grpc', 'rest'] as const)('GCP KMS over %s', async (way) => {
  const env = {
    SOPS_GCP_KMS_CLIENT_TYPE: way,
    SOPS_GCP_KMS_ENDPOINT: gcp[way].endpoint,
    GOOGLE_OAUTH_ACCESS_TOKEN: 'the-access-token',
    SSL_CERT_FILE: fixturePath('tls/localhost.crt'),
  };
  gcp[way].calls.splice(0);
  expect(await bothWays(GCP_KEY, env)).toBe('{"a":1}\n');
  expect(gcp[way].calls.map(({ verb }) => verb)).toEqual(['encrypt', 'decrypt']);
});

test('Azure Key Vault, with the log-in of its SDK', async () => {
  const env = {
    PATH: `${programs.path}:${process.env.PATH}`,
    AZURE_TOKEN_CREDENTIALS: 'AzureCLICredential',
    SSL_CERT_FILE: CERTIFICATE,
    SOPS_AZURE_KEYVAULT_ALLOWLIST: azure.url,
  };
  expect(await bothWays(`${azure.url}/keys/k1`, env)).toBe('{"a":1}\n');
});

test.skipIf(!BAO)('Vault transit', async () => {
  const { url = '', authority = '' } = bao ?? {};
  const env = { VAULT_TOKEN: 'root', VAULT_ADDR: url, VAULT_CACERT: authority };
  expect(await bothWays(`${url}/v1/transit/keys/sops`, env)).toBe('{"a":1}\n');
});
