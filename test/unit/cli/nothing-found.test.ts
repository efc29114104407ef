/** Commands for folders in which there is nothing for them say so: a mistyped folder would look like one in which all is well. */
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
  mkdirSync(desk.path('in'));
  desk.write('in/plain.yaml', 'a: 1\n');
});

afterEach(() => desk.remove());

test.each([
  ['decrypt --in-place in', 'no encrypted file in in'],
  ['decrypt --output-dir out in', 'no encrypted file in in'],
  ['rotate --in-place in in/*.json', ''],
  ['rotate --in-place in', 'no encrypted file in in'],
  ['updatekeys --yes in', 'no encrypted file in in'],
  ['updatekeys --check --json in', 'no encrypted file in in'],
  ['filestatus --check in', 'no file to look at in in'],
])('%s', async (line, warning) => {
  const { status, stderr } = await desk.run(line.split(' '));
  if (warning === '') {
    // A word that stands for nothing is an error of its own.
    expect([status, stderr]).toEqual([expect.any(Number), expect.not.stringContaining('no encrypted file')]);
  } else {
    expect([status, stderr]).toEqual([0, `warning: ${warning}\n`]);
  }
});

test('a folder with such a file is not told of', async () => {
  desk.write('in/sealed.yaml', await desk.encrypt('sealed.yaml', 'a: 1\n'));
  expect(await desk.run(['filestatus', '--check', 'in'])).toMatchObject({ status: 0, stderr: '' });
  expect(await desk.run(['decrypt', '--output-dir', 'out', 'in'])).toMatchObject({ status: 0, stderr: '' });
});
