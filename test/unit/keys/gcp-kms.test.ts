/** The GCP KMS provider: the contract over gRPC and REST, names of keys, and where credentials come from. */
import { generateKeyPairSync } from 'node:crypto';
import { promises as dns } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { gcpKmsProvider } from '../../../src/keys/gcp-kms/gcp-kms.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { sessionOf } from '../../../src/util/host/session.js';
import { concurrencyLimitOf } from '../../../src/util/waiting/concurrency-limit.js';
import { ALLOWED, hangingCredentials, untilEnded } from '../../support/hanging-credentials.js';
import { sampledTest } from '../../support/sweep.js';
import { startDeafServer } from './deaf-server.js';
import { fixturePath } from './entries.js';
import { type GcpService, startGrpc, startRest } from './gcp-service.js';
import { hostOf } from './host.js';
import { HttpService, unusedPort } from './http-service.js';
import { ProgramFolder } from './programs.js';
import { providerContract } from './provider-contract.js';

const test = sampledTest(6);

const ID = 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key';
const OTHER = 'projects/example.com:p2/locations/europe-west1/keyRings/ring/cryptoKeys/other';
const PART = Buffer.alloc(32, 9);
const REST = { SOPS_GCP_KMS_CLIENT_TYPE: 'REST' };
const TLS = { SSL_CERT_FILE: fixturePath('tls/localhost.crt') };
const TOKEN = { GOOGLE_OAUTH_ACCESS_TOKEN: 'the-access-token' };
const PAYER = { GOOGLE_CLOUD_QUOTA_PROJECT: 'payer' };
const NO_MACHINE = { METADATA_SERVER_DETECTION: 'none' };

function contract(name: string, start: () => Promise<GcpService>, own: Record<string, string>, scheme: string): void {
  providerContract(name, async () => {
    const service = await start();
    const env = { ...own, SOPS_GCP_KMS_ENDPOINT: service.endpoint };
    const nowhere = { SOPS_GCP_KMS_ENDPOINT: `${scheme}127.0.0.1:${await unusedPort()}` };
    return {
      provider: gcpKmsProvider,
      host: hostOf({ env: { ...env, ...TOKEN } }),
      text: ID,
      keyString: ID,
      otherText: OTHER,
      malformed: [`${ID}/cryptoKeyVersions/1`, ID.slice(1), 'projects/p/locations/../keyRings/r/cryptoKeys/k', 'k'],
      secrets: [TOKEN.GOOGLE_OAUTH_ACCESS_TOKEN],
      withoutCredentials: { host: hostOf({ env: { ...env, ...NO_MACHINE } }), text: ID },
      unreachable: { host: hostOf({ env: { ...env, ...TOKEN, ...nowhere } }), text: ID },
      requests: () => service.calls.length,
      answer: (mode) => {
        service.mode = mode;
      },
      close: () => service.close(),
    };
  });
}

contract('GCP KMS over gRPC', startGrpc, TLS, '');
contract('GCP KMS over REST', startRest, REST, 'http://');

describe('the names of keys', () => {
  test('spaces go, the rest stays as given', async () => {
    const keys = await gcpKmsProvider.parse(` ${ID} ,a b,\t`, hostOf());
    expect(keys).toEqual([ID, 'ab', '\t'].map((id) => keyOf(id)));
  });

  test.each([
    '',
    `${ID}/cryptoKeyVersions/1`,
    `${ID}/`,
    `/${ID}`,
    'projects/p/locations//keyRings/r/cryptoKeys/k',
    'projects/p/locations/l/keyRings/./cryptoKeys/k',
    'projects/p/locations/l/keyRings/r/cryptoKeys/..',
  ])('%j is refused when it is used', async (id) => {
    const refusal = {
      code: 'key',
      message: `cannot create GCP KMS service: no valid resource ID found in "${id}"`,
    };
    await expect(gcpKmsProvider.wrap(keyOf(id), PART, hostOf())).rejects.toMatchObject(refusal);
    await expect(gcpKmsProvider.unwrap(keyOf(id, 'AAAA'), hostOf())).rejects.toMatchObject(refusal);
  });

  test('dots and colons inside are fine', async () => {
    const rest = await startRest();
    const host = hostOf({ env: { ...REST, ...TOKEN, SOPS_GCP_KMS_ENDPOINT: `${rest.endpoint}/` } });
    const id = 'projects/example.com:p/locations/l/keyRings/..r/cryptoKeys/.?#%2F';
    expect(await gcpKmsProvider.wrap(keyOf(id), PART, host)).toMatch(/^[\w+/]+=*$/);
    expect(rest.calls).toMatchObject([{ name: id, routing: `name=${encodeURIComponent(id)}` }]);
    expect(rest.paths).toEqual([
      '/v1/projects/example.com:p/locations/l/keyRings/..r/cryptoKeys/.%3F%23%252F:encrypt?%24alt=json%3Benum-encoding%3Dint',
    ]);
    await rest.close();
  });
});

