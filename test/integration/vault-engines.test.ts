/** What engines of a real OpenBao lend: users of a RabbitMQ, tokens of a Kubernetes, certificates; and a log-in in a browser (BAO_BIN). */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { BAO, Bao } from '../support/bao.js';
import { announceSkipped } from '../support/programs.js';
import { type Ran, run } from '../support/run.js';
import { HttpService, type Received, type Reply, unusedPort } from '../unit/keys/http-service.js';
import { ProgramFolder } from '../unit/keys/programs.js';

if (!BAO) announceSkipped(11, 'there is no bao program');

const folder = mkdtempSync(join(tmpdir(), 'engines-'));
const programs = new ProgramFolder();
let server: Bao | undefined;
const services: HttpService[] = [];
const bao = (...args: string[]): string => server?.run(...args) ?? '';
const env = (): Record<string, string> => ({
  HOME: join(folder, 'home'),
  PATH: process.env.PATH ?? '',
  VAULT_ADDR: server?.url ?? '',
  VAULT_CACERT: join(folder, 'vault-ca.pem'),
  VAULT_TOKEN: 'root',
  VAULT_MAX_RETRIES: '0',
});

beforeAll(async () => {
  if (BAO) server = await Bao.start(folder);
});
afterAll(async () => {
  await server?.stop();
  for (const service of services) await service.close();
  rmSync(folder, { recursive: true, force: true });
  programs.remove();
});

/** Runs a script with what references lead to in its environment. */
function exec(
  references: Readonly<Record<string, string>>,
  script: string,
  flags: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const lines = Object.entries(references).map(([name, text]) => `${name}: ${text}\n`);
  writeFileSync(join(folder, 'doc.yaml'), lines.join(''));
  const words = ['refs', 'exec', '-i', '-f', 'doc.yaml', ...flags, '--', 'sh', '-c', script];
  return run(words, { cwd: folder, env: { ...env(), ...more }, stdin: '' });
}

async function serve(answer: (request: Received) => Reply): Promise<HttpService> {
  const service = await HttpService.start(answer);
  services.push(service);
  return service;
}

