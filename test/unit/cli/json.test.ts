/** `--json`: one documented shape per command, one value on standard output, nothing else there. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { flagsOf } from '../../../src/cli/words/flags.js';
import { RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const [FIRST, SECOND] = RECIPIENTS as [string, string];
const CANARY = 'c4n4ry';

let yard: Yard;
beforeEach(async () => {
  yard = new Yard();
  mkdirSync(join(yard.folder, 'sub'));
  yard.configure(`keys: [&me ${FIRST}, &bob ${SECOND}]\ncreation_rules:\n  - age: [*me, *bob]\n`);
  await yard.encrypt('old.yaml', `# ${CANARY}\na: ${CANARY}\n`, [0]);
  await yard.encrypt('new.yaml', `a: ${CANARY}\n`, [0, 1]);
});
afterEach(() => yard.remove());

async function json(...words: string[]): Promise<{ status: number; value: unknown; stderr: string }> {
  const { status, stdout, stderr } = await yard.run(words);
  expect(`${stdout}${stderr}`).not.toContain(CANARY);
  return { status, value: JSON.parse(stdout.toString()), stderr };
}

test('commands that have it', () => {
  const names = COMMANDS.filter(({ name }) => flagsOf(name).some((flag) => flag.name === 'json')).map(
    ({ name }) => name,
  );
  expect(names).toEqual(expect.arrayContaining(['why', 'doctor', 'updatekeys', 'revoke']));
});

describe('updatekeys --check', () => {
  test('the files, what came of each, and what would change', async () => {
    const before = yard.read('old.yaml');
    const { status, value, stderr } = await json(
      'updatekeys',
      '--check',
      '--json',
      'old.yaml',
      'new.yaml',
      'nope.yaml',
    );
    expect([status, stderr]).toEqual([1, '']);
    expect(value).toEqual({
      outdated: 1,
      failed: 1,
      files: [
        {
          file: join(yard.folder, 'old.yaml'),
          result: 'outdated',
          change: { groups: [{ kept: [FIRST], added: [SECOND], removed: [] }], threshold: { before: 0, after: 0 } },
        },
        { file: join(yard.folder, 'new.yaml'), result: 'up-to-date', change: null },
        {
          file: join(yard.folder, 'nope.yaml'),
          result: 'failed',
          change: null,
          error: expect.stringContaining('no such file'),
        },
      ],
    });
    expect(yard.read('old.yaml')).toBe(before);
  });

  test('all up to date: 0; --dry-run is the same', async () => {
    expect((await json('updatekeys', '--check', '--json', 'new.yaml')).status).toBe(0);
    expect((await json('updatekeys', '--dry-run', '--json', 'old.yaml')).status).toBe(1);
  });

  test('a lone file that fails is an error on standard error', async () => {
    const { status, stdout, stderr } = await yard.run(['updatekeys', '--check', '--json', 'nope.yaml']);
    expect([status, stdout.toString()]).toEqual([1, '']);
    expect(stderr).toContain('nope.yaml');
  });

  test('without --check and --yes it is refused, and nothing written', async () => {
    const before = yard.read('old.yaml');
    const { status, stderr } = await yard.run(['updatekeys', '--json', 'old.yaml']);
    expect([status, yard.read('old.yaml')]).toEqual([1, before]);
    expect(stderr).toContain('--json goes with --check or --yes');
  });
});

describe('revoke --dry-run', () => {
  test('whom, from where, and what they could read', async () => {
    const config = yard.read('.sops.yaml');
    const { status, value } = await json('revoke', '--dry-run', '--json', 'me');
    expect(status).toBe(0);
    expect(value).toEqual({
      recipients: [FIRST],
      configs: ['.sops.yaml'],
      files: [
        { path: 'new.yaml', paths: ['["a"]'], comments: 0, shamirThreshold: 0 },
        { path: 'old.yaml', paths: ['["a"]'], comments: 1, shamirThreshold: 0 },
      ],
      problems: [],
    });
    expect(yard.read('.sops.yaml')).toBe(config);
  });

  test('without --dry-run it is refused, and nothing written', async () => {
    const config = yard.read('.sops.yaml');
    const { status, stdout } = await yard.run(['revoke', '--yes', '--json', 'me']);
    expect([status, stdout.toString(), yard.read('.sops.yaml')]).toEqual([1, '', config]);
  });
});

test('what a terminal would obey is escaped, and means the same', async () => {
  const key = 'a\u009b31m\u202eb';
  yard.write('x.json', JSON.stringify({ [key]: 'v' }));
  const { stdout } = await yard.run(['why', '--json', 'x.json']);
  expect(stdout.toString()).not.toMatch(/[\u009b\u202e]/);
  expect(JSON.parse(stdout.toString()).values.encrypted).toEqual([`["${key}"]`]);
});

test('filestatus prints JSON by itself', async () => {
  expect(await json('filestatus', 'old.yaml')).toMatchObject({ status: 0, value: { encrypted: true } });
});
