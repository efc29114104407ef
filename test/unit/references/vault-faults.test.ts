/** A Vault that is slow, down, busy, denies or answers half: a clear error or another try, never a program that was started, and all given back. */
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { HttpService, type Received, type Reply, unusedPort } from '../keys/http-service.js';

const test = sampledTest(2);

const TOKEN = 'token-of-the-log-in';
const desk = new Desk();
let server: HttpService;
/** What the server says of some paths instead; called with how often the path was asked for. */
let faults: Readonly<Record<string, (time: number) => Reply | undefined>> = {};

beforeAll(async () => {
  desk.write('one.yaml', await desk.encrypt('one.yaml', 'A: ref+vault://kv/app#/k\n'));
  desk.write(
    'two.yaml',
    await desk.encrypt('two.yaml', 'A: ref+vault://database/creds/app#/user\nB: ref+vault://kv/app#/k\n'),
  );
});
beforeEach(async () => {
  faults = {};
  server = await HttpService.start(answer);
});
afterEach(() => server.close());
afterAll(() => desk.remove());

const json = (body: object, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: JSON.stringify(body),
});

function answer({ path }: Received): Reply {
  const time = server.received.filter((one) => one.path === path).length;
  const fault = faults[path]?.(time);
  if (fault) return fault;
  if (path === '/v1/auth/approle/login')
    return json({ auth: { client_token: TOKEN, lease_duration: 3600, renewable: true } });
  if (path.startsWith('/v1/sys/internal/ui/mounts/kv'))
    return json({ data: { path: 'kv/', options: { version: '2' } } });
  if (path === '/v1/kv/data/app') return json({ data: { data: { k: 'value' }, metadata: { version: 1 } } });
  if (path === '/v1/database/creds/app') {
    return json({
      lease_id: 'database/creds/app/x',
      lease_duration: 3600,
      renewable: true,
      data: { user: 'u', password: 'p' },
    });
  }
  if (/^\/v1\/(?:sys\/leases\/revoke|auth\/token\/revoke-self)$/.test(path)) return { status: 204, body: '' };
  return json({ errors: [] }, 404);
}

const env = (more: Record<string, string> = {}): Record<string, string> => ({
  VAULT_ADDR: server.url,
  VAULT_AUTH_METHOD: 'approle',
  VAULT_ROLE_ID: 'role',
  VAULT_SECRET_ID: 'hush',
  ...more,
});
const get = (more?: Record<string, string>): Promise<Ran> =>
  desk.run(['refs', 'get', 'ref+vault://kv/app#/k'], { env: env(more) });
const start = (file: string, more?: Record<string, string>): Promise<Ran> =>
  desk.run(['exec-env', '--resolve-refs', file, '--', 'sh', '-c', 'echo "started $A"'], { env: env(more) });
const asked = (path: string): number => server.received.filter((one) => one.path === path).length;
const LOGOUT = '/v1/auth/token/revoke-self';
const SECRET = '/v1/kv/data/app';

describe('the token of a log-in', () => {
  test('is given back when what it read has been printed', async () => {
    expect((await get()).stdout.toString()).toBe('value');
    expect((await desk.run(['decrypt', '--resolve-refs', 'one.yaml'], { env: env() })).stdout.toString()).toBe(
      'A: value\n',
    );
    expect(asked(LOGOUT)).toBe(2);
    expect(server.received.at(-1)?.headers['x-vault-token']).toBe(TOKEN);
  });

  test('stays where it made credentials that were printed', async () => {
    const ran = await desk.run(['refs', 'get', 'ref+vault://database/creds/app#/user'], { env: env() });
    expect([ran.stdout.toString(), asked(LOGOUT)]).toEqual(['u', 0]);
  });

  test('is given back when something fails, credentials that nobody got included', async () => {
    faults = { [SECRET]: () => json({ errors: ['permission denied'] }, 403) };
    desk.write('plain.yaml', 'A: ref+vault://database/creds/app#/user\nB: ref+vault://kv/app#/k\n');
    const ran = await desk.run(['refs', 'eval', 'plain.yaml'], { env: env() });
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect([asked('/v1/sys/leases/revoke'), asked(LOGOUT)]).toEqual([1, 1]);
  });
});