const json = (body: object, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

function signedToken(claims: object): string {
  const parts = [{ alg: 'RS256', kid: 'k' }, claims].map((part) => Buffer.from(JSON.stringify(part)));
  const text = parts.map((part) => part.toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}

describe.skipIf(!BAO)('a user of RabbitMQ', () => {
  const users = new Map<string, string>();
  beforeAll(async () => {
    const management = await serve(({ method, path, body }) => {
      const [, kind = '', name = ''] = /^\/api\/(users|permissions)(?:\/[^/]+)??\/([^/?]+)$/.exec(path) ?? [];
      if (kind === 'users' && method === 'PUT') users.set(name, JSON.parse(body).password);
      if (kind === 'users' && method === 'DELETE') users.delete(name);
      return { status: 204, body: '' };
    });
    bao('secrets', 'enable', 'rabbitmq');
    const config = [`connection_uri=${management.url}`, 'username=admin', 'password=admin', 'verify_connection=false'];
    bao('write', 'rabbitmq/config/connection', ...config);
    bao('write', 'rabbitmq/config/lease', 'ttl=3', 'max_ttl=60');
    bao('write', 'rabbitmq/roles/app', 'vhosts={"/":{"configure":".*","write":".*","read":".*"}}');
  });

  test('is there while the program runs, beyond its first time, and gone after it', async () => {
    const at = 'ref+vault://rabbitmq/creds/app';
    const running = exec({ U: `${at}#/username`, P: `${at}#/password` }, 'echo "$U $P"; sleep 5');
    const ran = await running;
    const [name = '', password = ''] = ran.stdout.toString().trim().split(' ');
    expect([ran.status, name.length > 10, password.length > 10, users.has(name)]).toEqual([0, true, true, false]);
    expect(ran.stderr).not.toContain(password);
  });
});

describe.skipIf(!BAO)('a token of Kubernetes', () => {
  beforeAll(async () => {
    const api = await serve(({ method, path }) => {
      if (method !== 'POST' || path !== '/api/v1/namespaces/prod/serviceaccounts/app/token') return json({}, 404);
      const now = Math.floor(Date.now() / 1000);
      const token = signedToken({ iat: now, exp: now + 600 });
      return json({ kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', status: { token } }, 201);
    });
    bao('secrets', 'enable', 'kubernetes');
    const config = [`kubernetes_host=${api.url}`, 'service_account_jwt=e30.e30.e30', 'disable_local_ca_jwt=true'];
    bao('write', 'kubernetes/config', ...config);
    bao('write', 'kubernetes/roles/app', 'allowed_kubernetes_namespaces=*', 'service_account_name=app');
  });

  test('is made for the namespace that the reference names', async () => {
    const at = 'ref+vault://kubernetes/creds/app?kubernetes_namespace=prod';
    const ran = await exec(
      { T: `${at}#/service_account_token`, N: `${at}#/service_account_namespace` },
      'echo "$N $T"',
    );
    expect([ran.stderr, ran.stdout.toString()]).toEqual(['', expect.stringMatching(/^prod \S+\.\S+\.\S+\n$/)]);
  });
});

describe.skipIf(!BAO)('a certificate', () => {
  beforeAll(() => {
    if (!BAO) return;
    bao('secrets', 'enable', 'pki');
    bao('write', 'pki/root/generate/internal', 'common_name=example.com', 'ttl=10h');
    bao('write', 'pki/roles/app', 'allowed_domains=example.com', 'allow_subdomains=true', 'max_ttl=1h');
  });
  const at = (ttl: string): string => `ref+vault://pki/issue/app?common_name=a.example.com&ttl=${ttl}#/serial_number`;

  test('that ends ends the program', async () => {
    const ran = await exec({ S: at('5s') }, 'exec sleep 30');
    expect([ran.status, ran.stderr]).toEqual([75, expect.stringContaining('the certificate pki/issue/app')]);
  });

  test('that ends is made anew for a new program, where that is asked for', async () => {
    const script = 'echo $S >> serials; [ $(wc -l < serials) = 2 ] && exit 4; exec sleep 30';
    const ran = await exec({ S: at('5s') }, script, ['--on-rotate', 'restart']);
    const serials = new Set(readFileSync(join(folder, 'serials'), 'utf8').trim().split('\n'));
    expect([ran.status, serials.size]).toEqual([4, 2]);
  });

  test('of SSH, too', async () => {
    bao('secrets', 'enable', 'ssh');
    bao('write', 'ssh/config/ca', 'generate_signing_key=true');
    bao('write', 'ssh/roles/ca', 'key_type=ca', 'allow_user_certificates=true', 'allowed_users=*', 'max_ttl=1h');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl2yqYtyRdA7ZDY5dN2qZ0hYo2N9xVCkGtHw8t5mF2d';
    const signed = `ref+vault://ssh/sign/ca?public_key=${encodeURIComponent(key)}&valid_principals=joe&ttl=5s`;
    const ran = await exec({ S: `${signed}#/signed_key` }, 'exec sleep 30');
    expect([ran.status, ran.stderr]).toEqual([75, expect.stringContaining('the certificate ssh/sign/ca')]);
  });

  test('that outlives the program is left alone', async () => {
    const ran = await exec({ S: at('10m') }, 'exit 3');
    expect([ran.status, ran.stderr]).toEqual([3, 'exit status 3\n']);
  });
});

describe.skipIf(!BAO)('a log-in in a browser', () => {
  let provider: HttpService;
  let port: number;
  /** What the person does at the provider's page. */
  let answers: 'in' | 'no' = 'in';
  const nonces = new Map<string, string>();

  function provide({ path, body }: Received): Reply {
    const url = new URL(path, provider.url);
    if (url.pathname === '/.well-known/openid-configuration') {
      const [at, all] = [provider.url, ['RS256']];
      return json({
        ...{
          issuer: at,
          authorization_endpoint: `${at}/authorize`,
          token_endpoint: `${at}/token`,
          jwks_uri: `${at}/keys`,
        },
        ...{
          id_token_signing_alg_values_supported: all,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
        },
      });
    }
    if (url.pathname === '/keys')
      return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }] });
    if (url.pathname === '/authorize') return authorized(url.searchParams);
    const nonce = nonces.get(new URLSearchParams(body).get('code') ?? '') ?? '';
    return json({ access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken(nonce) });
  }

  function authorized(query: URLSearchParams): Reply {
    const back = new URL(query.get('redirect_uri') ?? '');
    const code = randomUUID();
    nonces.set(code, query.get('nonce') ?? '');
    const said = answers === 'in' ? { code } : { error: 'access_denied', error_description: 'Alice does not want to' };
    back.search = new URLSearchParams({ ...said, state: query.get('state') ?? '' }).toString();
    return { status: 302, headers: { location: back.href }, body: '' };
  }

  function idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000);
    return signedToken({ iss: provider.url, aud: 'client', sub: 'alice', iat: now, exp: now + 60, nonce });
  }

  beforeAll(async () => {
    provider = await serve(provide);
    port = await unusedPort();
    bao('kv', 'put', '-mount=secret', 'app', 'k=for alice');
    writeFileSync(join(folder, 'alice.hcl'), 'path "secret/data/*" { capabilities = ["read"] }');
    bao('policy', 'write', 'alice', join(folder, 'alice.hcl'));
    bao('auth', 'enable', 'oidc');
    const client = ['oidc_client_id=client', 'oidc_client_secret=hush', 'default_role=people'];
    // The server asks the provider, which is in this process.
    await server?.runAside('write', 'auth/oidc/config', `oidc_discovery_url=${provider.url}`, ...client);
    const role = ['role_type=oidc', 'bound_audiences=client', 'user_claim=sub', 'token_policies=alice'];
    bao('write', 'auth/oidc/role/people', ...role, `allowed_redirect_uris=http://localhost:${port}/oidc/callback`);
  });
  beforeEach(() => {
    answers = 'in';
    // It follows redirects, as browsers do; and notes what it was given of the environment.
    programs.addScript(
      'browser',
      `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'browser-env'))}, JSON.stringify(process.env));
      fetch(process.argv[2]).then((answer) => answer.text())`,
    );
  });

  const logIn = (more: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    const { VAULT_TOKEN: _, ...others } = env();
    const own = { VAULT_AUTH_METHOD: 'oidc', BROWSER: join(programs.path, 'browser'), SOPS_TS_OIDC_PORT: String(port) };
    return run(['refs', 'get', 'ref+vault://secret/app#/k'], {
      cwd: folder,
      env: { ...others, ...own, DISPLAY: ':0', SOPS_AGE_KEY: 'AGE-SECRET-KEY', ...more },
      stdin: '',
    });
  };

  test('gives what the person may read, and the browser no keys', async () => {
    const ran = await logIn();
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'for alice']);
    expect(ran.stderr).toContain(`log in at Vault in your browser, at ${provider.url}/authorize?`);
    const given = JSON.parse(readFileSync(join(folder, 'browser-env'), 'utf8'));
    expect([given.DISPLAY, given.SOPS_AGE_KEY, given.VAULT_ADDR]).toEqual([':0', undefined, undefined]);
  });

  test('that the person refuses is told', async () => {
    answers = 'no';
    const ran = await logIn();
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(ran.stderr).toContain('Alice does not want to');
  });

  test('needs a role that the server knows, and a port that is free', async () => {
    const unknown = await logIn({ VAULT_ROLE: 'nobody' });
    expect([unknown.status, unknown.stderr]).toEqual([77, expect.stringMatching(/role/)]);
    const taken = await logIn({ SOPS_TS_OIDC_PORT: new URL(provider.url).port });
    expect([taken.status, taken.stderr]).toEqual([77, expect.stringContaining('SOPS_TS_OIDC_PORT')]);
  });
});

