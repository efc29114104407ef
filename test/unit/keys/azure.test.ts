/** The Azure provider: the contract, URLs of keys, version look-up, the challenge, and which vaults are asked. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { azureKeyProvider } from '../../../src/keys/azure-kv/azure-kv.js';
import { parseKeyUrl, requestUrl } from '../../../src/keys/azure-kv/key-url.js';
import type { KeyFields, MasterKey } from '../../../src/keys/provider.js';
import { trustKeys } from '../../../src/keys/trust.js';
import { readChallenge } from '../../../src/services/azure/challenge.js';
import { sessionOf } from '../../../src/util/host/session.js';
import { sampledTest } from '../../support/sweep.js';
import { AzureService, addAz, CERTIFICATE, FOREIGN_TENANT, TENANT, TOKEN, VERSION } from './azure-service.js';
import { hostOf } from './host.js';
import { unusedPort } from './http-service.js';
import { ProgramFolder } from './programs.js';
import { providerContract } from './provider-contract.js';

const test = sampledTest(6);

const PART = Buffer.alloc(32, 9);
const ROOTS = { SSL_CERT_FILE: CERTIFICATE };

// The SDK looks at the process's own environment.
const programs = new ProgramFolder();
beforeAll(() => {
  addAz(programs);
  vi.stubEnv('PATH', `${programs.path}:${process.env.PATH}`);
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
});
afterAll(() => {
  vi.unstubAllEnvs();
  programs.remove();
});

providerContract('Azure Key Vault', async () => {
  const service = await AzureService.start();
  const foreign = await AzureService.start();
  foreign.tenant = FOREIGN_TENANT;
  const key = (url: string, name = 'k1') => `${url}/keys/${name}/${VERSION}`;
  return {
    provider: azureKeyProvider,
    host: hostOf({ env: ROOTS }),
    text: key(service.url),
    keyString: key(service.url),
    otherText: key(service.url, 'k2'),
    malformed: [
      'k1',
      'http://kv1.vault.azure.net/keys/k/v',
      'https://kv1.vault.azure.net/keys/',
      'https://kv1.vault.azure.net/keys/../v',
    ],
    secrets: [TOKEN],
    withoutCredentials: { host: hostOf({ env: ROOTS }), text: key(foreign.url) },
    unreachable: { host: hostOf({ env: ROOTS }), text: key(`https://127.0.0.1:${await unusedPort()}`) },
    requests: () => service.http.received.length,
    answer: (mode) => {
      service.mode = mode;
    },
    close: async () => {
      await service.http.close();
      await foreign.http.close();
    },
  };
});

describe('URLs of keys', () => {
  test.each([
    ['https://kv1.vault.azure.net/keys/k1/v1', ['https://kv1.vault.azure.net', 'k1', 'v1']],
    [' https://kv1.vault.azure.net:8443/keys/k1/\n', ['https://kv1.vault.azure.net:8443', 'k1', '']],
    ['https://kv1.vault.azure.net/keys/k1', ['https://kv1.vault.azure.net', 'k1', '']],
  ])('%j', (text, [vaultUrl, name, version]) => expect(parseKeyUrl(text)).toEqual({ vaultUrl, name, version }));

  test.each([
    '',
    'kv1/keys/k',
    'http://kv1.vault.azure.net/keys/k/v',
    'https://kv1.vault.azure.net/keys/k/v/',
    'https://kv1.vault.azure.net/secrets/k/v',
    'https://kv1/keys/../v',
    'https://kv1/keys/k/..',
    'https://me@kv1/keys/k/v',
    'https://kv1?x/keys/k/v',
    'https://kv1:x/keys/k/v',
  ])('%j is refused', async (text) => {
    const refusal = {
      code: 'key',
      message: expect.stringMatching(/^could not parse .* into a valid Azure Key Vault MasterKey \[\]$/),
    };
    expect(() => parseKeyUrl(text)).toThrow(expect.objectContaining(refusal));
    await expect(
      azureKeyProvider.parse(`https://kv1.vault.azure.net/keys/k/v,${text}`, hostOf()),
    ).rejects.toMatchObject(refusal);
  });

  test('what stands in a file leads to that key only', () => {
    const key = { vaultUrl: 'https://kv1.vault.azure.net/', name: 'k', version: 'v' };
    const at = (part: Partial<typeof key>) => requestUrl({ ...key, ...part }, 'decrypt').href;
    expect(at({})).toBe('https://kv1.vault.azure.net/keys/k/v/decrypt?api-version=2025-07-01');
    expect(at({ name: 'a/../b?c#d', version: '%2e' })).toBe(
      'https://kv1.vault.azure.net/keys/a%2F..%2Fb%3Fc%23d/%252e/decrypt?api-version=2025-07-01',
    );
    for (const part of [
      { name: '..' },
      { name: '' },
      { version: '..' },
      { vaultUrl: 'http://kv1' },
      { vaultUrl: 'https://u:p@kv1' },
      { vaultUrl: 'https://kv1?a' },
    ]) {
      expect(() => at(part)).toThrow(/^the vault URL, name or version is not one of a key$/);
    }
  });
});

describe('the challenge', () => {
  const read = (header: string | undefined, vault = 'https://kv1.vault.azure.net/keys/k') =>
    readChallenge(header, new URL(vault));

  test.each([
    [`Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="https://vault.azure.net"`],
    [
      `Bearer authorization="https://login.windows.net/${TENANT}/", scope="https://vault.azure.net/.default" resource="https://other"`,
    ],
    [`Bearer  resource=https://vault.azure.net,authorization=https://login.microsoftonline.com/${TENANT}/oauth2`],
  ])('%s', (header) => expect(read(header)).toEqual({ tenant: TENANT, scope: 'https://vault.azure.net/.default' }));

  test.each([
    ['https://vault.azure.net', 'https://vault.azure.net.evil.example/'],
    ['https://vault.azure.net', 'https://evilvault.azure.net/'],
    ['https://vault.azure.net', 'https://vault.azure.net/'],
    ['https://management.azure.com', 'https://kv1.vault.azure.net/'],
    ['https://vault.azure.net', 'https://kv1.vault.azure.net:8443/'],
    ['vault.azure.net', 'https://kv1.vault.azure.net/'],
  ])('%s is not for %s', (resource, vault) => {
    expect(() => read(`Bearer authorization="https://l/${TENANT}", resource="${resource}"`, vault)).toThrow(
      /doesn't match the requested domain$/,
    );
  });

  test.each([
    [undefined, /no WWW-Authenticate header/],
    ['Basic realm="x"', /could not find a valid resource/],
  ])('%s', (header, message) => expect(() => read(header)).toThrow(message));
});

let service: AzureService;
beforeAll(async () => {
  service = await AzureService.start();
});
beforeEach(() => {
  service.http.received.splice(0);
  rmSync(join(programs.path, 'az.log'), { force: true });
});
afterEach(() => {
  service.challenge = undefined;
});
afterAll(() => service.http.close());

const keyAt = (vaultUrl: string, enc = '', version = VERSION): MasterKey => ({
  type: 'azure_kv',
  fields: new Map([
    ['name', 'k1'],
    ['vault_url', vaultUrl],
    ['version', version],
  ]),
  enc,
});
const allowed = (more: Record<string, string> = {}) =>
  hostOf({ env: { ...ROOTS, SOPS_AZURE_KEYVAULT_ALLOWLIST: service.url, ...more } });
const version = '?api-version=2025-07-01';

describe('what a vault is asked and answers', () => {
  test('a version is looked up when it is missing, in texts and in entries of key_groups', async () => {
    const [key] = await azureKeyProvider.parse(`${service.url}/keys/k1`, allowed());
    expect(key?.fields.get('version')).toBe(VERSION);
    const fields = new Map([
      ['vault_url', `${service.url}/`],
      ['name', 'k1'],
      ['version', ''],
    ]);
    const entry = await azureKeyProvider.parseEntry?.(fields, allowed());
    expect(entry && azureKeyProvider.keyString(entry)).toBe(`${service.url}//keys/k1/${VERSION}`);
    expect(service.paths).toEqual(Array(4).fill(`GET /keys/k1/${version}`));
  });

  test('a look-up that fails', async () => {
    service.mode = 'refusing';
    const refused = {
      code: 'key',
      message: `failed to fetch Azure Key to retrieve key version: ${service.url}/keys/k1: the vault answered 403: Forbidden Caller is not authorized. Caller: Bearer …`,
    };
    await expect(azureKeyProvider.parse(`${service.url}/keys/k1/`, allowed())).rejects.toMatchObject(refused);
    service.mode = 'without-field';
    await expect(azureKeyProvider.parse(`${service.url}/keys/k1/`, allowed())).rejects.toMatchObject({
      message: `failed to fetch Azure Key to retrieve key version: ${service.url}/keys/k1: the answer names no version`,
    });
    service.mode = 'properly';
  });

  test('the token is for the tenant and resource of the challenge, and asked for once in a run', async () => {
    const host = allowed();
    const enc = await azureKeyProvider.wrap(keyAt(service.url), PART, host);
    expect(enc).toMatch(/^[A-Za-z0-9_-]{342}$/);
    expect(await azureKeyProvider.unwrap(keyAt(service.url, enc), host)).toEqual(PART);
    const resource = `https://${new URL(service.url).host.slice(4)}`;
    const asked = programs.lines('az.log');
    expect(asked).toHaveLength(1);
    for (const words of ['account get-access-token', `--resource ${resource}`, `--tenant ${TENANT}`])
      expect(asked[0]).toContain(words);
  });

  test('a vault that asks for no token gets none', async () => {
    service.replies.push({ body: '{"value":"AAAA"}' });
    expect(await azureKeyProvider.wrap(keyAt(service.url), PART, allowed())).toBe('AAAA');
    expect(service.http.received).toHaveLength(1);
    expect(service.http.received[0]).toMatchObject({ body: '' });
  });

  test.each([
    ['https://vault.azure.net', /doesn't match the requested domain$/],
    ['', /could not find a valid resource/],
  ])('no token is asked for a challenge for %j', async (resource, message) => {
    service.challenge = () =>
      `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="${resource}"`;
    await expect(azureKeyProvider.wrap(keyAt(service.url), PART, allowed())).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(message),
    });
    expect(programs.lines('az.log')).toEqual([]);
  });

  test('who is not logged in is told so', async () => {
    service.challenge = ({ host }) =>
      `Bearer authorization="https://login.microsoftonline.com/${FOREIGN_TENANT}", resource="https://${host.slice(4)}"`;
    await expect(azureKeyProvider.wrap(keyAt(service.url), PART, allowed())).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(
        /^failed to encrypt sops data key with Azure Key Vault key '\S+': no Azure token: .*az login/,
      ),
      hint: expect.stringContaining('AZURE_CLIENT_SECRET'),
    });
  });

  test('where the caller gives an environment, that of the process does not count', async () => {
    const own = process.env;
    for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET']) vi.stubEnv(name, TENANT);
    for (const [chosen, said] of [
      ['EnvironmentCredential', /EnvironmentCredential/],
      ['nonsense', /nonsense|AZURE_TOKEN_CREDENTIALS/],
    ] as const) {
      const host = sessionOf({ ...allowed({ AZURE_TOKEN_CREDENTIALS: chosen }), isEnvGiven: true });
      await expect(azureKeyProvider.wrap(keyAt(service.url), PART, host)).rejects.toMatchObject({
        code: 'key',
        message: expect.stringMatching(said),
      });
    }
    expect(programs.lines('az.log')).toEqual([]);
    expect(process.env).toBe(own);
    for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET']) vi.stubEnv(name, undefined);
  });

  test('an unknown credential is named', async () => {
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'nonsense');
    await expect(azureKeyProvider.wrap(keyAt(service.url), PART, allowed())).rejects.toMatchObject({
      code: 'key',
      message: expect.stringContaining('AZURE_TOKEN_CREDENTIALS'),
    });
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
  });

  test('a busy vault is asked again', async () => {
    const busy = { status: 429, headers: { 'retry-after': '0' }, body: '' };
    service.replies.push(busy, busy);
    expect(await azureKeyProvider.wrap(keyAt(service.url), PART, allowed())).toHaveLength(342);
    expect(service.http.received).toHaveLength(4);
  });
});

describe('a vault is asked only if', () => {
  const unwrapWith = async (
    env: Record<string, string>,
    trust: readonly (string | KeyFields)[] = [],
    url = service.url,
  ) => {
    const host = hostOf({ env: { ...ROOTS, ...env } });
    trustKeys(host, 'azure_kv', trust);
    return azureKeyProvider.unwrap(keyAt(url, 'AAAA'), host).catch((error: Error) => error.message);
  };

  test.each<[string, () => Record<string, string>, () => (string | KeyFields)[]]>([
    ['a flag or rule names it', () => ({}), () => [`https://kv9.vault.azure.net/keys/k, ${service.url}/keys/other/v`]],
    [
      'an entry of key_groups does',
      () => ({}),
      () => [
        new Map([
          ['vault_url', `${service.url}/`],
          ['name', 'x'],
        ]),
      ],
    ],
    ['SOPS_AZURE_KEYVAULT_URLS does', () => ({ SOPS_AZURE_KEYVAULT_URLS: `${service.url}/keys/other/v` }), () => []],
    ['the allow list does', () => ({ SOPS_AZURE_KEYVAULT_ALLOWLIST: `https://x, ${service.url}/` }), () => []],
    ['the allow list takes all', () => ({ SOPS_AZURE_KEYVAULT_ALLOWLIST: 'all' }), () => []],
  ])('%s', async (_, env, trust) => {
    expect(await unwrapWith(env(), trust())).toMatch(/the vault answered 400: BadParameter/);
  });

  test.each<[string, () => Record<string, string>, () => string[], RegExp]>([
    ['nobody named it', () => ({}), () => [], /^the Azure Key Vault https:\S+ is named by the file only/],
    [
      'others are named',
      () => ({ SOPS_AZURE_KEYVAULT_URLS: 'https://127.0.0.1/keys/k/v' }),
      () => ['nonsense', 'https://127.0.0.1:1/keys/k'],
      /is named by the file only/,
    ],
    [
      'the list is of others',
      () => ({ SOPS_AZURE_KEYVAULT_ALLOWLIST: 'https://127.0.0.1' }),
      () => [],
      /^Allowlist does not allow/,
    ],
  ])('not if %s', async (_, env, trust, message) => {
    expect(await unwrapWith(env(), trust())).toMatch(message);
    expect(service.http.received).toEqual([]);
  });

  test('it is in one of the clouds, whatever the file says of it', async () => {
    // A port where nothing listens as the proxy: what passes the check fails there, and nothing leaves this machine.
    const proxy = `http://127.0.0.1:${await unusedPort()}`;
    const outcome = (url: string, env: Record<string, string> = {}) =>
      unwrapWith({ HTTPS_PROXY: proxy, ...env }, [], url);
    for (const url of [
      'https://kv1.vault.azure.net',
      'https://KV1.vault.azure.cn/',
      'https://hsm1.managedhsm.usgovcloudapi.net:443',
    ]) {
      expect(await outcome(url)).toMatch(/cannot reach https:.*connection refused/);
    }
    const evil = [
      'https://kv1.vault.azure.net.evil.example',
      'https://evilvault.azure.net',
      'https://kv1.vault.azure.net:8443',
      'https://vault.azure.net',
      'https://evil.example/.vault.azure.net',
      'https://evil.example\\.vault.azure.net',
    ];
    for (const url of evil) expect(await outcome(url)).toMatch(/is named by the file only/);
    for (const url of ['https://evil.example?.vault.azure.net', 'https://kv1.vault.azure.net@evil.example']) {
      expect(await outcome(url)).toMatch(/is not one of a key$/);
    }
    expect(await outcome('https://kv1.vault.azure.net', { SOPS_AZURE_KEYVAULT_ALLOWLIST: 'none' })).toMatch(
      /^Allowlist/,
    );
  });
});

test.each(['', '=', 'A', 'AA+A', 'AAAA\n'])('an entry %j is not base64url', async (enc) => {
  await expect(azureKeyProvider.unwrap(keyAt(service.url, enc), allowed())).rejects.toMatchObject({
    code: 'key',
    message: 'failed to base64 decode Azure Key Vault encrypted key: it is not base64url',
  });
  expect(service.http.received).toEqual([]);
});
