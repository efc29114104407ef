/** What a store lent is given back wherever a run stops before its program, or while it gets new values. */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { HttpService, type Received, type Reply } from '../keys/http-service.js';

const desk = new Desk();
let server: HttpService;
/** How long the store takes to make what it lends, in milliseconds. */
let slowness = 0;

const LENT = 'ref+vault://rabbitmq/creds/app#/user';
const MISSING = 'ref+file://absent.txt';

beforeAll(async () => {
  desk.write('lent.yaml', await desk.encrypt('lent.yaml', `A: ${LENT}\n`));
  desk.write('text.yaml', await desk.encrypt('text.yaml', `A: ${MISSING}+${LENT}\n`));
  desk.write('plain.yaml', `A: ${LENT}\n`);
  desk.write('broken.yaml', `A: ${MISSING}\n`);
});
beforeEach(async () => {
  slowness = 0;
  server = await HttpService.start(answer);
});
afterEach(() => server.close());
afterAll(() => desk.remove());

async function answer({ path }: Received): Promise<Reply> {
  if (path === '/v1/sys/leases/revoke') return { status: 204, body: '' };
  if (!path.startsWith('/v1/rabbitmq/creds/')) return { status: 404, body: '{"errors":[]}' };
  await sleep(slowness);
  return {
    body: JSON.stringify({
      ...{ lease_id: 'rabbitmq/creds/app/x', lease_duration: 3600, renewable: true },
      data: { user: 'u', password: 'p' },
    }),
  };
}

const env = (): Record<string, string> => ({ VAULT_ADDR: server.url, VAULT_TOKEN: 'token' });
const asked = (path: string): number => server.received.filter((one) => one.path === path).length;

async function fails(words: readonly string[]): Promise<string> {
  const ran = await desk.run([...words], { env: env() });
  expect([ran.status === 0, ran.stdout.toString()], ran.stderr).toEqual([false, '']);
  expect([asked('/v1/rabbitmq/creds/app'), asked('/v1/sys/leases/revoke')], ran.stderr).toEqual([1, 1]);
  return ran.stderr;
}

describe('what was lent is given back', () => {
  test.each([['exec-env'], ['exec-file']])('when %s cannot become the user', async (command) => {
    const stderr = await fails([command, '--resolve-refs', '--user', 'nobody-of-that-name', 'lent.yaml', '--', 'env']);
    expect(stderr).toContain('nobody-of-that-name');
  });

  test('when what the program is to read cannot be made', async () => {
    await fails(['refs', 'exec', '-f', 'plain.yaml', '--stream-yaml', 'broken.yaml', '--', 'cat']);
  });

  test.each(['exec-env', 'exec-file', 'refs'])(
    'when another reference of the same text fails before, in %s',
    async (command) => {
      slowness = 200;
      const words =
        command === 'refs'
          ? ['refs', 'get', `${MISSING}+${LENT}`]
          : [command, '--resolve-refs', 'text.yaml', '--', 'env'];
      expect(await fails(words)).toContain('absent.txt');
    },
  );
});

test('what files in several folders name is lent once, and given back', async () => {
  mkdirSync(desk.path('below'));
  desk.write('below/other.yaml', await desk.encrypt('below/other.yaml', `B: ${LENT}\n`));
  const words = ['exec-env', '--resolve-refs', 'lent.yaml', 'below/other.yaml', '--', 'sh', '-c', 'echo "$A$B"'];
  expect((await desk.run(words, { env: env() })).stdout.toString()).toBe('uu\n');
  expect([asked('/v1/rabbitmq/creds/app'), asked('/v1/sys/leases/revoke')]).toEqual([1, 1]);
});

test('what one file is allowed is not read for another, though the first was there before', async () => {
  for (const folder of ['allowed', 'foreign']) mkdirSync(desk.path(folder));
  const named = `ref+vault://rabbitmq/creds/app?address=${server.url}#/user`;
  desk.write('allowed/.sops.yaml', `refs:\n  allow: ['vault://${server.url}']\n`);
  desk.write('foreign/.sops.yaml', "refs:\n  allow: ['vault://vault.example']\n");
  desk.write('allowed/a.yaml', await desk.encrypt('allowed/a.yaml', `A: ${named}\n`));
  desk.write('foreign/b.yaml', await desk.encrypt('foreign/b.yaml', `B: ${named}\n`));
  for (const folder of ['allowed', 'foreign']) expect((await desk.run(['trust', folder])).status).toBe(0);
  const run = (...files: string[]): ReturnType<Desk['run']> =>
    desk.run(['exec-env', '--resolve-refs', ...files, '--', 'env'], { env: { VAULT_TOKEN: 'token' } });
  const own = await run('allowed/a.yaml');
  expect([own.status, own.stderr]).toEqual([0, '']);
  const both = await run('allowed/a.yaml', 'foreign/b.yaml');
  expect([both.status, both.stdout.toString()], both.stderr).toEqual([78, '']);
  expect(both.stderr).toContain('work only where you allow them');
});

describe('--lease-info', () => {
  test.each<[string, string[]]>([
    ['exec-env', ['exec-env', '--resolve-refs', '--lease-info', 'lent.yaml', '--']],
    ['exec-file', ['exec-file', '--resolve-refs', '--lease-info', 'lent.yaml', '--']],
    ['refs exec', ['refs', 'exec', '-i', '--lease-info', '-f', 'plain.yaml', '--']],
  ])('of %s tells the program what was lent, and no value', async (_, words) => {
    const before = Date.now();
    const ran = await desk.run([...words, 'sh', '-c', 'printf %s "$SOPS_TS_LEASES"'], { env: env() });
    const [note, ...others] = JSON.parse(ran.stdout.toString());
    expect([others, { ...note, expires: undefined }]).toEqual([
      [],
      {
        lease: `rabbitmq/creds/app of ${server.url}`,
        ...{ lease_id: 'rabbitmq/creds/app/x', lease_duration: 3600, renewable: true },
      },
    ]);
    expect(Math.abs(Date.parse(note.expires) - before - 3_600_000)).toBeLessThan(60_000);
  });

  test('without it the program gets no such variable, and it needs references', async () => {
    const words = ['lent.yaml', '--', 'sh', '-c', 'echo "${SOPS_TS_LEASES-none}"'];
    expect((await desk.run(['exec-env', '--resolve-refs', ...words], { env: env() })).stdout.toString()).toBe('none\n');
    expect((await desk.run(['exec-env', '--lease-info', ...words], { env: env() })).stderr).toContain('--resolve-refs');
  });
});
