/** What a reference to Vault asks for beyond its path is done, or told: never another value in silence. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { HttpService, type Received, type Reply } from '../keys/http-service.js';

const desk = new Desk();
let server: HttpService;
beforeAll(async () => {
  server = await HttpService.start(answer);
});
afterAll(async () => {
  await server.close();
  desk.remove();
});

const json = (body: object, status = 200): Reply => ({ status, body: JSON.stringify(body) });

function answer({ path }: Received): Reply {
  const [, mount = ''] = /^\/v1\/sys\/internal\/ui\/mounts\/(\w+)/.exec(path) ?? [];
  if (mount !== '') return json({ data: { path: `${mount}/`, options: { version: mount === 'kv' ? '2' : '1' } } });
  const data = { coded: 'aGVsbG8=', plain: 'not base64!' };
  if (path === '/v1/old/app') return json({ data });
  if (path === '/v1/kv/data/app') return json({ data: { data, metadata: { version: 2 } } });
  return json({ errors: [] }, 404);
}

const get = (reference: string, env: Record<string, string> = {}): Promise<Ran> =>
  desk.run(['refs', 'get', reference], { env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'token', ...env } });

describe('version', () => {
  test('of a mount without versions is an error, where the current value would be another', async () => {
    const ran = await get('ref+vault://old/app?version=1#/plain');
    expect([ran.status, ran.stdout.toString()]).toEqual([66, '']);
    expect(ran.stderr).toContain('there are no versions at old/app');
  });

  test('of the environment is for those that have some', async () => {
    expect((await get('ref+vault://old/app#/plain', { VALS_VERSION: '1' })).stdout.toString()).toBe('not base64!');
  });

  test('that is not there is named', async () => {
    expect((await get('ref+vault://kv/app?version=9#/plain')).stderr).toContain('no version 9 of a secret at kv/app');
  });
});

describe('decode', () => {
  test('of what is not base64 is an error without the value', async () => {
    const ran = await get('ref+vault://kv/app/plain?decode=base64');
    expect([ran.status, ran.stdout.toString()]).toEqual([65, '']);
    expect(ran.stderr).not.toContain('not base64!');
  });

  test('counts for a field that the path names; with a fragment it is told that it does not', async () => {
    expect((await get('ref+vault://kv/app/coded?decode=base64')).stdout.toString()).toBe('hello');
    const ran = await get('ref+vault://kv/app?decode=base64#/coded');
    expect(ran.stdout.toString()).toBe('aGVsbG8=');
    expect(ran.stderr).toContain('?decode=base64 counts without #/KEY alone');
  });
});

test.each(['kv/../sys/mounts#/x', 'kv/%2e%2e/app#/plain', 'kv/./app#/plain'])('%s is not a path', async (path) => {
  const ran = await get(`ref+vault://${path}`);
  expect([ran.status, ran.stdout.toString()]).toEqual([65, '']);
});
