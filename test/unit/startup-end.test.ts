/** How a run ends, which is part of how long it takes. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';

let program: Program;
let desk: Desk;

beforeAll(() => {
  program = new Program();
  desk = new Desk();
});

afterAll(() => desk?.remove());

test('the program ends when all is written, and leaves the tidying up to the system', async () => {
  desk.write('end.yaml', await desk.encrypt('end.yaml', 'a: 1\n'));
  const waits = "process.on('beforeExit', () => console.log('ended by itself'))";
  const words = ['--import', `data:text/javascript,${encodeURIComponent(waits)}`, program.file, 'decrypt', 'end.yaml'];
  const ran = spawnSync(process.execPath, words, {
    cwd: desk.folder,
    env: desk.env,
    encoding: 'utf8',
  });
  expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, 'a: 1\n', '']);
});