describe('over gRPC', () => {
  test('the name routes the call, and the token comes with it', async () => {
    const service = await startGrpc();
    const host = hostOf({
      env: { ...TLS, ...TOKEN, ...PAYER, SOPS_GCP_KMS_ENDPOINT: service.endpoint, SOPS_GCP_KMS_CLIENT_TYPE: 'x' },
    });
    const enc = await gcpKmsProvider.wrap(keyOf(ID), PART, host);
    await gcpKmsProvider.unwrap(keyOf(ID, enc), host);
    const sent = {
      authorization: 'Bearer the-access-token',
      routing: `name=${encodeURIComponent(ID)}`,
      payer: 'payer',
    };
    const common = { name: ID, ...sent };
    expect(service.calls).toEqual([
      { ...common, verb: 'encrypt', bytes: PART },
      { ...common, verb: 'decrypt', bytes: Buffer.from(enc, 'base64') },
    ]);
    await service.close();
  });

  test('calls at the same time are routed each by its own name', async () => {
    const service = await startGrpc();
    const host = hostOf({ env: { ...TLS, ...TOKEN, SOPS_GCP_KMS_ENDPOINT: service.endpoint } });
    await Promise.all([ID, OTHER, ID, OTHER].map((id) => gcpKmsProvider.wrap(keyOf(id), PART, host)));
    expect(service.calls).toHaveLength(4);
    for (const { name, routing } of service.calls) expect(routing).toBe(`name=${encodeURIComponent(name)}`);
    await service.close();
  });

  test('no settings of the service are looked for in the DNS, where others could put some', async () => {
    const service = await startGrpc();
    const asked = vi.spyOn(dns, 'resolveTxt');
    try {
      const host = hostOf({ env: { ...TLS, ...TOKEN, SOPS_GCP_KMS_ENDPOINT: service.endpoint } });
      await gcpKmsProvider.wrap(keyOf(ID), PART, host);
      expect(service.calls).toHaveLength(1);
      expect(asked).not.toHaveBeenCalled();
    } finally {
      asked.mockRestore();
      await service.close();
    }
  });

  test('a certificate that nobody vouches for ends it before a token is sent', async () => {
    const service = await startGrpc();
    const host = hostOf({ env: { ...TOKEN, SOPS_GCP_KMS_ENDPOINT: service.endpoint } });
    await expect(gcpKmsProvider.wrap(keyOf(ID), PART, host)).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(/cannot reach localhost:\d+: its certificate is not trusted$/),
      hint: expect.stringContaining('SSL_CERT_FILE'),
    });
    expect(service.calls).toEqual([]);
    await service.close();
  });

  test.each(['http://127.0.0.1:1', 'h/path', ':x', 'h:99999'])('the endpoint %j is none', async (endpoint) => {
    const host = hostOf({ env: { ...TOKEN, SOPS_GCP_KMS_ENDPOINT: endpoint } });
    await expect(gcpKmsProvider.wrap(keyOf(ID), PART, host)).rejects.toMatchObject({
      code: 'key',
      message: expect.stringContaining('SOPS_GCP_KMS_ENDPOINT is not of the form host:port'),
    });
  });
});

describe('a service that does not answer', () => {
  test.each([
    ['gRPC', { ...TLS }, ''],
    ['REST', { ...REST }, 'http://'],
  ])('over %s is let go when nobody waits any more', async (way, env, scheme) => {
    const server = await startDeafServer();
    const endpoint = { SOPS_GCP_KMS_ENDPOINT: `${scheme}localhost:${server.port}` };
    const host = hostOf({ env: { ...env, ...TOKEN, ...endpoint } });
    const opening = gcpKmsProvider.unwrap(keyOf(ID, 'AAAA'), host, AbortSignal.timeout(300));
    await expect(opening).rejects.toMatchObject({ code: 'key' });
    const late = gcpKmsProvider.unwrap(keyOf(ID, 'AAAA'), host, AbortSignal.abort());
    await expect(late).rejects.toMatchObject({ code: 'key' });
    // The gRPC package itself ends a connection that is being made, some time later.
    if (way === 'REST') await vi.waitFor(() => expect(server.connections()).toBe(0));
    await server.close();
  });
});

