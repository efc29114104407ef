/** Real repositories in which git calls the driver, built as it is installed. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { driverSettings } from '../../src/git/driver-settings.js';
import { MergeDesk, sideOf } from '../support/merge-desk.js';
import { Program } from '../support/program.js';
import { SOPS } from '../support/programs.js';
import { SOPS_OLDER, sopsOn } from '../support/sops.js';

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
  for (const [setting, value] of driverSettings(`"${process.execPath}" "${programFile}"`)) {
    desk.git('config', setting, value);
  }
  desk.write('.git/info/attributes', '*.yaml merge=sops-ts diff=sops-ts\n');
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

beforeEach(() => repository());

describe('git calls the driver', { timeout: 120_000 }, () => {
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
});

describe('git calls the driver for unusual files', { timeout: 120_000 }, () => {
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

  test('a rebase of twenty commits over a file that was rotated meanwhile', async () => {
    desk.git('switch', '-qc', 'topic');
    for (let at = 1; at <= 20; at++) {
      await change((text) => text.replace(/(one|step-\d+)-/, `step-${at}-`), `step ${at}`);
    }
    desk.git('switch', '-q', 'main');
    expect((await desk.run(['rotate', '-i', NAME])).status).toBe(0);
    commit('rotated');
    await change(swap('1-', '2-'), 'port');
    desk.git('switch', '-q', 'topic');
    expect(desk.attemptGit('rebase', '-q', 'main')).toEqual({ status: 0, text: expect.stringContaining('merged') });
    expect(desk.git('rev-list', '--count', 'main..topic').trim()).toBe('20');
    for (const [revision, step] of [
      ['topic', 20],
      ['topic~10', 10],
    ] as const) {
      const text = desk.git('show', `${revision}:${NAME}`);
      const wanted = PLAIN.replace('one-', `step-${step}-`).replace('1-', '2-');
      expect(await desk.plain(NAME, text)).toBe(wanted);
      await expectSopsReads(text);
    }
    expect(everythingGitHas()).not.toContain('-secret');
  });
});

describe('git calls the driver, wherever it is and whatever happens to it', { timeout: 120_000 }, () => {
  test('in a linked work tree, started below its top', async () => {
    await fork(swap('one-', 'two-'), swap('1-', '2-'));
    desk.git('worktree', 'add', '-q', '-b', 'linked', 'linked', 'main');
    execFileSync('mkdir', [desk.path('linked/below')]);
    const ran = desk.attemptGit('-C', 'linked/below', 'merge', '--no-edit', 'topic');
    expect(ran.status).toBe(0);
    const merged = desk.text(`linked/${NAME}`);
    expect(await desk.plain(NAME, merged)).toBe(bothOf(PLAIN));
    await expectSopsReads(merged);
    expect(desk.git('-C', 'linked', 'status', '--porcelain')).toBe('');
  });

  test.each(['merge', 'diff3', 'zdiff3'])(
    'conflicts in the style %s, of which either side is a file',
    async (style) => {
      desk.git('config', 'merge.conflictStyle', style);
      await fork(
        (text) => text.replace('alice', 'bob').replace('1-', '2-'),
        (text) => text.replace('alice', 'carol').replace('one-', 'two-'),
      );
      expect(desk.attemptGit('merge', 'topic').status).toBe(1);
      const marked = desk.text(NAME);
      expect(/^\|{7} /m.test(marked)).toBe(style !== 'merge');
      expect(marked).not.toContain('-secret');
      for (const [side, user] of [
        ['ours', 'bob'],
        ['theirs', 'carol'],
      ] as const) {
        const text = sideOf(marked, side);
        expect(await desk.plain(NAME, text)).toBe(bothOf(PLAIN).replace('alice', user));
        await expectSopsReads(text);
      }
      desk.git('checkout', '-q', `--conflict=${style}`, NAME);
      expect(/^\|{7} /m.test(desk.text(NAME))).toBe(style !== 'merge');
      expect((await desk.run(['resolve', '--ours', '--add', NAME])).status).toBe(0);
      expect(await desk.plain(NAME, desk.read(NAME))).toBe(bothOf(PLAIN).replace('alice', 'bob'));
    },
  );

  test('no object, note or file of git holds plaintext after all that shows and decides it', async () => {
    desk.git('config', 'rerere.enabled', 'true');
    desk.git('config', 'rerere.autoUpdate', 'true');
    await fork(swap('alice', 'bob'), (text) => text.replace('alice', 'carol').replace('one-', 'two-'));
    const shown = ['log', '-p', '--all'];
    expect(desk.git(...shown)).toContain('carol-secret');
    expect(desk.git('blame', '--', NAME)).toContain('bob-secret');
    expect(desk.git('log', '-S', 'carol-secret', '--all', '--format=%s')).toContain('theirs');
    expect(desk.attemptGit('merge', 'topic').status).toBe(1);
    desk.attemptGit('diff');
    desk.git('merge', '--abort');
    expect(desk.attemptGit('merge', 'topic').status).toBe(1);
    const tool = desk.git('config', 'mergetool.sops-ts.cmd').trim().replace(' resolve ', ' resolve --theirs ');
    desk.git('config', 'mergetool.sops-ts.cmd', tool);
    expect(desk.attemptGit('mergetool', '--no-prompt', '-t', 'sops-ts')).toMatchObject({ status: 0 });
    desk.git('commit', '-qm', 'merged');
    expect(await desk.plain(NAME, desk.read(NAME))).toBe(PLAIN.replace('alice', 'carol').replace('one-', 'two-'));
    await expectSopsReads(desk.text(NAME));
    desk.git('reset', '-q', '--hard', 'HEAD~1');
    desk.attemptGit('merge', '--no-edit', 'topic');
    desk.attemptGit('merge', '--abort');
    desk.git('reset', '-q', '--hard', 'main');
    desk.write(NAME, await desk.edited(NAME, desk.read(NAME), swap('1-', '3-')));
    desk.git('stash', '-q');
    await change(swap('bob', 'dave'), 'meanwhile');
    desk.git('stash', 'pop', '-q');
    desk.git('checkout', '-q', '.');
    desk.attemptGit('merge-tree', '--write-tree', 'main', 'topic');
    desk.git('repack', '-qad');
    const all = everythingGitHas();
    expect(all).toContain('ENC[AES256_GCM');
    expect(all).not.toContain('-secret');
    // What `mergetool.keepBackup` leaves is git's.
    expect(desk.text(`${NAME}.orig`)).not.toContain('-secret');
    expect(desk.git('for-each-ref', 'refs/notes')).toBe('');
    expect(desk.names().filter((name) => /_(?:LOCAL|REMOTE|BASE)_|^\.sops-ts-|\.merge_file/.test(name))).toEqual([]);
  });

  test('where sops-ts cannot be started there are marks between what ours and theirs were', async () => {
    await fork(swap('one-', 'two-'), swap('1-', '2-'));
    for (const [setting, value] of driverSettings('no-such-program')) desk.git('config', setting, value);
    expect(desk.attemptGit('merge', 'topic').status).toBe(1);
    const marked = desk.text(NAME);
    expect(marked).toMatch(/^<{7} ours$/m);
    expect(desk.git('status', '--porcelain')).toContain(`UU ${NAME}`);
    expect((await desk.run(['resolve', '--ours', NAME])).status).toBe(0);
    expect(await desk.plain(NAME, desk.read(NAME))).toBe(bothOf(PLAIN));
  });

  test('a driver that is killed, from the first moment of sops-ts on, leaves marks or the result', async () => {
    await fork(swap('one-', 'two-'), swap('1-', '2-'));
    for (const after of [0, 20, 50, 80, 120, 160, 200, 300, 500]) {
      const killed = `sh -c '"$@" & sleep ${after / 1000}; kill -9 $!; wait $!' - "${process.execPath}" "${programFile}"`;
      for (const [setting, value] of driverSettings(killed)) desk.git('config', setting, value);
      const { status } = desk.attemptGit('merge', '--no-edit', 'topic');
      const left = desk.text(NAME);
      expect(left).not.toContain('-secret');
      if (/^<{7} /m.test(left)) {
        expect(status).toBe(1);
        for (const side of ['ours', 'theirs'] as const) expect(sideOf(left, side)).toContain('ENC[');
        expect((await desk.run(['resolve', '--ours', NAME])).status).toBe(0);
      }
      expect(await desk.plain(NAME, desk.read(NAME))).toBe(bothOf(PLAIN));
      expect(desk.names().filter((name) => name.startsWith('.sops-ts-'))).toEqual([]);
      desk.git('reset', '-q', '--hard', 'main');
      if (status === 0) desk.git('reset', '-q', '--hard', 'HEAD~1');
    }
  });
});

/** Every sops that there is here reads a file, its MAC compared. */
async function expectSopsReads(text: string): Promise<void> {
  desk.write('edited-sops.yaml', text);
  for (const file of [SOPS, SOPS_OLDER]) {
    if (file === undefined) continue;
    const ran = await sopsOn(desk, ['decrypt', 'edited-sops.yaml'], { file });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  }
}
