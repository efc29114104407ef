/** The Vault provider: the contract, URIs of keys, what is sent where with which settings, and whom the token goes to. */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { operationUrl, parseVaultUri } from '../../../src/keys/hc-vault/address.js';
import { vaultKeyProvider } from '../../../src/keys/hc-vault/hc-vault.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { trustKeys } from '../../../src/keys/trust.js';
import { readSettings } from '../../../src/services/vault/settings.js';
import { hostOf } from './host.js';
import { unusedPort } from './http-service.js';
import { ProgramFolder } from './programs.js';
import { providerContract } from './provider-contract.js';
import { errors, TOKEN, VaultService } from './vault-service.js';

const PART = Buffer.alloc(32, 9);
const NO_WAIT = { VAULT_MAX_RETRIES: '0' };

providerContract('Vault', async () => {
  const service = await VaultService.start();
  const nowhere = `http://127.0.0.1:${await unusedPort()}`;
  return {
    provider: vaultKeyProvider,
    host: hostOf({ env: { VAULT_TOKEN: TOKEN, ...NO_WAIT } }),
    text: service.key('sops', 'team/transit'),
    keyString: service.key('sops', 'team/transit'),
    otherText: service.key('other'),
    malformed: ['k1', 'https://vault.example/v1/transit/keys', 'ftp://vault.example/v1/transit/keys/k1'],
    secrets: [TOKEN],
    withoutCredentials: { host: hostOf({ env: NO_WAIT }), text: service.key('sops') },
    unreachable: { host: hostOf({ env: { VAULT_TOKEN: TOKEN } }), text: `${nowhere}/v1/transit/keys/sops` },
    requests: () => service.http.received.length,
    answer: (mode) => {
      service.mode = mode;
    },
    close: () => service.http.close(),
  };
});

describe('URIs of keys', () => {
  const good: [string, [address: string, engine: string, name: string]][] = [
    ['https://vault.example:8200/v1/transit/keys/k1', ['https://vault.example:8200', 'transit', 'k1']],
    ['HTTP://Vault.example/v1/a/b/transit/keys/k1/', ['http://Vault.example', 'a/b/transit', 'k1']],
    ['http://h/v2/transit/encrypt/k', ['http://h', 'transit', 'k']],
    ['http://[::1]:8200/v1/transit/keys/k', ['http://[::1]:8200', 'transit', 'k']],
  ];
  test.each(good)('%s', (uri, [address, enginePath, keyName]) => {
    expect(parseVaultUri(uri)).toEqual({ address, enginePath, keyName });
  });

  test.each([
    ['vault.example/v1/transit/keys/k', /^missing scheme in Vault URL/],
    [' http://h/v1/transit/keys/k', /^missing scheme in Vault URL/],
    ['http://h/prefix/v1/transit/keys/k', /^running Vault with a prefixed URL is not supported!/],
    ['http://h/v1/a/v2/transit/keys/k', /^running Vault with a prefixed URL is not supported!/],
    ['http://h/v1/keys/k', /^vault path does not seem to be formatted correctly/],
    ['http://h/v1/transit/keys/k?x=1', /^a Vault key has no query or fragment/],
    ['http://h/v1/transit/keys/k#x', /^a Vault key has no query or fragment/],
    ['http://me:pass@h/v1/transit/keys/k', /^a Vault URL holds no user name/],
    ['ftp://h/v1/transit/keys/k', /^not the address of a Vault server/],
    ['http://h:x/v1/transit/keys/k', /^not the address of a Vault server/],
    ['http://h/v1/transit/keys/..', /^not the engine path and name of a Vault key/],
    ['http://h/v1/../transit/keys/k', /^not the engine path and name of a Vault key/],
  ])('%s is refused', async (uri, message) => {
    const refused = { code: 'key', message: expect.stringMatching(message) };
    await expect(vaultKeyProvider.parse(uri, hostOf())).rejects.toMatchObject(refused);
    await expect(vaultKeyProvider.parseEntry?.(uri, hostOf())).rejects.toMatchObject(refused);
  });

  test('a password in one is not repeated', async () => {
    const error = await vaultKeyProvider
      .parse('http://me:pass@h/v1/transit/keys/k', hostOf())
      .catch((caught) => caught);
    expect(error.message).not.toContain('pass');
  });

  test('empty items of a list are skipped, an entry of key_groups is one key', async () => {
    const uri = 'http://h/v1/transit/keys/k';
    expect(await vaultKeyProvider.parse(`,${uri},,${uri},`, hostOf())).toHaveLength(2);
    const entry = await vaultKeyProvider.parseEntry?.(`${uri},${uri.slice(0, -1)}x`, hostOf()).catch(() => undefined);
    expect(entry?.fields.get('key_name') ?? 'refused').not.toBe('k');
  });

  test('what stands in a file cannot lead to another endpoint', () => {
    const key = { address: 'http://h', enginePath: 'transit', keyName: 'k' };
    const at = (part: Partial<typeof key>) => operationUrl({ ...key, ...part }, 'decrypt').href;
    for (const enginePath of ['..', 'a/../..', '', 'a//b', '.'])
      expect(() => at({ enginePath })).toThrow(/not the engine/);
    for (const keyName of ['..', '../../sys/seal', '', '.']) expect(() => at({ keyName })).toThrow(/not the engine/);
    for (const address of ['h', 'file:///x', 'http://u@h', 'http://h?x', 'http://h#x', ''])
      expect(() => at({ address })).toThrow(/not the address/);
    expect(at({ keyName: '%2e%2e', enginePath: 'a?b/c#d\\e' })).toBe('http://h/v1/a%3Fb/c%23d%5Ce/decrypt/%252e%252e');
    expect(at({ address: 'http://h/behind/' })).toBe('http://h/behind/v1/transit/decrypt/k');
  });
});

