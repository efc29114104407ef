/** Changes whose text would read otherwise than the changed tree, which neither the MAC nor the count of values shows. */
import { afterAll, expect, test } from 'vitest';
import { open } from '../../../src/index.js';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

const plainOf = async (name: string): Promise<string> => (await desk.run(['decrypt', name])).stdout.toString();

test('a new key of INI does not become a part of a last line that runs on', async () => {
  desk.write('a.ini', await desk.encrypt('a.ini', '[s]\nk = a\np = C:\\dir\\\n'));
  expect((await desk.run(['set', 'a.ini', '["s"]["n"]', '"v"'])).status).toBe(0);
  const told = await desk.run(['decrypt', '--output-type', 'json', 'a.ini']);
  expect(JSON.parse(told.stdout.toString()).s).toEqual({ k: 'a', p: 'C:\\dir', n: 'v' });
});

test('a value over the comment that stands first in a list of a list is the first there', async () => {
  const words = ['--encrypted-suffix', '_x', '--allow-unencrypted'];
  desk.write('a.yaml', await desk.encrypt('a.yaml', 'k:\n  - - {} # note\n  - 27\n', ...words));
  expect((await desk.run(['set', 'a.yaml', '["k"][0][0]', '{"n":1}'])).status).toBe(0);
  const told = await desk.run(['decrypt', '--output-type', 'json', 'a.yaml']);
  expect(JSON.parse(told.stdout.toString())).toEqual({ k: [[{ n: 1 }, {}], 27] });
});

test('a value and a new entry at the end of dotenv without a last line end', async () => {
  const path = desk.write('a.env', await desk.encrypt('a.env', 'A='));
  const file = await open(path, { env: desk.env });
  await file.set('A', 'x').set('B', 'y').save();
  expect(await plainOf('a.env')).toBe('A=x\nB=y\n');
});

test('a new key of TOML stands above the tables, and the text around it stays', async () => {
  const text = '# top\na  = 0x1F\n\n[t] # tables\nb = 1\n[t.u]\nc = 2\n';
  desk.write('a.toml', await desk.encrypt('a.toml', text));
  for (const place of ['["n"]', '["t"]["m"]']) {
    const ran = await desk.run(['set', 'a.toml', place, '"v"']);
    expect([ran.status, ran.stderr]).toEqual([0, expect.not.stringContaining('anew')]);
  }
  expect(await plainOf('a.toml')).toBe('# top\na  = 0x1F\nn = "v"\n\n[t] # tables\nb = 1\nm = "v"\n[t.u]\nc = 2\n');
});
