/** Real repositories in which git calls the driver, built as it is installed. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { MergeDesk, sideOf } from '../support/merge-desk.js';
import { Program } from '../support/program.js';

const desk = new MergeDesk();
const program = new Program();
const { file: programFile } = program;
afterAll(() => desk.remove());

const PLAIN = 'db:\n  user: alice-secret\n  password: one-secret\nport: 1-secret\n';
const NAME = 'app.yaml';

const swap = (from: string, to: string) => (text: string) => text.replace(from, to);

/** A repository with one encrypted file on the branch `main`. */
async function repository(name = NAME): Promise<void> {
  desk.clear();
  desk.git('init', '-q', '-b', 'main');
  desk.git(
    'config',
    'merge.sops-ts.driver',
    `"${process.execPath}" "${programFile}" git merge-driver %O %A %B %L %P %S %X %Y`,
  );
  desk.write('.git/info/attributes', '*.yaml merge=sops-ts\n');
  desk.write('.git/info/exclude', 'edited-*\n');
  desk.write(name, await desk.encrypt(name, PLAIN));
  commit('base', name);
}

function commit(message: string, name = NAME): void {
  desk.git('add', '--', `./${name}`);
  desk.git('commit', '-qm', message);
}

async function change(to: (text: string) => string, message: string): Promise<void> {
  desk.write(NAME, await desk.edited(NAME, desk.read(NAME), to));
  commit(message);
}

/** Two branches, `main` and `topic`, that changed the file. */
async function fork(ours: (text: string) => string, theirs: (text: string) => string): Promise<void> {
  desk.git('switch', '-qc', 'topic');
  await change(theirs, 'theirs');
  desk.git('switch', '-q', 'main');
  await change(ours, 'ours');
}

const bothOf = (text: string): string => text.replace('one-', 'two-').replace('1-', '2-');

/** Everything that git keeps, as one text. */
function everythingGitHas(): string {
  const objects = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch'], {
    cwd: desk.folder,
    maxBuffer: 2 ** 28,
  });
  const loose = readdirSync(desk.path('.git'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('objects'))
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'latin1'));
  return objects.toString('latin1') + loose.join('\n');
}

