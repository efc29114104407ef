/** What words of a command line stand for: files, folders and patterns, in repositories and outside. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { findFiles } from '../../../src/repository/operands.js';
import { TestRepository } from '../../support/repository.js';
import { sampledTest } from '../../support/sweep.js';
import { hostIn } from '../config/support.js';

const test = sampledTest(2);

async function paths(words: readonly string[], cwd: string): Promise<string[]> {
  const { files, problems } = await findFiles(words, hostIn(cwd, { PATH: process.env.PATH ?? '' }));
  return [...files.map(({ path }) => path), ...problems.map(({ message }) => `! ${message}`)];
}

describe('in a repository', () => {
  const repository = new TestRepository();
  const { folder } = repository;
  beforeAll(() => {
    repository.write({
      '.gitignore': '*.log\n/private/\n',
      'a.yaml': 'a: 1\n',
      'b.log': 'tracked\n',
      'conf/b.yaml': 'b: 1\n',
      'conf/.env': 'A=1\n',
      'conf/deep/c.json': '{}\n',
      'conf/[x].yaml': 'x: 1\n',
      'private/key.yaml': 'k: 1\n',
      'quiet.log': 'ignored\n',
      'node_modules/p/q.yaml': 'q: 1\n',
    });
    repository.git('add', '--force', 'b.log');
    repository.git('add', 'a.yaml', 'conf');
    repository.git('commit', '--quiet', '--message', 'one');
    writeFileSync(join(folder, 'conf', '.a.yaml.sops-ts-lock'), '');
    rmSync(join(folder, 'conf', 'deep', 'c.json'));
    mkdirSync(join(folder, 'inner'));
    execFileSync('git', ['init', '--quiet', join(folder, 'inner')]);
    writeFileSync(join(folder, 'inner', 'i.yaml'), 'i: 1\n');
  });
  afterAll(() => repository.remove());

  test('a folder is what git knows or would add', async () => {
    expect(await paths([], folder)).toEqual([
      '.gitignore',
      'a.yaml',
      'b.log',
      'conf/.env',
      'conf/[x].yaml',
      'conf/b.yaml',
      'conf/deep/c.json',
      'node_modules/p/q.yaml',
    ]);
    expect(await paths(['.'], join(folder, 'conf'))).toEqual(['.env', '[x].yaml', 'b.yaml', 'deep/c.json']);
  });

  test('a folder that git could not look into is told, from wherever', async () => {
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const said = `warning: could not open directory 'conf/closed/': Permission denied`;
    const bin = mkdtempSync(join(tmpdir(), 'git-'));
    const script = `#!/bin/sh\ncase "$*" in *--exclude-standard*) echo "${said}" >&2 ;; esac\nexec '${git}' "$@"\n`;
    writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
    const problems = async (words: readonly string[], cwd: string) =>
      (await findFiles(words, hostIn(cwd, { PATH: `${bin}:${process.env.PATH}` }))).problems;
    expect(await problems([], folder)).toMatchObject([{ code: 'input-unreadable', file: 'conf/closed' }]);
    expect(await problems(['conf/*.yaml'], folder)).toMatchObject([{ file: 'conf/closed' }]);
    expect(await problems([], join(folder, 'conf'))).toMatchObject([{ file: 'closed' }]);
    rmSync(bin, { recursive: true });
  });

  test('repositories within are passed over, and named', async () => {
    const { passedOver } = await findFiles([], hostIn(folder, { PATH: process.env.PATH ?? '' }));
    expect(passedOver).toEqual(['inner']);
  });

  test('a file counts whatever git ignores, and comes once', async () => {
    expect(await paths(['private/key.yaml', 'conf/b.yaml', 'conf/../conf/b.yaml'], folder)).toEqual([
      'conf/../conf/b.yaml',
      'private/key.yaml',
    ]);
  });

  test.each([
    ['*.yaml', ['a.yaml']],
    ['**/*.yaml', ['a.yaml', 'conf/[x].yaml', 'conf/b.yaml', 'node_modules/p/q.yaml']],
    ['conf/*.{yaml,json}', ['conf/[x].yaml', 'conf/b.yaml']],
    ['conf/?.yaml', ['conf/b.yaml']],
    ['conf/[x].yaml', ['conf/[x].yaml']],
    ['./conf/**', ['conf/.env', 'conf/[x].yaml', 'conf/b.yaml', 'conf/deep/c.json']],
  ])('the pattern %s', async (pattern, expected) => {
    expect(await paths([pattern], folder)).toEqual(expected);
  });

  test('what stands for nothing is told, and the rest goes on', async () => {
    expect(await paths(['*.txt', 'nothing.yaml', 'a.yaml', 'no/*.yaml', 'private/*.yaml'], folder)).toEqual([
      'a.yaml',
      '! no file fits *.txt',
      '! nothing.yaml: there is no such file or folder',
      '! no file fits no/*.yaml',
      '! no file fits private/*.yaml',
    ]);
  });
});

describe('outside of one', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plain-')));
  beforeAll(() => {
    for (const name of ['b', 'a', '.git', 'node_modules']) mkdirSync(join(folder, name));
    for (const path of ['b/x.yaml', 'a/x.yaml', '.git/config', 'node_modules/m.yaml', 'top.env'])
      writeFileSync(join(folder, path), '');
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a folder is all below but for packages and what version control keeps', async () => {
    expect(await paths(['.'], folder)).toEqual(['a/x.yaml', 'b/x.yaml', 'link', 'top.env']);
    expect(await paths([join(folder, 'a')], folder)).toEqual([join(folder, 'a', 'x.yaml')]);
    expect(await paths([join(folder, '*', '*.yaml')], folder)).toEqual(
      ['a', 'b'].map((name) => join(folder, name, 'x.yaml')),
    );
  });
});

test('a pattern of macOS fits names with accents in one character or two', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'accents-'));
  const name = 'schl\u00fcssel.yaml'.normalize('NFD');
  writeFileSync(join(folder, name), '');
  const found = async (platform: NodeJS.Platform): Promise<string[]> =>
    (await findFiles(['schl\u00fc*.yaml'], hostIn(folder, {}, platform))).files.map(({ path }) => path);
  expect(await found('darwin')).toEqual([name]);
  expect(await found('linux')).toEqual([]);
  rmSync(folder, { recursive: true });
});
