/** `git install` under the real programs that look after hooks: husky and lefthook (installed from npm), pre-commit (PRE_COMMIT_BIN or PATH). */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { TestRepository } from '../support/repository.js';

const PRE_COMMIT = findTool('pre-commit', 'PRE_COMMIT_BIN', ['--version']);
const HAS_NPM = spawnSync('npm', ['ping'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
if (!PRE_COMMIT) announceSkipped(1, 'there is no pre-commit');
if (!HAS_NPM) announceSkipped(2, 'npm reaches no registry');

const MINUTES = 180_000;
const repositories: TestRepository[] = [];
const desk = new Desk();
afterEach(() => {
  for (const repository of repositories.splice(0)) repository.remove();
  desk.clear();
});

/** A repository with a rule, a file that it is for, and sops-ts on PATH. */
function repositoryWith(files: Readonly<Record<string, string>>): TestRepository {
  const bin = desk.path('bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'sops-ts'), `#!/bin/sh\nexec '${process.execPath}' '${new Program().file}' "$@"\n`);
  chmodSync(join(bin, 'sops-ts'), 0o755);
  const repository = new TestRepository({
    env: { PATH: [bin, process.env.PATH].join(delimiter), SOPS_AGE_KEY: desk.identity },
  });
  repositories.push(repository);
  const rules = `creation_rules:\n  - path_regex: ^secrets/\n    age: ${desk.recipient}\n`;
  repository.write({
    '.sops.yaml': rules,
    'secrets/app.yaml': 'password: hunter2\n',
    '.gitignore': 'node_modules\n.npm\n.cache\nremote.git\n',
    'package.json': '{"name": "scratch", "private": true}\n',
    ...files,
  });
  return repository;
}

function runIn(repository: TestRepository, program: string, ...words: readonly string[]) {
  const options = { cwd: repository.folder, env: repository.env as NodeJS.ProcessEnv, encoding: 'utf8' } as const;
  const ran = spawnSync(program, words, options);
  return { status: ran.status, said: ran.stdout + ran.stderr };
}

/** A file that was forgotten comes neither past the commit nor, with --no-verify, past the push; mended, it does. */
function expectGuarded(repository: TestRepository): void {
  const run = (program: string, ...words: readonly string[]) => runIn(repository, program, ...words);
  expect(run('sops-ts', 'git', 'status').said).not.toMatch(/^!/m);
  repository.git('add', '--all');
  const refused = run('git', 'commit', '--message=one');
  expect(refused.status).not.toBe(0);
  expect(refused.said).toContain('secrets/app.yaml:1: error: ');
  repository.git('init', '--quiet', '--bare', 'remote.git');
  repository.git('remote', 'add', 'origin', './remote.git');
  repository.git('commit', '--quiet', '--no-verify', '--message=one');
  const push = run('git', 'push', 'origin', 'main');
  expect(push.status).not.toBe(0);
  expect(push.said).toContain('(in commit ');
  repository.git('update-ref', '-d', 'HEAD');
  expect(run('sops-ts', 'encrypt', '--in-place', 'secrets/app.yaml').status).toBe(0);
  repository.git('add', '--all');
  expect(run('git', 'commit', '--message=one')).toMatchObject({ status: 0 });
  expect(run('git', 'push', 'origin', 'main')).toMatchObject({ status: 0 });
  repository.git('checkout', '--quiet', '-b', 'aside');
  repository.commit('nothing bad');
  repository.git('checkout', '--quiet', 'main');
  repository.write({ 'secrets/forgotten.yaml': 'password: hunter2\n' });
  repository.git('add', '--all');
  repository.git('commit', '--quiet', '--no-verify', '--message=two');
  expect(run('git', 'push', 'origin', 'aside', 'main')).not.toMatchObject({ status: 0 });
}

function installFromNpm(repository: TestRepository, name: string): void {
  const words = ['install', '--save-dev', '--silent', '--no-audit', '--no-fund', name];
  execFileSync('npm', words, {
    cwd: repository.folder,
    env: { ...repository.env, HOME: process.env.HOME },
    stdio: 'ignore',
  });
}

describe('under a program that looks after hooks', () => {
  test.skipIf(!HAS_NPM)('husky', { timeout: MINUTES }, () => {
    const repository = repositoryWith({ '.husky/pre-commit': 'true\n' });
    installFromNpm(repository, 'husky@9');
    expect(runIn(repository, 'node_modules/.bin/husky').status).toBe(0);
    expect(runIn(repository, 'sops-ts', 'git', 'install').status).toBe(0);
    expectGuarded(repository);
    expect(runIn(repository, 'sops-ts', 'git', 'uninstall').status).toBe(0);
    expect(runIn(repository, 'cat', '.husky/pre-commit').said).toBe('true\n');
  });

  test.skipIf(!HAS_NPM)('lefthook', { timeout: MINUTES }, () => {
    const text = 'pre-commit:\n  commands:\n    t:\n      run: "true"\n';
    const repository = repositoryWith({ 'lefthook.yml': text });
    installFromNpm(repository, 'lefthook@2');
    expect(runIn(repository, 'sops-ts', 'git', 'install').said).toContain('run lefthook install');
    expect(runIn(repository, 'node_modules/.bin/lefthook', 'install').status).toBe(0);
    expectGuarded(repository);
    expect(runIn(repository, 'sops-ts', 'git', 'uninstall').status).toBe(0);
    expect(runIn(repository, 'cat', 'lefthook.yml').said).toBe(text);
  });

  test.skipIf(!PRE_COMMIT)('pre-commit', { timeout: MINUTES }, () => {
    const text = 'repos:\n- repo: local\n  hooks:\n  - id: t\n    name: t\n    entry: "true"\n    language: system\n';
    const repository = repositoryWith({ '.pre-commit-config.yaml': text });
    expect(runIn(repository, 'sops-ts', 'git', 'install').said).toContain('run pre-commit install');
    const types = ['pre-commit', 'pre-merge-commit', 'pre-push'].flatMap((type) => ['-t', type]);
    expect(runIn(repository, PRE_COMMIT ?? '', 'install', ...types).status).toBe(0);
    expectGuarded(repository);
    expect(runIn(repository, 'sops-ts', 'git', 'uninstall').status).toBe(0);
    expect(runIn(repository, 'cat', '.pre-commit-config.yaml').said).toBe(text);
  });
});