describe('git calls the driver', { timeout: 120_000 }, () => {
  beforeEach(() => repository());

  test.each([
    ['merge', ['merge', '--no-edit', 'topic']],
    ['merge --squash', ['merge', '--squash', 'topic']],
    ['rebase', ['rebase', '-q', 'topic']],
    ['cherry-pick', ['cherry-pick', 'topic']],
  ])('in %s', async (_, words) => {
    await fork(swap('one-', 'two-'), swap('1-', '2-'));
    const ran = desk.attemptGit(...words);
    expect(ran.text).not.toContain('CONFLICT');
    expect(ran.status).toBe(0);
    expect(await desk.plain(NAME, desk.read(NAME))).toBe(bothOf(PLAIN));
    expect(everythingGitHas()).not.toContain('-secret');
  });

  test('in stash, revert, and merge-tree in a bare repository', async () => {
    await change(swap('alice', 'bob'), 'to be reverted');
    await change(swap('one-', 'two-'), 'kept');
    desk.git('revert', '--no-edit', 'HEAD~1');
    expect(await desk.plain(NAME, desk.read(NAME))).toBe(PLAIN.replace('one-', 'two-'));
    desk.write(NAME, await desk.edited(NAME, desk.read(NAME), swap('1-', '2-')));
    desk.git('stash', '-q');
    await change(swap('alice', 'carol'), 'meanwhile');
    desk.git('stash', 'pop', '-q');
    expect(await desk.plain(NAME, desk.read(NAME))).toBe(bothOf(PLAIN).replace('alice', 'carol'));
    desk.git('checkout', '-q', '.');
    await fork(swap('carol', 'dave'), swap('1-', '3-'));
    desk.git('clone', '-q', '--bare', '.', 'bare.git');
    desk.write('bare.git/info/attributes', '*.yaml merge=sops-ts\n');
    const driver = desk.git('config', 'merge.sops-ts.driver').trim();
    desk.git('-C', 'bare.git', 'config', 'merge.sops-ts.driver', driver);
    const [tree = ''] = desk.git('-C', 'bare.git', 'merge-tree', '--write-tree', 'main', 'topic').split('\n');
    const merged = desk.git('-C', 'bare.git', 'show', `${tree}:${NAME}`);
    expect(await desk.plain(NAME, merged)).toBe(
      PLAIN.replace('alice', 'dave').replace('one-', 'two-').replace('1-', '3-'),
    );
  });

  test('a conflict is ciphertext in the file and in all that git keeps, through abort and rerere', async () => {
    desk.git('config', 'rerere.enabled', 'true');
    await fork(
      (text) => text.replace('alice', 'bob').replace('1-', '2-'),
      (text) => text.replace('alice', 'carol').replace('one-', 'two-'),
    );
    expect(desk.attemptGit('merge', 'topic').status).toBe(1);
    expect(desk.git('status', '--porcelain')).toContain(`UU ${NAME}`);
    const marked = desk.text(NAME);
    expect(marked).not.toContain('-secret');
    for (const [side, user] of [
      ['ours', 'bob'],
      ['theirs', 'carol'],
    ] as const) {
      expect(await desk.plain(NAME, sideOf(marked, side))).toBe(bothOf(PLAIN).replace('alice', user));
    }
    expect(everythingGitHas()).not.toContain('-secret');
    const resolved = await desk.run(['resolve', '--theirs', '--add', NAME], {
      env: { GIT_CONFIG_GLOBAL: '/dev/null' },
    });
    expect(resolved.status).toBe(0);
    desk.git('commit', '-qm', 'merged');
    expect(await desk.plain(NAME, desk.read(NAME))).toBe(bothOf(PLAIN).replace('alice', 'carol'));
    expect(everythingGitHas()).not.toContain('-secret');
    desk.git('reset', '-q', '--hard', 'HEAD~1');
    desk.attemptGit('merge', 'topic');
    desk.git('merge', '--abort');
    expect(everythingGitHas()).not.toContain('-secret');
  });

  test('with bases that are a conflict themselves', async () => {
    await fork(swap('alice', 'bob'), swap('alice', 'carol'));
    desk.git('branch', 'main-1', 'main');
    desk.git('branch', 'topic-1', 'topic');
    for (const [branch, other, user] of [
      ['main', 'topic-1', 'ours'],
      ['topic', 'main-1', 'ours'],
    ] as const) {
      desk.git('switch', '-q', branch);
      expect(desk.attemptGit('merge', other).status).toBe(1);
      expect((await desk.run(['resolve', `--${user}`, '--add', NAME])).status).toBe(0);
      desk.git('commit', '-qm', `merge ${other}`);
    }
    desk.git('switch', '-q', 'topic');
    await change(swap('one-', 'two-'), 'more on topic');
    desk.git('switch', '-q', 'main');
    await change(swap('1-', '2-'), 'more on main');
    expect(desk.attemptGit('merge', 'topic').status).toBe(1);
    expect(desk.text(NAME)).not.toContain('-secret');
    expect(desk.text(NAME).match(/^<{7} /gm)).toHaveLength(2);
    expect((await desk.run(['resolve', '--ours', NAME])).status).toBe(0);
    expect(await desk.plain(NAME, desk.read(NAME))).toBe(bothOf(PLAIN).replace('alice', 'bob'));
  });

  test('names with blanks, quotes and commands in them arrive whole', async () => {
    const name = `-a b'$(touch pwned);"c.yaml`;
    desk.write(name, desk.read(NAME));
    commit('odd', name);
    const versions = { ours: swap('one-', 'two-'), theirs: swap('1-', '2-') };
    const sealed = desk.read(name);
    desk.git('switch', '-qc', 'topic');
    desk.write(name, await desk.edited(NAME, sealed, versions.theirs));
    commit('theirs', name);
    desk.git('switch', '-q', 'main');
    desk.write(name, await desk.edited(NAME, sealed, versions.ours));
    commit('ours', name);
    const ran = desk.attemptGit('merge', '--no-edit', 'topic');
    expect(ran.status).toBe(0);
    expect(await desk.plain(NAME, desk.read(name))).toBe(bothOf(PLAIN));
    expect(existsSync(desk.path('pwned'))).toBe(false);
  });

  test('a driver that is killed, at whatever point, leaves marks or the result', async () => {
    await fork(swap('one-', 'two-'), swap('1-', '2-'));
    const [base, ours, theirs] = ['main~1', 'main', 'topic'].map((revision) => desk.git('show', `${revision}:${NAME}`));
    for (const timeout of [60, 90, 120, 180, 300]) {
      for (const [name, text] of [
        ['.O', base],
        ['.A', ours],
        ['.B', theirs],
      ] as const)
        desk.write(name, text ?? '');
      program.run(['git', 'merge-driver', '.O', '.A', '.B', '7', NAME], { cwd: desk.folder, env: desk.env, timeout });
      const left = desk.text('.A');
      const isWhole = left === ours || /^<{7} /m.test(left);
      if (!isWhole) expect(await desk.plain(NAME, left)).toBe(bothOf(PLAIN));
      expect(left).not.toContain('-secret');
    }
  });
});
