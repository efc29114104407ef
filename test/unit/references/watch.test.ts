/** `exec-env --watch`: a changed file or secret starts the program anew or signals it, and a server is always there. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { HttpService } from '../keys/http-service.js';

const test = sampledTest(3);

const desk = new Desk();
let server: HttpService;
let value = 'one';
let made = 0;
const revoked: string[] = [];

const write = async (name: string, text: string) => desk.write(name, await desk.encrypt(name, text));

beforeEach(async () => {
  value = 'one';
  made = 0;
  revoked.length = 0;
  for (const name of desk.names()) if (name.startsWith('log')) desk.write(name, '');
  await write('app.yaml', 'A: one\n');
  server = await HttpService.start(({ path, body }) => {
    if (path.startsWith('/v1/sys/internal/ui/mounts/kv'))
      return { body: '{"data":{"path":"kv/","options":{"version":"2"}}}' };
    if (path === '/v1/kv/data/app')
      return { body: JSON.stringify({ data: { data: { k: value }, metadata: { version: 1 } } }) };
    if (path === '/v1/database/creds/app') {
      made += 1;
      return {
        body: JSON.stringify({
          lease_id: `lease-${made}`,
          lease_duration: 3600,
          renewable: true,
          data: { u: `u${made}` },
        }),
      };
    }
    if (path === '/v1/sys/leases/revoke') revoked.push(JSON.parse(body).lease_id);
    return { status: path === '/v1/sys/leases/revoke' ? 204 : 404, body: '' };
  });
});
afterEach(() => server.close());
afterAll(() => desk.remove());

const log = (): string => readFileSync(desk.path('log'), { encoding: 'utf8', flag: 'a+' });
async function until(isThere: () => boolean): Promise<void> {
  for (let tries = 0; !isThere(); tries++) {
    if (tries > 300) throw new Error(`it does not come; the log is ${log()}`);
    await sleep(50);
  }
}

/** Notes its value and runs until a file is there, or it is told to end. */
const SERVER =
  'echo "up $A" >>log; trap \'echo "down $A" >>log; exit 0\' TERM; trap \'echo "told $A" >>log\' HUP; while [ ! -e stop ]; do sleep 0.05; done; exit 7';
const exec = (flags: readonly string[], file = 'app.yaml'): Promise<Ran> =>
  desk.run(['exec-env', '--watch', ...flags, file, '--', 'sh', '-c', SERVER], {
    env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'x', PWD: desk.folder },
  });

async function ended(running: Promise<Ran>): Promise<Ran> {
  desk.write('stop', '');
  const ran = await running;
  (await import('node:fs')).rmSync(desk.path('stop'));
  return ran;
}

describe('a changed file', () => {
  test('starts the program anew, the new one before the old one is told to end', async () => {
    const running = exec([]);
    await until(() => log() === 'up one\n');
    await write('app.yaml', 'A: two\n');
    await until(() => log().includes('down one'));
    expect((await ended(running)).status).toBe(7);
    expect(log()).toMatch(/^up one\n(?:up two\ndown one|down one\nup two)\n$/);
  });

  test('with --overlap the new one runs for a while before', async () => {
    const running = exec(['--overlap', '1']);
    await until(() => log() === 'up one\n');
    await write('app.yaml', 'A: two\n');
    await until(() => log().includes('down one'));
    expect(log()).toBe('up one\nup two\ndown one\n');
    await ended(running);
  });

  test('signals it where that is asked for, and ends it where that is', async () => {
    const running = exec(['--on-rotate', 'signal']);
    await until(() => log() === 'up one\n');
    await write('app.yaml', 'A: two\n');
    await until(() => log() === 'up one\ntold one\n');
    expect((await ended(running)).status).toBe(7);
    const ending = exec(['--on-rotate', 'exit']);
    await until(() => log().endsWith('up two\n'));
    await write('app.yaml', 'A: three\n');
    expect((await ending).status).toBe(75);
  });

  test('that cannot be read, and a new program that ends at once, leave the old one running', async () => {
    const running = exec(['--overlap', '30']);
    await until(() => log() === 'up one\n');
    // The same value is no change.
    desk.write('app.yaml', desk.read('app.yaml'));
    await write('app.yaml', 'A: "; then exit 1; fi"\n');
    await until(() => log().includes('fi\n'));
    expect(log()).not.toContain('down');
    const ran = await ended(running);
    expect(ran.status).toBe(7);
  });
});

describe('a secret', () => {
  const flags = ['--resolve-refs', '--poll', '1'];

  test('that changes starts the program anew; what was lent is not made anew by looking', async () => {
    await write('refs.yaml', 'A: ref+vault://kv/app#/k\nB: ref+vault://database/creds/app#/u\n');
    const running = exec(flags, 'refs.yaml');
    await until(() => log() === 'up one\n');
    await sleep(2500);
    expect([made, log()]).toEqual([1, 'up one\n']);
    value = 'two';
    await until(() => log().includes('down one'));
    const ran = await ended(running);
    expect([ran.status, made, revoked.toSorted()]).toEqual([7, 2, ['lease-1', 'lease-2']]);
    expect(log()).toContain('up two');
  });

  test('in a file that a reference names is looked at, too', async () => {
    desk.write('value.txt', 'one');
    await write('refs.yaml', 'A: ref+file://value.txt\n');
    const running = exec(flags, 'refs.yaml');
    await until(() => log() === 'up one\n');
    desk.write('value.txt', 'two');
    await until(() => log().includes('down one'));
    await ended(running);
    expect(log()).toContain('up two');
  });

  test('that is out of reach is no change', async () => {
    await write('refs.yaml', 'A: ref+vault://kv/app#/k\n');
    const running = exec(flags, 'refs.yaml');
    await until(() => log() === 'up one\n');
    await server.close();
    await sleep(2500);
    const ran = await ended(running);
    expect([ran.status, log()]).toEqual([7, 'up one\n']);
    server = await HttpService.start(() => ({ body: '' }));
  });
});

test.each([
  ['--poll without --watch', ['--poll', '3']],
  ['--same-process', ['--watch', '--same-process']],
  ['a poll of nothing', ['--watch', '--poll', '0']],
])('refuses %s', async (_, flags) => {
  const ran = await desk.run(['exec-env', ...flags, 'app.yaml', '--', 'true']);
  expect(ran.status).not.toBe(0);
});