describe('a call over gRPC', () => {
  test('is made again, later, and the run slows down, when the service says that it gets too many', async () => {
    const service = await startGrpc();
    service.mode = 'throttled';
    service.after = { calls: 2, mode: 'properly' };
    const host = sessionOf(hostOf({ env: { ...TLS, ...TOKEN, SOPS_GCP_KMS_ENDPOINT: service.endpoint } }));
    expect(concurrencyLimitOf(host).allowed(32)).toBe(32);
    const enc = await gcpKmsProvider.wrap(keyOf(ID), PART, host);
    expect(service.calls).toHaveLength(3);
    expect(concurrencyLimitOf(host).allowed(32)).toBeLessThan(32);
    expect(concurrencyLimitOf(host).refusals).toBe(2);
    expect(Buffer.from(await gcpKmsProvider.unwrap(keyOf(ID, enc), host))).toEqual(PART);
    service.mode = 'throttled';
    await expect(gcpKmsProvider.wrap(keyOf(ID), PART, host)).rejects.toMatchObject({ code: 'key' });
    expect(service.calls).toHaveLength(4 + 4);
    await service.close();
  });

  test('is ended, with the service told, when nobody waits any more', async () => {
    const service = await startGrpc();
    service.isSilent = true;
    const host = hostOf({ env: { ...TLS, ...TOKEN, SOPS_GCP_KMS_ENDPOINT: service.endpoint } });
    const stop = new AbortController();
    const opening = gcpKmsProvider.unwrap(keyOf(ID, 'AAAA'), host, stop.signal);
    await Promise.all([
      expect(opening).rejects.toMatchObject({ code: 'key' }),
      vi.waitFor(() => expect(service.calls).toHaveLength(1)).then(() => stop.abort()),
    ]);
    await vi.waitFor(() => expect(service.ended).toEqual(service.calls));
    expect(service.calls).toHaveLength(1);
    await service.close();
  });
});

describe('a proxy', () => {
  test('of the environment means REST through it', async () => {
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const host = hostOf({ env: { ...TOKEN, HTTPS_PROXY: url } });
    await expect(gcpKmsProvider.wrap(keyOf(ID), PART, host)).rejects.toMatchObject({ code: 'key' });
    expect(asked).toEqual(['cloudkms.googleapis.com:443']);
    proxy.close();
  });

  test('that is not one', async () => {
    const host = hostOf({ env: { ...TOKEN, HTTPS_PROXY: '::' } });
    await expect(gcpKmsProvider.wrap(keyOf(ID), PART, host)).rejects.toMatchObject({
      code: 'key',
      message: 'cannot create GCP KMS service: the proxy in HTTPS_PROXY is not a URL',
    });
  });
});