let service: VaultService;
const folder = new ProgramFolder();
beforeAll(async () => {
  service = await VaultService.start();
});
beforeEach(() => {
  service.http.received.splice(0);
  service.replies.splice(0);
});
afterAll(async () => {
  await service.http.close();
  folder.remove();
});

const keyAt = (address: string, enc = ''): MasterKey => ({
  type: 'hc_vault',
  fields: new Map([
    ['engine_path', 'transit'],
    ['key_name', 'k'],
    ['vault_address', address],
  ]),
  enc,
});
const wrapWith = (env: Record<string, string>, address = service.url) =>
  vaultKeyProvider.wrap(
    keyAt(address),
    PART,
    hostOf({ env: { VAULT_TOKEN: TOKEN, VAULT_ADDR: address, ...NO_WAIT, ...env }, cwd: folder.path }),
  );
const sent = (name: string) => service.http.received.map(({ headers }) => headers[name]);

describe('whom the token goes to', () => {
  const unwrapWith = (env: Record<string, string>, trust: readonly string[] = []) => {
    const host = hostOf({ env: { VAULT_TOKEN: TOKEN, ...NO_WAIT, ...env } });
    trustKeys(host, 'hc_vault', trust);
    return vaultKeyProvider.unwrap(keyAt(service.url, 'vault:v1:AAAA'), host).catch((error: Error) => error.message);
  };
  const answered = /Vault answered 400/;

  test.each<[string, () => Record<string, string>, () => string[]]>([
    [
      'VAULT_ADDR, however it is written',
      () => ({ VAULT_ADDR: `${service.url.toUpperCase().replace('HTTP', 'http')}/` }),
      () => [],
    ],
    ['.sops.yaml or a flag', () => ({}), () => [`http://other/v1/a/keys/b, ${service.key('another')}`]],
    ['SOPS_VAULT_URIS', () => ({ SOPS_VAULT_URIS: service.key('another') }), () => []],
    ['the allow list', () => ({ SOPS_HC_VAULT_ALLOWLIST: `http://x , ${service.url}/` }), () => []],
    ['an allow list that takes all', () => ({ SOPS_HC_VAULT_ALLOWLIST: 'all' }), () => []],
    [
      'VAULT_ADDR, beside a list of others',
      () => ({ SOPS_HC_VAULT_ALLOWLIST: 'http://127.0.0.1', VAULT_ADDR: service.url }),
      () => [],
    ],
    ['an agent, which is asked instead', () => ({ VAULT_AGENT_ADDR: service.url }), () => []],
  ])('%s', async (_, env, trust) => {
    expect(await unwrapWith(env(), trust())).toMatch(answered);
    expect(sent('x-vault-token')).toEqual([TOKEN]);
  });

  test.each<[string, () => Record<string, string>, () => string[], RegExp]>([
    ['nobody named it', () => ({}), () => [], /^the Vault address http:\S+ is named by the file only/],
    [
      'another is configured',
      () => ({ VAULT_ADDR: 'http://127.0.0.1:1' }),
      () => ['http://127.0.0.1:2/v1/a/keys/b', 'nonsense'],
      /named by the file only/,
    ],
    [
      'the list is another',
      () => ({ SOPS_HC_VAULT_ALLOWLIST: 'http://127.0.0.1' }),
      () => [],
      /^Allowlist does not allow http:/,
    ],
    [
      'the list is of none',
      () => ({ SOPS_HC_VAULT_ALLOWLIST: 'none', VAULT_ADDR: service.url }),
      () => [service.key('k')],
      /^Allowlist does not allow/,
    ],
    [
      'the list forbids it, agent or not',
      () => ({ SOPS_HC_VAULT_ALLOWLIST: 'none', VAULT_AGENT_ADDR: service.url }),
      () => [],
      /^Allowlist/,
    ],
    [
      'the list has an empty entry',
      () => ({ SOPS_HC_VAULT_ALLOWLIST: `http://x, ,${service.url}` }),
      () => [],
      /^SOPS_HC_VAULT_ALLOWLIST's entry 2 is empty$/,
    ],
  ])('nobody, if %s', async (_, env, trust, message) => {
    expect(await unwrapWith(env(), trust())).toMatch(message);
    expect(service.http.received).toEqual([]);
  });

  test('the error says how to allow it', async () => {
    const error = await vaultKeyProvider.unwrap(keyAt(service.url, 'x'), hostOf()).catch((caught) => caught);
    expect(error.hint).toMatch(/VAULT_ADDR.*\.sops\.yaml.*SOPS_HC_VAULT_ALLOWLIST/);
  });

  test('wrapping anew for what a file names asks the same', async () => {
    await expect(vaultKeyProvider.wrap(keyAt(service.url), PART, hostOf())).rejects.toMatchObject({ code: 'key' });
    expect(service.http.received).toEqual([]);
  });
});

