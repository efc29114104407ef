/** A folder with a git repository in which `sops-ts` is the merge driver, run within the test's process. */
import { execFileSync, spawnSync } from 'node:child_process';
import { Desk } from './desk.js';
import type { Ran } from './run.js';

export interface Merged extends Ran {
  /** What stands in the file of ours afterwards. */
  readonly text: string;
}

/** Versions of one file, merged by the driver as git calls it. */
export class MergeDesk extends Desk {
  /** Runs the driver on three texts; `base` may be empty. */
  async merge(
    name: string,
    texts: {
      readonly base: Uint8Array | string;
      readonly ours: Uint8Array | string;
      readonly theirs: Uint8Array | string;
    },
    options: { readonly env?: Record<string, string>; readonly size?: number } = {},
  ): Promise<Merged> {
    this.write('.merge_file_O', texts.base);
    this.write('.merge_file_A', texts.ours);
    this.write('.merge_file_B', texts.theirs);
    const words = ['git', 'merge-driver', '.merge_file_O', '.merge_file_A', '.merge_file_B'];
    const ran = await this.run([...words, String(options.size ?? 7), name, '%S', '%X', '%Y'], {
      env: options.env ?? {},
    });
    return { ...ran, text: this.text('.merge_file_A') };
  }

  /** An encrypted file with another plaintext: under the same data key, what did not change as it was. */
  async edited(name: string, bytes: Uint8Array, change: (plain: string) => string): Promise<Buffer> {
    const plain = (await this.decrypt(name, bytes)).stdout.toString('utf8');
    const path = this.write(`edited-${name}`, bytes);
    const ran = await this.run(['encrypt', '--update', path], { stdin: change(plain) });
    if (ran.status !== 0) throw new Error(`encrypt --update ended with ${ran.status}: ${ran.stderr}`);
    return this.read(`edited-${name}`);
  }

  /** The plaintext of a file. */
  async plain(name: string, bytes: Uint8Array | string): Promise<string> {
    const ran = await this.decrypt(name, bytes);
    if (ran.status !== 0) throw new Error(`decrypt ended with ${ran.status}: ${ran.stderr}`);
    return ran.stdout.toString('utf8');
  }

  /** Runs git with an identity and no configuration but the repository's; throws when it fails. */
  git(...words: readonly string[]): string {
    const options = { cwd: this.folder, env: this.gitEnv, encoding: 'utf8' } as const;
    return execFileSync('git', words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The same, whatever its status. */
  attemptGit(...words: readonly string[]): { readonly status: number; readonly text: string } {
    const { status, stdout, stderr } = spawnSync('git', words, {
      cwd: this.folder,
      env: this.gitEnv,
      encoding: 'utf8',
    });
    return { status: status ?? -1, text: stdout + stderr };
  }

  private get gitEnv(): Record<string, string> {
    const identity = {
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@x',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@x',
    };
    return {
      ...this.env,
      ...identity,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_EDITOR: 'true',
    };
  }
}

/** One side of every conflict of a text. */
export function sideOf(text: string, side: 'ours' | 'theirs', size = 7): string {
  const kept: string[] = [];
  let at: 'both' | 'ours' | 'base' | 'theirs' = 'both';
  for (const line of text.split(/(?<=\n)/)) {
    if (line.startsWith('<'.repeat(size))) at = 'ours';
    else if (line.startsWith('|'.repeat(size)) && at === 'ours') at = 'base';
    else if (line.startsWith('='.repeat(size)) && at !== 'both') at = 'theirs';
    else if (line.startsWith('>'.repeat(size))) at = 'both';
    else if (at === 'both' || at === side) kept.push(line);
  }
  return kept.join('');
}
