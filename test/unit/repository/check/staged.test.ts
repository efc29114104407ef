/** `check --staged`: the content, the names and the rules of the index, whatever the work tree holds. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { TestRepository } from '../../../support/repository.js';
import { inSweeps, sampledTest } from '../../../support/sweep.js';

const test = sampledTest(6);

const PLAIN = 'password: hunter2\n';
let repository: CheckedRepository;
const staged = (): Promise<string[]> => repository.found(['--staged']);

beforeEach(() => {
  repository = new CheckedRepository();
});
afterEach(() => {
  repository.remove();
});

test('on an unborn branch', async () => {
  repository.write({ 'secrets/a.yaml': PLAIN });
  expect(await staged()).toEqual([]);
  repository.git('add', '-A');
  expect(await staged()).toEqual(['not-encrypted secrets/a.yaml']);
});

async function commitGood(): Promise<void> {
  await repository.seal('secrets/good.yaml', PLAIN);
  repository.commit();
}

describe('with a commit before', () => {
  beforeEach(commitGood);

  test('the index counts, not the work tree', async () => {
    const sealed = await repository.seal('secrets/a.yaml', PLAIN);
    repository.git('add', '-A');
    repository.write({ 'secrets/a.yaml': PLAIN });
    expect(await staged()).toEqual([]);
    repository.git('add', '-A');
    repository.write({ 'secrets/a.yaml': sealed });
    expect(await staged()).toEqual(['not-encrypted secrets/a.yaml']);
  });

  test('only what is changed, and of that what was asked for', async () => {
    repository.write({ 'secrets/old.yaml': PLAIN });
    repository.commit();
    repository.write({ 'secrets/new.yaml': PLAIN, 'secrets/more/new.yaml': PLAIN });
    repository.git('add', '-A');
    expect(await staged()).toEqual(['not-encrypted secrets/more/new.yaml', 'not-encrypted secrets/new.yaml']);
    expect(await repository.found(['--staged', 'secrets/more'])).toEqual(['not-encrypted secrets/more/new.yaml']);
    repository.git('rm', '--quiet', '--cached', 'secrets/old.yaml', 'secrets/new.yaml', 'secrets/more/new.yaml');
    expect(await staged()).toEqual([]);
  });

  test('a plaintext that is renamed into the folder of a rule', async () => {
    repository.write({ 'a.yaml': PLAIN });
    repository.commit();
    repository.git('mv', 'a.yaml', 'secrets/a.yaml');
    expect(await staged()).toEqual(['not-encrypted secrets/a.yaml']);
  });

  test('rules of the index; when they change, every file counts', async () => {
    repository.change('.sops.yaml', (text) => text.replace('^secrets/', '^other/'));
    expect(await staged()).toEqual([]);
    repository.git('add', '-A');
    expect(await staged()).toEqual(['no-creation-rule secrets/good.yaml']);
    repository.change('.sops.yaml', (text) => text.replace('^other/', '^secrets/'));
    expect(await staged()).toEqual(['no-creation-rule secrets/good.yaml']);
  });

  test('a hook of a partial commit looks at the index that git made for it', async () => {
    const checks = join(repository.folder, 'seen');
    const bad = { 'secrets/bad.yaml': PLAIN, 'fine.txt': 'x' };
    repository.write(bad);
    repository.git('add', '-A');
    // The hook keeps the name of the index that it is given, for a check in this process.
    mkdirSync(join(repository.folder, '.git/hooks'), { recursive: true });
    const hook = `#!/bin/sh\ncp "$GIT_INDEX_FILE" '${checks}'\necho "$GIT_INDEX_FILE" > '${checks}.name'\n`;
    writeFileSync(join(repository.folder, '.git/hooks/pre-commit'), hook, { mode: 0o755 });
    repository.git('commit', '--quiet', '-m', 'one', 'fine.txt');
    expect(repository.read('seen.name')).toContain('next-index');
    const env = { GIT_INDEX_FILE: checks };
    expect((await repository.check(['--staged'], { env })).findings).toEqual([]);
    expect(await staged()).toEqual(['not-encrypted secrets/bad.yaml']);
  });

  test('from a folder below, and with names that git would quote', async () => {
    const name = 'secrets/é "x"\n.yaml';
    repository.write({ [name]: PLAIN, 'sub/a': '' });
    repository.git('add', '-A');
    const { findings } = await repository.check(['--staged'], { folder: 'sub' });
    expect(findings.map(({ path }) => path)).toEqual([name]);
  });

  test('add -N is not part of a commit', async () => {
    repository.write({ 'secrets/a.yaml': PLAIN });
    repository.git('add', '-N', 'secrets/a.yaml');
    expect(await staged()).toEqual([]);
    expect(await repository.found()).toEqual(['not-encrypted secrets/a.yaml']);
  });
});

describe('with a commit before, what is not a plain file', () => {
  beforeEach(commitGood);

  test('links are not followed, submodules are named', async () => {
    repository.write({ 'plain.yaml': PLAIN });
    symlinkSync('../plain.yaml', join(repository.folder, 'secrets/link.yaml'));
    const inner = new TestRepository();
    inner.write({ 'secrets/a.yaml': PLAIN });
    inner.commit();
    repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'module');
    repository.git('add', '-A');
    const { findings, summary } = await repository.check(['--staged']);
    expect(findings).toEqual([]);
    expect(summary.notEntered).toEqual(['module']);
    expect(await repository.found()).toEqual([]);
    inner.remove();
  });

  test('a merge that is not finished', async () => {
    repository.git('checkout', '--quiet', '-b', 'topic');
    await repository.seal('secrets/good.yaml', 'password: other\n');
    repository.commit();
    repository.git('checkout', '--quiet', 'main');
    await repository.seal('secrets/good.yaml', 'password: third\n');
    repository.commit();
    expect(() => repository.git('merge', '--quiet', 'topic')).toThrow();
    expect(await staged()).toEqual(['not-looked-at secrets/good.yaml']);
    expect(await repository.found()).toEqual(['conflict-markers secrets/good.yaml']);
    repository.git('add', '-A');
    expect(await staged()).toEqual(['conflict-markers secrets/good.yaml']);
  });

  test('what Git LFS keeps elsewhere is looked at where it is here, else told', async () => {
    const id = 'a7c07c1d7bbfc7d2b6d4b2d5e02e3a5b0c1e8d1e3d4f5a6b7c8d9e0f1a2b3c4d';
    const pointer = (of: string) => `version https://git-lfs.github.com/spec/v1\noid sha256:${of}\nsize 18\n`;
    repository.write({ 'secrets/big.bin': pointer(id) });
    repository.git('add', '-A');
    expect(await staged()).toEqual(['not-looked-at secrets/big.bin']);
    const content = Buffer.from(PLAIN);
    const hash = execFileSync('sha256sum', { input: content }).toString('latin1').slice(0, 64);
    repository.write({ 'secrets/big.bin': pointer(hash) });
    const store = join(repository.folder, '.git/lfs/objects', hash.slice(0, 2), hash.slice(2, 4));
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, hash), content);
    repository.git('add', '-A');
    expect(await staged()).toEqual(['not-encrypted secrets/big.bin']);
  });

  test('a sparse checkout: what the work tree leaves out is looked at in the index', async () => {
    repository.write({ 'secrets/bad.yaml': PLAIN, 'kept/x': 'x' });
    repository.commit();
    repository.git('sparse-checkout', 'set', 'kept');
    expect(await repository.found()).toEqual(['not-encrypted secrets/bad.yaml']);
    const sparse = 'A sparse checkout leaves it out: git sparse-checkout add secrets; then';
    const { findings, problems } = await repository.check(['--fix']);
    expect(findings).toMatchObject([{ next: `${sparse}: sops-ts encrypt -i secrets/bad.yaml` }]);
    expect(problems).toMatchObject([{ file: 'secrets/bad.yaml', hint: `${sparse} check again.` }]);
    repository.git('sparse-checkout', 'add', 'secrets');
    expect(await repository.found(['--fix'])).toEqual([]);
  });

  test('a linked work tree has an index of its own', async () => {
    const linked = `${repository.folder}-linked`;
    repository.git('worktree', 'add', '--quiet', '-b', 'linked', linked);
    writeFileSync(join(linked, 'secrets/a.yaml'), PLAIN);
    execFileSync('git', ['add', '-A'], { cwd: linked, env: repository.env });
    const ran = await repository.check(['--staged'], { folder: `../${linked.slice(linked.lastIndexOf('/') + 1)}` });
    expect(ran.findings).toMatchObject([{ rule: 'not-encrypted', path: 'secrets/a.yaml' }]);
    expect(await staged()).toEqual([]);
    rmSync(linked, { recursive: true });
  });
});

inSweeps(() => {
  test('5,000 staged files', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 5000 }, (_, at) => [`data/${at % 50}/${at}.yaml`, `a: ${at}\n`]),
    );
    repository.write({ ...files, 'secrets/a.yaml': PLAIN });
    repository.git('add', '-A');
    const { findings, summary } = await repository.check(['--staged']);
    expect(findings).toMatchObject([{ rule: 'not-encrypted', path: 'secrets/a.yaml' }]);
    expect(summary.files).toBe(5002);
  }, 120_000);
});

test('outside of a repository', async () => {
  const ran = await repository.sops(['check', '--staged'], { folder: '..' });
  expect(ran.status).toBe(1);
  expect(ran.stderr).toContain('not a work tree');
});
