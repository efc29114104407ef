/** `check` of files that are named by another way than from within their repository: the rules are those that their real paths have. */
import { rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(3);

const PLAIN = 'password: hunter2\n';
const link = (to: string, at: string): void => symlinkSync(to, join(repository.folder, at));
let repository: CheckedRepository;

beforeEach(() => {
  repository = new CheckedRepository();
  repository.write({ 'secrets/a.yaml': PLAIN });
});
afterEach(() => repository.remove());

test.each(['.', 'secrets', 'secrets/a.yaml', 'secrets/*.yaml'])('from outside of the repository: %s', async (word) => {
  const { findings } = await repository.check([join(basename(repository.folder), word)], { folder: '..' });
  expect(findings).toMatchObject([{ rule: 'not-encrypted' }]);
});

test('from another repository, whose rules they are not under', async () => {
  const other = new CheckedRepository();
  const { findings } = await other.check([repository.folder]);
  expect(findings).toMatchObject([{ rule: 'not-encrypted' }]);
  other.remove();
});

test('outside of all repositories, where a configuration lies with the files', async () => {
  const outside = new CheckedRepository();
  outside.write({ 'below/.sops.yaml': outside.read('.sops.yaml'), 'below/secrets/a.yaml': PLAIN });
  rmSync(join(outside.folder, '.git'), { recursive: true });
  const { findings } = await outside.check(['below']);
  expect(findings).toMatchObject([{ rule: 'not-encrypted' }]);
  outside.remove();
});

test.each(['.git', 'bare'])('in %s, where there are no files but those of git, it is an error', async (folder) => {
  repository.git('init', '-q', '--bare', 'bare');
  await expect(repository.check([], { folder })).rejects.toThrow('this is not a work tree of git');
});

describe('through a link', () => {
  test.each(['linked', 'linked/a.yaml', 'linked/*.yaml', 'file.yaml'])('%s', async (word) => {
    link('secrets', 'linked');
    link('secrets/a.yaml', 'file.yaml');
    expect(await repository.found([word])).toEqual(['not-encrypted secrets/a.yaml']);
    // Once, whatever leads to it.
    expect(await repository.found([word, 'secrets', 'secrets/a.yaml'])).toEqual(['not-encrypted secrets/a.yaml']);
    repository.git('add', '-A');
    expect(await repository.found(['--staged', word])).toEqual(['not-encrypted secrets/a.yaml']);
  });

  test('to a folder outside, which is not a damaged repository', async () => {
    const other = new CheckedRepository();
    other.write({ 'secrets/b.yaml': PLAIN });
    link(other.folder, 'linked');
    const { findings, problems } = await repository.check(['linked']);
    expect(problems).toEqual([]);
    expect(findings).toMatchObject([{ rule: 'not-encrypted' }]);
    other.remove();
  });
});

describe('in the index and in commits', () => {
  beforeEach(() => {
    repository.git('rm', '--quiet', '-r', '--cached', '--ignore-unmatch', '.');
    repository.git('add', '.sops.yaml');
    repository.git('commit', '--quiet', '-m', 'rules');
    repository.git('checkout', '--quiet', '-b', 'topic');
    repository.commit();
  });

  test.each(['secrets/*.yaml', '**/a.*'])('a pattern: %s', async (word) => {
    expect(await repository.found(['--since', 'main', word])).toEqual(['not-encrypted secrets/a.yaml']);
    repository.change('secrets/a.yaml', (text) => `${text}more: 1\n`);
    repository.git('add', '-A');
    expect(await repository.found(['--staged', word])).toEqual(['not-encrypted secrets/a.yaml']);
  });

  test.each(['none.yaml', 'none/*.yaml'])('what stands for nothing is told: %s', async (word) => {
    for (const of of [['--staged'], ['--since', 'main']]) {
      const { problems, status } = await repository.check([...of, word]);
      expect(problems).toHaveLength(1);
      expect(status).toBe(100);
    }
  });

  test('what was changed before, or is not tracked, stands for itself', async () => {
    repository.write({ 'untracked.yaml': PLAIN });
    expect(await repository.check(['--staged', '.sops.yaml', 'untracked.yaml'])).toMatchObject({ status: 0 });
    expect(await repository.check(['--since', 'main', '.sops.yaml'])).toMatchObject({ status: 0 });
  });
});
