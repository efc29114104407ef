/** A flag that narrows what a command does is not taken for absent where a variable of a script is not set. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

beforeAll(async () => {
  desk.write('.sops.yaml', `creation_rules: [{path_regex: yaml$, age: ${desk.recipient}}]\n`);
  desk.write('a.yaml', 'a: secret of the test\n');
  const { status } = await desk.run(['encrypt', '-i', 'a.yaml']);
  expect(status).toBe(0);
});

describe('an empty text is refused by', () => {
  test.each([
    ['check', '--since', ''],
    ['check', '--since='],
    ['check', '--baseline', ''],
    ['diff', '--since', ''],
    ['grant', '--yes', '--paths', '', 'bob', 'age1x'],
    ['who', '--can-read', ''],
    ['who', '--html', ''],
    ['exec-env', '--only', '', 'a.yaml', 'env'],
    ['decrypt', '--output-dir', '', 'a.yaml', '.'],
    ['import', 'env', '--output-dir', '', 'a.yaml'],
  ])('%s %s', async (...words) => {
    const ran = await desk.run(words);
    const name = words.find((word) => /^--(?!yes)/.test(word))?.replace('=', '');
    expect([ran.status, ran.stderr, ran.stdout.toString()]).toEqual([
      1,
      expect.stringContaining(`Incorrect Usage: ${name} is empty\n`),
      '',
    ]);
  });

  test('no other flag, as in SOPS', async () => {
    const { status, stdout } = await desk.run(['decrypt', '--output', '', '--extract', '', 'a.yaml']);
    expect([status, stdout.toString()]).toEqual([0, 'a: secret of the test\n']);
  });
});
