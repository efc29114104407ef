/** Decrypting a file to another name beside it, and committing that, is the leak that no rule names. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(6);

const PLAIN = 'db:\n  user: ann\n  password: "hunter2 \u00e9" # of the database\n  port: 5432\nflags: [true, 1.5]\n';
const RULE = (recipient: string): string => `creation_rules:\n  - path_regex: \\.enc\\.\n    age: ${recipient}\n`;
let repository: CheckedRepository;

beforeEach(async () => {
  repository = new CheckedRepository(RULE);
  await repository.seal('app/a.enc.yaml', PLAIN);
  await repository.seal('top.enc.env', 'TOKEN=abcdefgh\n# note\nEMPTY=\n');
  repository.commit();
});
afterEach(() => repository.remove());

async function found(files: Record<string, string>): Promise<string[]> {
  repository.write(files);
  repository.git('add', '-A');
  const staged = await repository.found(['--staged']);
  repository.commit();
  expect(await repository.found(['--since', 'HEAD~'])).toEqual(staged);
  return staged;
}

describe('a new file beside an encrypted one', () => {
  test.each([
    ['its plaintext', 'app/a.yaml', PLAIN],
    ['its plaintext, written otherwise', 'app/b.yml', PLAIN.replace('[true, 1.5]', '\n  - true\n  - 1.50')],
    [
      'the same in another format',
      'app/a.json',
      '{"db":{"user":"ann","password":"hunter2 \u00e9","port":5432},"flags":[true,1.5]}',
    ],
    ['variables, at the top', '.env.local', 'TOKEN=abcdefgh\nEMPTY=\n'],
  ])('that is %s is found', async (_what, path, text) => {
    expect(await found({ [path]: text })).toEqual([`decrypted-copy ${path}`]);
  });

  test('is found when the encrypted one goes with the same commit', async () => {
    rmSync(join(repository.folder, 'app/a.enc.yaml'));
    expect(await found({ 'app/a.yaml': PLAIN })).toEqual(['decrypted-copy app/a.yaml']);
  });

  test.each([
    ['another folder', 'other/b.yaml', PLAIN],
    [
      'the top, in another format',
      'a.json',
      '{"db":{"user":"ann","password":"hunter2 \u00e9","port":5432},"flags":[true,1.5]}',
    ],
  ])('is found when the encrypted one was moved to %s on the way', async (_where, path, text) => {
    rmSync(join(repository.folder, 'app/a.enc.yaml'));
    expect(await found({ [path]: text })).toEqual([`decrypted-copy ${path}`]);
  });

  test('is not found for another file that goes', async () => {
    rmSync(join(repository.folder, 'top.enc.env'));
    expect(await found({ 'other/b.yaml': PLAIN })).toEqual([]);
  });

  test.each([
    ['has placeholders', 'app/a.yaml', PLAIN.replace('"hunter2 \u00e9"', 'changeme')],
    ['has other keys', 'app/a.yaml', PLAIN.replace('password', 'passport')],
    ['has fewer of them', 'app/a.yaml', PLAIN.replace('flags: [true, 1.5]\n', '')],
    ['stands in another folder', 'other/a.yaml', PLAIN],
    ['is a text', 'app/a.md', PLAIN],
    ['is allowed by a comment', 'app/a.yaml', `# sops-ts:allow values of the tests\n${PLAIN}`],
  ])('that %s is not', async (_what, path, text) => {
    expect(await found({ [path]: text })).toEqual([]);
  });

  test('that was in plaintext before is not', async () => {
    repository.write({ 'app/a.yaml': 'a: 1\n' });
    repository.commit();
    expect(await found({ 'app/a.yaml': PLAIN })).toEqual([]);
  });
});
