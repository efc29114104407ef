/** Repositories made for tests: a folder with git in it that knows nothing of the machine's own settings. */
import { execFileSync, type StdioOptions } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What git is given beside the test's own environment: an identity, fixed times, no configuration of the user or the system. */
export const GIT_ENVIRONMENT = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.org',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.org',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
} as const;

const COMMIT = 'git add --all && git commit --quiet --allow-empty --message "$1" && git rev-parse HEAD';

/** Empty repositories as `git init` makes them, by its arguments: copying one costs a tenth of starting git in a worker that has grown. */
const EMPTY = new Map<string, string>();

function emptyRepository(args: readonly string[]): string {
  const known = EMPTY.get(args.join(' '));
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'empty-'));
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...GIT_ENVIRONMENT } };
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', ...args], options);
  // Or each commit starts two more programs, which look whether there is much to tidy up.
  execFileSync('git', ['config', 'maintenance.auto', 'false'], options);
  EMPTY.set(args.join(' '), folder);
  return folder;
}

export class TestRepository {
  /** Absolute, links resolved. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;

  constructor({ bare = false, env = {} }: { bare?: boolean; env?: Readonly<Record<string, string>> } = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'repo-')));
    this.env = { PATH: process.env.PATH, HOME: this.folder, TMPDIR: process.env.TMPDIR, ...GIT_ENVIRONMENT, ...env };
    cpSync(emptyRepository(bare ? ['--bare'] : []), this.folder, { recursive: true });
  }

  /** Runs git in the folder and returns what it prints, without the last line break. Throws when it fails. */
  git(...args: string[]): string {
    return this.start('git', args);
  }

  private start(program: string, args: readonly string[]): string {
    const surroundings = { cwd: this.folder, env: this.env };
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
    return execFileSync(program, args, { ...surroundings, encoding: 'utf8', stdio }).replace(/\n$/, '');
  }

  /** Writes files, folders included; paths from the top. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), content);
    }
  }

  /** Commits all that is in the work tree; returns the commit's id. */
  commit(message = 'commit'): string {
    // One program for three: a shell starts the others faster than a worker that has grown.
    return this.start('/bin/sh', ['-c', COMMIT, 'sh', message]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