describe('a program is not started, and what was lent is given back', () => {
  test.each<[string, Reply, number, string]>([
    ['it denies', json({ errors: ['permission denied'] }, 403), 77, 'permission denied'],
    ['it is sealed', json({ errors: ['Vault is sealed'] }, 503, { 'retry-after': '0' }), 69, 'Vault is sealed'],
    ['it is busy for long', json({ errors: ['quota'] }, 429, { 'retry-after': '3600' }), 69, '429'],
    ['it answers half', { body: '{"data": {"data": {"k": "val' }, 69, 'cannot be understood'],
    ['it answers a page', { body: '<html>log in</html>' }, 69, 'cannot be understood'],
    [
      'the connection ends within its answer',
      { headers: { 'content-length': '1000' }, body: '{"data"' },
      69,
      'cannot reach',
    ],
  ])('when %s', async (_, reply, status, said) => {
    faults = { [SECRET]: () => reply };
    const ran = await start('two.yaml', { VAULT_CLIENT_TIMEOUT: '5', VAULT_MAX_RETRIES: '1' });
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).not.toMatch(/hush|token-of-the-log-in/);
    expect([asked('/v1/sys/leases/revoke'), asked(LOGOUT)]).toEqual([1, 1]);
  });

  test('when it does not let in', async () => {
    faults = { '/v1/auth/approle/login': () => json({ errors: ['invalid role or secret ID'] }, 400) };
    const ran = await start('one.yaml');
    expect([ran.status, ran.stdout.toString(), asked(LOGOUT)]).toEqual([77, '', 0]);
  });

  test('when it is down', async () => {
    const ran = await start('one.yaml', { VAULT_ADDR: `http://127.0.0.1:${await unusedPort()}` });
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
    expect(ran.stderr).toContain('connection refused');
  });

  test('when it takes connections and never answers', async () => {
    const deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const { port } = deaf.address() as { port: number };
    const ran = await start('one.yaml', {
      VAULT_ADDR: `http://127.0.0.1:${port}`,
      VAULT_CLIENT_TIMEOUT: '1',
      VAULT_MAX_RETRIES: '0',
    });
    deaf.close();
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
    expect(ran.stderr).toContain('no answer in time');
  });

  test('when the token runs out between two secrets', async () => {
    faults = {
      '/v1/sys/internal/ui/mounts/kv/app': () => json({ errors: ['permission denied', 'invalid token'] }, 403),
    };
    const ran = await start('two.yaml');
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(ran.stderr).toContain('invalid token');
  });
});

test('credentials of AWS are made once, and given back; what they do not have is not text', async () => {
  const data = { access_key: 'AKIA', secret_key: 'secret', security_token: null };
  const lent = json({ lease_id: 'aws/creds/app/x', lease_duration: 3600, renewable: true, data });
  faults = { '/v1/aws/creds/app': () => lent };
  const at = 'ref+vault://aws/creds/app';
  const text = `A: ${at}#/access_key\nB: ${at}#/secret_key\n`;
  desk.write('aws.yaml', await desk.encrypt('aws.yaml', text));
  expect((await start('aws.yaml')).stdout.toString()).toBe('started AKIA\n');
  expect([asked('/v1/aws/creds/app'), asked('/v1/sys/leases/revoke')]).toEqual([1, 1]);
  desk.write('none.yaml', await desk.encrypt('none.yaml', `A: ${at}#/security_token\n`));
  expect((await start('none.yaml')).status).toBe(66);
  expect(asked('/v1/sys/leases/revoke')).toBe(2);
});

describe('another try', () => {
  test('comes when it says so, and gives the value', async () => {
    faults = {
      [SECRET]: (time) => (time === 1 ? json({ errors: ['quota'] }, 429, { 'retry-after': '1' }) : undefined),
    };
    const before = Date.now();
    expect((await start('one.yaml')).stdout.toString()).toBe('started value\n');
    expect(Date.now() - before).toBeGreaterThanOrEqual(1000);
    expect(asked(SECRET)).toBe(2);
  });

  test('comes when a replica lags behind', async () => {
    faults = {
      [SECRET]: (time) =>
        time === 1 ? json({ errors: ['index not present'] }, 412, { 'retry-after': '0' }) : undefined,
    };
    expect((await get()).stdout.toString()).toBe('value');
  });
});

describe('what makes something each time', () => {
  const body = '{"lease_id": "x", "data": {"user": "u"}}';

  test.each([
    ['credentials', '/v1/database/creds/app'],
    ['a log-in', '/v1/auth/approle/login'],
  ])('is not asked for twice when the connection is lost: %s', async (_, path) => {
    faults = { [path]: () => ({ body, breaksOff: true }) };
    const ran = await start('two.yaml');
    expect([ran.status, ran.stdout.toString(), asked(path)]).toEqual([69, '', 1]);
  });

  test('a secret is asked for again', async () => {
    faults = { [SECRET]: (time) => (time === 1 ? { body, breaksOff: true } : undefined) };
    expect((await start('one.yaml')).stdout.toString()).toBe('started value\n');
  });
});

describe('a redirect', () => {
  test('to the same host is followed', async () => {
    faults = {
      [SECRET]: () => ({ status: 307, headers: { location: `${server.url}/v1/kv/data/app?active=1` }, body: '' }),
    };
    faults = {
      ...faults,
      '/v1/kv/data/app?active=1': () => json({ data: { data: { k: 'moved' }, metadata: { version: 1 } } }),
    };
    expect((await get()).stdout.toString()).toBe('moved');
  });

  test('to another host is not, and the token goes nowhere', async () => {
    const other = await HttpService.start(() => json({ data: { data: { k: 'stolen' } } }));
    faults = { [SECRET]: () => ({ status: 307, headers: { location: `${other.url}/v1/kv/data/app` }, body: '' }) };
    const ran = await get();
    await other.close();
    expect([ran.status, ran.stdout.toString(), other.received.length]).toEqual([77, '', 0]);
    expect(ran.stderr).toContain('VAULT_ADDR');
  });
});
