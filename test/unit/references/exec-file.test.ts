/** `exec-file --resolve-refs`: values in the file of a program, new ones when a lease ends, and all given back. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { HttpService } from '../keys/http-service.js';

const test = sampledTest(3);

const desk = new Desk();
let server: HttpService;
/** Seconds that credentials are lent for. */
let duration = 3600;
let lent = 0;
const revoked: string[] = [];

beforeAll(async () => {
  desk.write(
    'app.yaml',
    await desk.encrypt('app.yaml', '# top\nuser: ref+vault://database/creds/app#/user\nmode: fast\n'),
  );
});
beforeEach(async () => {
  duration = 3600;
  lent = 0;
  revoked.length = 0;
  server = await HttpService.start(({ path, body }) => {
    if (path === '/v1/database/creds/app') {
      lent += 1;
      const lease = { lease_id: `lease-${lent}`, lease_duration: duration, renewable: false };
      return { body: JSON.stringify({ ...lease, data: { user: `user-${lent}` } }) };
    }
    if (path === '/v1/sys/leases/revoke') {
      revoked.push(JSON.parse(body).lease_id);
      return { status: 204, body: '' };
    }
    return { status: 404, body: '{"errors":[]}' };
  });
});
afterEach(() => server.close());
afterAll(() => desk.remove());

const execFile = (script: string, ...flags: string[]): Promise<Ran> =>
  desk.run(['exec-file', '--resolve-refs', ...flags, 'app.yaml', '--', 'sh', '-c', script, 'sh', '{}'], {
    env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'token-of-mine' },
  });

/** Reads its file, and again when it is signalled. */
const READS_AGAIN =
  'cat "$1"; trap \'cat "$1"; exit 3\' HUP; i=0; while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done';

describe.each([[[]], [['--no-fifo']]])('exec-file --resolve-refs %j', (flags) => {
  test('gives the plaintext with values, its text kept, and no credentials; what was lent is given back', async () => {
    const ran = await execFile('cat "$1"; echo "token: $VAULT_TOKEN"; exit 4', ...flags);
    expect([ran.status, ran.stdout.toString()]).toEqual([4, '# top\nuser: user-1\nmode: fast\ntoken: \n']);
    expect(revoked).toEqual(['lease-1']);
  });

  test('has new values when it is signalled', async () => {
    duration = 2;
    const ran = await execFile(READS_AGAIN, '--on-rotate', 'signal', ...flags);
    expect(ran.stdout.toString()).toBe('# top\nuser: user-1\nmode: fast\n# top\nuser: user-2\nmode: fast\n');
    expect([ran.status, revoked.slice(0, 2)]).toEqual([3, ['lease-1', 'lease-2']]);
  });
});

test('is started anew with a file of its own', async () => {
  duration = 2;
  const script = 'cat "$1"; grep -q user-2 "$1" && exit 5; i=0; while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done';
  const ran = await execFile(script, '--on-rotate', 'restart', '--no-fifo');
  expect([ran.status, ran.stdout.toString()]).toEqual([
    5,
    '# top\nuser: user-1\nmode: fast\n# top\nuser: user-2\nmode: fast\n',
  ]);
  expect(revoked.toSorted()).toEqual(['lease-1', 'lease-2']);
});

test('ends with status 75 when its values do, by default', async () => {
  duration = 2;
  const ran = await execFile('exec sleep 30');
  expect([ran.status, revoked]).toEqual([75, ['lease-1']]);
});

test('masks what references led to', async () => {
  const ran = await execFile('cat "$1"', '--redact');
  expect(ran.stdout.toString()).not.toContain('user-1');
});

test.each([
  ['a reference that fails', ['--resolve-refs'], 'none.yaml'],
  ['--background', ['--resolve-refs', '--background'], 'app.yaml'],
  ['--on-rotate without --resolve-refs', ['--on-rotate', 'exit'], 'app.yaml'],
])('starts nothing for %s', async (_, flags, file) => {
  desk.write(
    'none.yaml',
    await desk.encrypt('none.yaml', 'a: ref+vault://database/creds/app#/user\nb: ref+file://no\n'),
  );
  const words = ['exec-file', ...flags, file, '--', 'touch', desk.path('started')];
  const ran = await desk.run(words, { env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'x' } });
  expect(ran.status).not.toBe(0);
  expect(desk.names()).not.toContain('started');
  expect(revoked.length).toBe(lent);
});
