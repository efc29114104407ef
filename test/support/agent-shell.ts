/** A shell in which sops-ts, the real sops and a key agent of its own run, as a user has them. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AgentStatus } from '../../src/keyservice/agent/messages.js';
import { Program } from './program.js';
import { SOPS } from './programs.js';

export class AgentShell {
  readonly program = new Program();
  readonly folder = mkdtempSync(join(tmpdir(), 'ag-'));
  /** Where the agent answers. */
  readonly socket = join(this.folder, 'run', 'sops-ts', 'agent.sock');
  readonly #more: () => Record<string, string>;

  /** `more` are variables that every program gets. */
  constructor(more: () => Record<string, string> = () => ({})) {
    this.#more = more;
    mkdirSync(join(this.folder, 'bin'));
    mkdirSync(join(this.folder, 'run'), { mode: 0o700 });
    const starter = `#!/bin/sh\nexec '${process.execPath}' '${this.program.file}' "$@"\n`;
    writeFileSync(join(this.folder, 'bin', 'sops-ts'), starter, { mode: 0o755 });
  }

  /** The whole environment; `$SOPS` is the real one. */
  get env(): Record<string, string> {
    return {
      PATH: `${join(this.folder, 'bin')}:${process.env.PATH}`,
      HOME: this.folder,
      SOPS: SOPS ?? '',
      SOPS_DISABLE_VERSION_CHECK: '1',
      XDG_RUNTIME_DIR: join(this.folder, 'run'),
      ...this.#more(),
    };
  }

  /** A folder for one test. */
  workFolder(): string {
    return mkdtempSync(join(this.folder, 'work-'));
  }

  /** Runs a script of sh while servers of this process answer. Rejects with what was said when it fails. */
  async run(script: string, cwd = this.folder, env: Record<string, string> = {}): Promise<string> {
    const settings = { cwd, env: { ...this.env, ...env }, maxBuffer: 2 ** 26 };
    return (await promisify(execFile)('sh', ['-e', '-c', script], settings)).stdout;
  }

  /** The same when nothing of this process is needed; however it ends. */
  runNow(script: string, env: Record<string, string> = {}): { status: number | null; said: string } {
    const settings = { cwd: this.folder, env: { ...this.env, ...env }, encoding: 'utf8' } as const;
    const ran = spawnSync('sh', ['-c', script], settings);
    return { status: ran.status, said: ran.stdout + ran.stderr };
  }

  status(): AgentStatus {
    const words = ['-c', 'sops-ts agent status --json'];
    return JSON.parse(execFileSync('sh', words, { env: this.env, encoding: 'utf8' }));
  }

  /** Ends the agent, and removes what tests have left. */
  clear(): void {
    this.runNow('sops-ts agent stop');
    for (const name of readdirSync(this.folder)) {
      if (!['bin', 'run'].includes(name)) rmSync(join(this.folder, name), { recursive: true });
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