describe('settings', () => {
  test('token of the home folder, namespace, headers', async () => {
    folder.write('.vault-token', ` ${TOKEN}\n`);
    const env = {
      VAULT_TOKEN: '',
      HOME: folder.path,
      VAULT_NAMESPACE: 'team/a',
      VAULT_HEADERS: '{"X-Trace":"t1","cf-access":"é"}',
    };
    await wrapWith(env);
    expect(['x-vault-token', 'x-vault-namespace', 'x-trace', 'x-vault-request'].map((name) => sent(name)[0])).toEqual([
      TOKEN,
      'team/a',
      't1',
      'true',
    ]);
  });

  test.each<[Record<string, string>, string]>([
    [{ VAULT_TOKEN: 'a\nb' }, 'configured Vault token contains non-printable characters and cannot be used'],
    [{ VAULT_HEADERS: 'secret' }, 'VAULT_HEADERS is not a JSON object'],
    [{ VAULT_HEADERS: '["a"]' }, 'VAULT_HEADERS is not a JSON object'],
    [
      { VAULT_HEADERS: '{"X-Vault-Token":"a"}' },
      'VAULT_HEADERS holds X-Vault-Token: headers that begin with X-Vault- are for internal use',
    ],
    [{ VAULT_HEADERS: '{"a":1}' }, 'the header "a" of VAULT_HEADERS cannot be sent'],
    [{ VAULT_HEADERS: '{"a":"x\\r\\ny"}' }, 'the header "a" of VAULT_HEADERS cannot be sent'],
    [{ VAULT_CLIENT_TIMEOUT: '5x' }, 'could not parse VAULT_CLIENT_TIMEOUT'],
    [{ VAULT_MAX_RETRIES: '-1' }, 'could not parse VAULT_MAX_RETRIES'],
    [{ VAULT_RATE_LIMIT: 'x' }, 'could not parse VAULT_RATE_LIMIT'],
    [{ VAULT_SKIP_VERIFY: 'maybe' }, 'could not parse VAULT_SKIP_VERIFY'],
    [{ VAULT_PROXY_ADDR: ':' }, 'could not parse VAULT_PROXY_ADDR'],
    [{ VAULT_CLIENT_CERT: 'c.pem' }, 'both VAULT_CLIENT_CERT and VAULT_CLIENT_KEY must be given'],
    [
      { VAULT_CACERT: '/nonexistent/ca' },
      'cannot read /nonexistent/ca, named by VAULT_CACERT: no such file or directory',
    ],
    [
      { VAULT_CAPATH: '/nonexistent/ca' },
      'cannot read /nonexistent/ca, named by VAULT_CAPATH: no such file or directory',
    ],
    [{ VAULT_AGENT_ADDR: 'nowhere' }, 'not the address of a Vault server, got: "nowhere"'],
  ])('%j is refused', async (env, message) => {
    await expect(wrapWith(env)).rejects.toMatchObject({ code: 'key', message: expect.stringContaining(message) });
    expect(service.http.received).toEqual([]);
  });

  test.each([
    ['', 60_000],
    ['0', 60_000],
    ['5', 5000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['1d', 86_400_000],
  ])('a timeout of %j is %i ms', async (text, timeout) => {
    expect((await readSettings(hostOf({ env: { VAULT_CLIENT_TIMEOUT: text } }))).timeout).toBe(timeout);
  });

  test.each([
    ['2', { perSecond: 2, burst: 2 }],
    ['0.5', { perSecond: 0.5, burst: 1 }],
    ['10:3', { perSecond: 10, burst: 3 }],
  ])('a rate limit of %s', async (text, rate) => {
    expect((await readSettings(hostOf({ env: { VAULT_RATE_LIMIT: text } }))).rate).toEqual(rate);
  });

  test('certificates come from the first of the three variables', async () => {
    folder.write('ca.pem', 'A');
    mkdirSync(join(folder.path, 'cas'), { recursive: true });
    folder.write('cas/b.pem', 'B');
    const tls = async (env: Record<string, string>) => (await readSettings(hostOf({ env, cwd: folder.path }))).tls;
    const [file, text, path] = [{ VAULT_CACERT: 'ca.pem' }, { VAULT_CACERT_BYTES: 'T' }, { VAULT_CAPATH: 'cas' }];
    expect(await tls({ ...file, ...text, ...path })).toEqual({ ca: [Buffer.from('A')] });
    expect(await tls({ ...text, ...path })).toEqual({ ca: ['T'] });
    expect(await tls(path)).toEqual({ ca: [Buffer.from('B')] });
    expect(await tls({ VAULT_SKIP_VERIFY: 'true', VAULT_TLS_SERVER_NAME: 'v' })).toEqual({
      rejectUnauthorized: false,
      servername: 'v',
    });
  });

  test('a rate limit spaces requests out', async () => {
    const host = hostOf({
      env: { VAULT_TOKEN: TOKEN, VAULT_ADDR: service.url, VAULT_RATE_LIMIT: '10:2', ...NO_WAIT },
    });
    const start = performance.now();
    await Promise.all(Array.from({ length: 4 }, () => vaultKeyProvider.wrap(keyAt(service.url), PART, host)));
    expect(performance.now() - start).toBeGreaterThan(190);
  });

  test('an agent on a unix socket', async () => {
    const seen: string[] = [];
    const socket = join(folder.path, 'agent');
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`);
      response.end(JSON.stringify({ data: { ciphertext: 'vault:v1:x' } }));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    expect(await wrapWith({ VAULT_AGENT_ADDR: `unix://${socket}` }, 'https://vault.invalid')).toBe('vault:v1:x');
    expect(seen).toEqual(['PUT /v1/transit/encrypt/k localhost']);
    server.close();
  });

  test.each(['VAULT_HTTP_PROXY', 'VAULT_PROXY_ADDR'])('the proxy of %s', async (name) => {
    service.replies.push({ body: '{"data":{"ciphertext":"vault:v1:x"}}' });
    expect(await wrapWith({ [name]: service.url }, 'http://vault.invalid')).toBe('vault:v1:x');
    expect(service.paths).toEqual(['PUT http://vault.invalid/v1/transit/encrypt/k']);
    expect(sent('host')).toEqual(['vault.invalid']);
  });
});

describe('answers', () => {
  test.each([301, 302, 307])('a redirect (%i) is followed once, with everything', async (status) => {
    service.replies.push({ status, headers: { location: '/v1/transit/encrypt/k2' }, body: '' });
    await wrapWith({});
    expect(service.paths).toEqual(['PUT /v1/transit/encrypt/k', 'PUT /v1/transit/encrypt/k2']);
    expect(sent('x-vault-token')).toEqual([TOKEN, TOKEN]);
    expect(service.http.received[1]?.body).toBe(service.http.received[0]?.body);
    const again = { status, headers: { location: service.url }, body: '' };
    service.replies.push(again, again);
    await expect(wrapWith({})).rejects.toMatchObject({ message: expect.stringContaining(`(status ${status})`) });
  });

  test('a redirect is not followed when that is switched off', async () => {
    service.replies.push({ status: 307, headers: { location: '/' }, body: '' });
    await expect(wrapWith({ VAULT_DISABLE_REDIRECTS: 'true' })).rejects.toMatchObject({ code: 'key' });
    expect(service.http.received).toHaveLength(1);
  });

  test('a passing failure is tried again, as often as wanted', async () => {
    const busy = { ...errors(503, 'Vault is sealed'), headers: { 'retry-after': '0' } };
    service.replies.push(busy, busy);
    expect(await wrapWith({ VAULT_MAX_RETRIES: '2' })).toMatch(/^vault:v1:/);
    service.replies.push(busy, busy);
    await expect(wrapWith({ VAULT_MAX_RETRIES: '1' })).rejects.toMatchObject({
      message:
        "failed to encrypt sops data key to Vault transit backend 'transit/encrypt/k': Vault answered 503: Vault is sealed",
    });
    expect(service.http.received).toHaveLength(5);
  });

  test.each([400, 404, 501])('a lasting one (%i) is not', async (status) => {
    service.replies.push(errors(status, 'no'));
    await expect(wrapWith({ VAULT_MAX_RETRIES: '9' })).rejects.toMatchObject({ code: 'key' });
    expect(service.http.received).toHaveLength(1);
  });

  test('without a token the error says where one is looked for', async () => {
    await expect(wrapWith({ VAULT_TOKEN: '' })).rejects.toMatchObject({
      message: expect.stringMatching(/Vault answered 403: 1 error occurred: \* permission denied$/),
      hint: expect.stringContaining('VAULT_TOKEN'),
    });
    expect(sent('x-vault-token')).toEqual([undefined]);
  });

  test.each([
    ['{"data":{"plaintext":"%%%"}}', 'cannot decode base64 plaintext into data key bytes'],
    ['{"data":{"plaintext":5}}', 'no decrypted data'],
    ['{"data":null}', 'transit backend is empty'],
    ['[]', 'transit backend is empty'],
    ['5', "the answer (status 200) is not one of Vault's"],
  ])('%s', async (body, reason) => {
    service.replies.push({ body });
    const host = hostOf({ env: { VAULT_ADDR: service.url } });
    await expect(vaultKeyProvider.unwrap(keyAt(service.url, 'vault:v1:x'), host)).rejects.toMatchObject({
      message: `failed to decrypt sops data key from Vault transit backend 'transit/decrypt/k': ${reason}`,
    });
  });

  test('an aborted call ends at once', async () => {
    const stop = new AbortController();
    const busy = { ...errors(503, 'busy'), headers: { 'retry-after': '20' } };
    service.replies.push(busy);
    const host = hostOf({ env: { VAULT_ADDR: service.url, VAULT_TOKEN: TOKEN } });
    const wrapping = vaultKeyProvider.wrap(keyAt(service.url), PART, host, stop.signal);
    setTimeout(() => stop.abort(), 100);
    await expect(wrapping).rejects.toThrow();
  });
});
