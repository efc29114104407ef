/** `decrypt --extract`: the places that `set` takes, too. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());
beforeAll(async () => {
  desk.write(
    'e.yaml',
    await desk.encrypt('e.yaml', 'db:\n    pw: secret\n    hosts:\n        - one\n    a.b: point\n'),
  );
});

const extract = (place: string) => desk.run(['decrypt', '--extract', place, 'e.yaml']);

test.each([
  ['db.pw', 'secret'],
  ['["db"]["pw"]', 'secret'],
  ['db.hosts[0]', 'one'],
  ['db["a.b"]', 'point'],
  ["db['pw']", 'secret'],
])('%s', async (place, text) => {
  const { status, stdout, stderr } = await extract(place);
  expect([status, stdout.toString(), stderr]).toEqual([0, text, '']);
});

test.each(['db..pw', 'db.', '["db"', 'db[x]', '["db"]pw'])('%s is malformed', async (place) => {
  const { status, stderr } = await extract(place);
  expect([status, stderr]).toEqual([91, expect.stringContaining('error parsing --extract path: ')]);
});

test('the whole document, as in SOPS, is what brackets around nothing name', async () => {
  expect((await extract('[')).stdout.toString()).toContain('hosts:');
});
