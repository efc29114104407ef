/** How often Vault is asked: once a secret and once a mount, however many references there are. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { HttpService } from '../keys/http-service.js';

const desk = new Desk();
let server: HttpService;

beforeAll(async () => {
  server = await HttpService.start(({ path }) => {
    const isMount = path.startsWith('/v1/sys/internal/ui/mounts/');
    const data = isMount ? { path: 'kv/', options: { version: '2' } } : { data: { k: path }, metadata: { version: 1 } };
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data }) };
  });
});
afterAll(async () => {
  await server.close();
  desk.remove();
});

test('500 references to 20 secrets are 20 requests, and one for their mount', async () => {
  const line = (at: number): string => `k${at}: ref+vault://kv/secret-${at % 20}#/k\n`;
  desk.write('refs.yaml', Array.from({ length: 500 }, (_, at) => line(at)).join(''));
  const ran = await desk.run(['refs', 'eval', 'refs.yaml'], {
    env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'a-token' },
  });
  expect([ran.stderr, ran.status]).toEqual(['', 0]);
  expect(ran.stdout.toString().split('\n')[41]).toBe('k41: /v1/kv/data/secret-1');
  const paths = server.received.map(({ path }) => path);
  expect(paths.filter((path) => path.includes('/data/'))).toHaveLength(20);
  expect(paths.filter((path) => path.includes('/mounts/'))).toHaveLength(1);
});
