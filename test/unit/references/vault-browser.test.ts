/** Logging in at Vault with a browser, against a server of the tests' own; a program stands for the browser. The real OpenBao is in the integration tests. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { HttpService, type Received, type Reply, unusedPort } from '../keys/http-service.js';
import { ProgramFolder } from '../keys/programs.js';

const desk = new Desk();
const programs = new ProgramFolder();
let server: HttpService;
let port: number;
/** What the provider sends the browser back with, beside the state. */
let back: Readonly<Record<string, string>>;
/** Whether somebody else comes to the listener first. */
let hasStranger: boolean;
let nonce = '';

beforeAll(() => {
  programs.addScript('browser', 'fetch(process.argv[2]).then((answer) => answer.text())');
});
beforeEach(async () => {
  back = { code: 'code-of-the-provider' };
  hasStranger = false;
  port = await unusedPort();
  server = await HttpService.start(answer);
});
afterEach(() => server.close());
afterAll(() => {
  desk.remove();
  programs.remove();
});

const json = (body: object, status = 200): Reply => ({ status, body: JSON.stringify(body) });

async function answer({ path, body, headers }: Received): Promise<Reply> {
  const url = new URL(path, server.url);
  if (url.pathname === '/v1/auth/people/oidc/auth_url') {
    const asked = JSON.parse(body);
    nonce = asked.client_nonce;
    const page = `${server.url}/authorize?${new URLSearchParams({ state: 'st', redirect_uri: asked.redirect_uri })}`;
    return json({ data: { auth_url: asked.role === 'nobody' ? '' : page } });
  }
  if (url.pathname === '/authorize') {
    const target = url.searchParams.get('redirect_uri') ?? '';
    if (hasStranger) expect((await fetch(`${target}?code=theirs&state=other`)).status).toBe(400);
    return {
      status: 302,
      headers: { location: `${target}?${new URLSearchParams({ ...back, state: 'st' })}` },
      body: '',
    };
  }
  if (url.pathname === '/v1/auth/people/oidc/callback') {
    const { code, client_nonce: given } = Object.fromEntries(url.searchParams);
    if (code !== 'code-of-the-provider' || given !== nonce) return json({ errors: [`no: ${code} ${given}`] }, 400);
    return json({ auth: { client_token: 'token-of-alice', lease_duration: 60, renewable: true } });
  }
  if (url.pathname.endsWith('/revoke-self')) return { status: 204, body: '' };
  if (headers['x-vault-token'] !== 'token-of-alice') return json({ errors: ['permission denied'] }, 403);
  if (url.pathname.startsWith('/v1/sys/internal/')) return json({ data: { path: 'kv/', options: { version: '2' } } });
  return json({ data: { data: { k: 'value' }, metadata: { version: 1 } } });
}

const logIn = (more: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  desk.run(['refs', 'get', 'ref+vault://kv/app#/k'], {
    env: {
      ...{ VAULT_ADDR: server.url, VAULT_AUTH_METHOD: 'oidc', VAULT_LOGIN_MOUNT_POINT: 'people' },
      ...{ SOPS_TS_OIDC_PORT: String(port), BROWSER: `${programs.path}/browser`, VAULT_MAX_RETRIES: '0', ...more },
    },
  });

describe('a log-in with a browser', () => {
  test('gives a token, which is given back in the end; a stranger at the listener changes nothing', async () => {
    hasStranger = true;
    const ran = await logIn();
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'value']);
    expect(server.received.at(-1)?.path).toBe('/v1/auth/token/revoke-self');
    expect(ran.stderr).not.toMatch(new RegExp(`token-of-alice|code-of-the-provider|${nonce}`));
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>, string]>([
    ['the person refuses', { error: 'access_denied', error_description: 'not today' }, {}, 'not today'],
    ['Vault does not take the code', { code: 'wrong-code' }, {}, 'Vault answered 400: no: … …'],
    ['the role is none', {}, { VAULT_ROLE: 'nobody' }, 'allowed_redirect_uris'],
    ['the port is none', {}, { SOPS_TS_OIDC_PORT: '99999' }, 'SOPS_TS_OIDC_PORT is not a port'],
    ['nobody comes', {}, { BROWSER: 'none', SOPS_TS_KEY_TIMEOUT: '0.01' }, 'did not answer within'],
  ])('fails when %s', async (_, brought, env, said) => {
    back = brought;
    const ran = await logIn(env);
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).not.toMatch(new RegExp(`wrong-code|${nonce || 'never'}`));
  });
});