describe('credentials', () => {
  let rest: GcpService;
  const folder = new ProgramFolder();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

  beforeAll(async () => {
    rest = await startRest();
  });
  beforeEach(() => {
    rest.calls.splice(0);
  });
  afterAll(async () => {
    await rest.close();
    folder.remove();
  });

  /** Credentials of a service account which signs its own tokens. */
  const account = () =>
    JSON.stringify({
      type: 'service_account',
      client_email: 'sops@p1.example',
      private_key: pem,
      private_key_id: 'k',
    });
  const hostWith = (env: Record<string, string>) =>
    hostOf({ env: { ...REST, SOPS_GCP_KMS_ENDPOINT: rest.endpoint, ...NO_MACHINE, ...env }, cwd: folder.path });
  const bearer = async (env: Record<string, string>) => {
    await gcpKmsProvider.wrap(keyOf(ID), PART, hostWith(env));
    return rest.calls.at(-1)?.authorization;
  };

  test('a token as it is, without the line end of the command that printed it', async () => {
    expect(await bearer({ GOOGLE_OAUTH_ACCESS_TOKEN: 'abc\n' })).toBe('Bearer abc');
    await expect(bearer({ GOOGLE_OAUTH_ACCESS_TOKEN: 'a\nb' })).rejects.toMatchObject({
      code: 'key',
      message: 'cannot create GCP KMS service: GOOGLE_OAUTH_ACCESS_TOKEN is not a token',
    });
  });

  test('the project that pays, for each kind of them', async () => {
    for (const env of [TOKEN, { GOOGLE_CREDENTIALS: account() }]) {
      await bearer({ ...env, ...PAYER });
      expect(rest.calls.at(-1)?.payer).toBe('payer');
      await bearer(env);
      expect(rest.calls.at(-1)?.payer).toBeUndefined();
    }
  });

  test.each<[string, string | null, (text: string, file: string) => Record<string, string>]>([
    ['the value of GOOGLE_CREDENTIALS', null, (text) => ({ GOOGLE_CREDENTIALS: text, ...TOKEN })],
    ['the file of GOOGLE_CREDENTIALS', 'a.json', (_, file) => ({ GOOGLE_CREDENTIALS: file, ...TOKEN })],
    ['a file relative to the working directory', 'b.json', () => ({ GOOGLE_CREDENTIALS: 'b.json' })],
    ['that of GOOGLE_APPLICATION_CREDENTIALS', 'c.json', (_, file) => ({ GOOGLE_APPLICATION_CREDENTIALS: file })],
    ['the file that gcloud keeps', 'application_default_credentials.json', () => ({ CLOUDSDK_CONFIG: folder.path })],
  ])('%s', async (_, name, env) => {
    const file = name === null ? '' : folder.write(name, account());
    const [, payload = ''] = (await bearer(env(account(), file)))?.split('.') ?? [];
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      iss: 'sops@p1.example',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    });
  });

  test.each([
    ['/nonexistent/key.json', 'the credentials of GOOGLE_CREDENTIALS are not JSON'],
    ['{"private_key": "secret', 'the credentials of GOOGLE_CREDENTIALS are not JSON'],
    ['[]', /^the credentials of GOOGLE_CREDENTIALS (cannot be used: .*|are not JSON)$/],
    ['.', 'cannot read the file that GOOGLE_CREDENTIALS names: is a directory'],
  ])('%j are none', async (text, reason) => {
    const error = await bearer({ GOOGLE_CREDENTIALS: text }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'key' });
    const { message } = error as Error;
    expect(message.replace('cannot create GCP KMS service: ', '')).toMatch(reason);
    expect(message).not.toContain('secret');
    expect(rest.calls).toEqual([]);
  });

  test('a named file that is not there is not passed over', async () => {
    await expect(bearer({ GOOGLE_APPLICATION_CREDENTIALS: 'absent.json' })).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(
        /^cannot create GCP KMS service: cannot read the credentials: no such file or directory: /,
      ),
    });
  });

  test('those of the machine come from its metadata server', async () => {
    const token = JSON.stringify({ access_token: 'of-the-machine', expires_in: 3600, token_type: 'Bearer' });
    const headers = { 'content-type': 'application/json', 'metadata-flavor': 'Google' };
    const metadata = await HttpService.start(() => ({ headers, body: token }));
    const address = new URL(metadata.url).host;
    // The package reads it from the process.
    vi.stubEnv('GCE_METADATA_HOST', address);
    expect(await bearer({ METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: address })).toBe('Bearer of-the-machine');
    expect(metadata.received[0]?.path).toMatch(/^\/computeMetadata\/v1\/instance\/service-accounts\/default\/token/);
    vi.unstubAllEnvs();
    await metadata.close();
  });

  test('another universe gets no token', async () => {
    const env = { ...REST, ...TOKEN, SOPS_GCP_KMS_UNIVERSE_DOMAIN: 'universe.example' };
    await expect(gcpKmsProvider.wrap(keyOf(ID), PART, hostOf({ env }))).rejects.toMatchObject({
      code: 'key',
      message:
        'cannot create GCP KMS service: the configured universe domain (universe.example) does not match that of the credentials (googleapis.com)',
    });
  });
});

function keyOf(id: string, enc = ''): MasterKey {
  return { type: 'gcp_kms', fields: new Map([['resource_id', id]]), enc };
}

test.skipIf(process.platform === 'win32').each([
  ['gRPC', TLS],
  ['REST', REST],
])('a program that gives credentials and hangs is told of, and ended with the call (%s)', async (_, own) => {
  const programs = new ProgramFolder();
  vi.stubEnv(...ALLOWED);
  const told: string[] = [];
  const begin = (what: string) => {
    told.push(what);
    return { now: () => undefined, end: () => undefined };
  };
  const host = { ...hostOf({ env: { ...own, GOOGLE_CREDENTIALS: hangingCredentials(programs) } }), begin };
  const stop = new AbortController();
  const wrapped = gcpKmsProvider.wrap(keyOf(ID), PART, host, stop.signal).catch((error: unknown) => error);
  await vi.waitUntil(() => programs.lines('pid').some((line) => line !== ''), { timeout: 10_000 });
  stop.abort(new Error('too long'));
  await untilEnded(programs);
  await wrapped;
  expect(told).toEqual(['waiting for the Google credentials']);
  programs.remove();
  vi.unstubAllEnvs();
});
