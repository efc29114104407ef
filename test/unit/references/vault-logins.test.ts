/** The log-ins at Vault of references: what is sent where, by the reference or by the environment, and what a refusal says. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { CERTIFICATE, TLS } from '../keys/azure-service.js';
import { HttpService, type Received, type Reply } from '../keys/http-service.js';

const desk = new Desk();
let server: HttpService;
let lets = true;

beforeAll(async () => {
  server = await HttpService.start(answer, TLS);
  desk.write('jwt', 'token-of-the-job\n');
  desk.write('password', 'word-of-bob\n');
});
beforeEach(() => {
  lets = true;
  server.received.length = 0;
});
afterAll(async () => {
  await server.close();
  desk.remove();
});

const json = (body: object, status = 200): Reply => ({ status, body: JSON.stringify(body) });

function answer({ path, body, headers }: Received): Reply {
  if (/\/login(?:\/|$)/.test(path)) {
    if (!lets) return json({ errors: [`no entry with ${body}`] }, 400);
    return json({ auth: { client_token: 'token-of-the-log-in', lease_duration: 60, renewable: true } });
  }
  if (headers['x-vault-token'] !== 'token-of-the-log-in') return json({ errors: ['permission denied'] }, 403);
  if (path === '/v1/kv/app') return json({ data: { k: 'value' } });
  return path.startsWith('/v1/sys/internal') ? json({ data: { path: 'kv/', options: null } }) : json({});
}

const get = (query: string, env: Readonly<Record<string, string>>): Promise<Ran> =>
  desk.run(['refs', 'get', `ref+vault://kv/app${query}#/k`], {
    env: { VAULT_ADDR: server.url, VAULT_CACERT: CERTIFICATE, ...env },
  });

const BOB = { username: 'bob', password: 'word-of-bob' };

describe('a log-in', () => {
  test.each<[string, string, Record<string, string>, string, object]>([
    [
      'of a role with its secret',
      '',
      { VAULT_AUTH_METHOD: 'approle', VAULT_ROLE_ID: 'app', VAULT_SECRET_ID: 'hush' },
      'approle/login',
      { role_id: 'app', secret_id: 'hush' },
    ],
    [
      'of a pod',
      '?auth_method=kubernetes&role=app',
      { VAULT_KUBERNETES_JWT_TOKEN_PATH: 'jwt', VAULT_KUBERNETES_MOUNT_POINT: '/clusters/one/' },
      'clusters/one/login',
      { role: 'app', jwt: 'token-of-the-job' },
    ],
    [
      'of a job',
      '',
      { VAULT_AUTH_METHOD: 'jwt', VAULT_ROLE: 'ci', VAULT_JWT: 'token-of-the-job' },
      'jwt/login',
      { role: 'ci', jwt: 'token-of-the-job' },
    ],
    [
      'of a job whose token is in a file',
      '?auth_method=jwt&role=ci',
      { VAULT_JWT_FILE: 'jwt', VAULT_LOGIN_MOUNT_POINT: 'gitlab' },
      'gitlab/login',
      { role: 'ci', jwt: 'token-of-the-job' },
    ],
    [
      'of a person',
      '?auth_method=userpass&username=bob',
      { VAULT_PASSWORD_ENV: 'WORD', WORD: 'word-of-bob' },
      'userpass/login/bob',
      { password: BOB.password },
    ],
    [
      'of a person in a directory',
      '',
      { VAULT_AUTH_METHOD: 'ldap', VAULT_USERNAME: 'bob', VAULT_PASSWORD_FILE: 'password' },
      'ldap/login/bob',
      { password: BOB.password },
    ],
    ['by a certificate', '', { VAULT_AUTH_METHOD: 'cert', VAULT_ROLE: 'web' }, 'cert/login', { name: 'web' }],
  ])('%s', async (_, query, env, path, body) => {
    const ran = await get(query, env);
    expect([ran.stderr, ran.stdout.toString()]).toEqual(['', 'value']);
    const [first] = server.received;
    expect([first?.path, JSON.parse(first?.body ?? ''), first?.headers['x-vault-token']]).toEqual([
      `/v1/auth/${path}`,
      body,
      undefined,
    ]);
    expect(server.received.at(-1)?.path).toBe('/v1/auth/token/revoke-self');
  });

  test.each<[string, Record<string, string>]>([
    ['approle', { VAULT_ROLE_ID: 'app', VAULT_SECRET_ID: 'hush-of-the-role' }],
    ['jwt', { VAULT_ROLE: 'ci', VAULT_JWT: 'token-of-the-job' }],
    ['ldap', { VAULT_USERNAME: 'bob', VAULT_PASSWORD_FILE: 'password' }],
  ])('that is refused says so without what was sent: %s', async (method, env) => {
    lets = false;
    const ran = await get('', { VAULT_AUTH_METHOD: method, ...env });
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(ran.stderr).toContain(`auth/${method}/login`);
    expect(ran.stderr).not.toMatch(/hush-of-the-role|token-of-the-job|word-of-bob/);
  });

  test.each([
    ['approle', 'VAULT_ROLE_ID'],
    ['jwt', 'VAULT_JWT_FILE'],
    ['ldap', 'VAULT_USERNAME'],
    ['kubernetes', 'kubernetes.io/serviceaccount/token'],
  ])('that lacks something names it, and asks nobody: %s', async (method, word) => {
    const ran = await get('', { VAULT_AUTH_METHOD: method, VAULT_KUBERNETES_JWT_TOKEN_PATH: '' });
    expect([ran.status, server.received.length]).toEqual([77, 0]);
    expect(ran.stderr).toContain(word);
  });

  test('to a server on this machine with a certificate that nobody vouches for is not made', async () => {
    const ran = await desk.run(['refs', 'get', 'ref+vault://kv/app#/k'], {
      env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'token-of-the-log-in' },
    });
    expect([ran.status, ran.stdout.toString(), server.received.length]).toEqual([69, '', 0]);
  });
});