// The last: afterwards there is no server.
describe.skipIf(!BAO)('a program with a user of RabbitMQ is told to end', () => {
  const at = 'ref+vault://rabbitmq/creds/app#/username';
  const started = async (more: Readonly<Record<string, string>> = {}): Promise<() => Promise<Ran>> => {
    rmSync(join(folder, 'started'), { force: true });
    const running = exec({ U: at }, 'echo $U > started; exec sleep 30', [], more);
    await vi.waitUntil(() => existsSync(join(folder, 'started')), { timeout: 30_000 });
    return () => running;
  };

  test('when its token is taken away', async () => {
    const policy = join(folder, 'rabbit.hcl');
    writeFileSync(
      policy,
      'path "rabbitmq/*" { capabilities = ["read"] }\npath "sys/leases/*" { capabilities = ["update"] }',
    );
    bao('policy', 'write', 'rabbit', policy);
    const token = bao('token', 'create', '-policy=rabbit', '-field=token');
    const running = await started({ VAULT_TOKEN: token });
    await server?.runAside('token', 'revoke', token);
    const ran = await running();
    expect([ran.status, ran.stderr]).toEqual([75, expect.stringContaining('could not be renewed')]);
    expect(ran.stderr).not.toContain(token);
  });

  test('when the store is gone, and its time is over', async () => {
    const running = await started();
    await server?.stop();
    server = undefined;
    const ran = await running();
    expect([ran.status, ran.stderr]).toEqual([
      75,
      expect.stringMatching(/could not be renewed.*(?:cannot reach|refused)/s),
    ]);
  });
});
