/** Repositories made for tests: a folder with git in it that knows nothing of the machine's own settings. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
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

export class TestRepository {
  /** Absolute, links resolved. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;

  constructor({ bare = false, env = {} }: { bare?: boolean; env?: Readonly<Record<string, string>> } = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'repo-')));
    this.env = { PATH: process.env.PATH, HOME: this.folder, TMPDIR: process.env.TMPDIR, ...GIT_ENVIRONMENT, ...env };
    this.git('init', '--quiet', '--initial-branch=main', ...(bare ? ['--bare'] : []));
  }

  /** Runs git in the folder and returns what it prints, without the last line break. Throws when it fails. */
  git(...args: string[]): string {
    const surroundings = { cwd: this.folder, env: this.env };
    const printed = execFileSync('git', args, { ...surroundings, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return printed.replace(/\n$/, '');
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
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
