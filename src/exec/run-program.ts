/** Runs a program without a shell and collects what it writes. */
import { spawn } from 'node:child_process';
import type { Host } from '../util/host.js';

export interface ProgramRun {
  /** Absolute path, see `findProgram`. */
  readonly file: string;
  readonly args: readonly string[];
  /** What it reads on its standard input; absent: nothing at all. */
  readonly input?: Uint8Array;
  /** Variables on top of the host's. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProgramOutcome {
  /** Exit status, or null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Runs a program in the host's working directory and environment until it ends. Any exit status is an outcome;
 * rejects with the system's error only when it cannot be started.
 */
export function runProgram(run: ProgramRun, host: Host): Promise<ProgramOutcome> {
  return new Promise((settle, reject) => {
    const child = spawn(run.file, run.args, {
      cwd: host.cwd,
      env: { ...host.env, ...run.env },
      stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    // A program may end without reading its input (EPIPE); its exit status tells what matters.
    child.stdin?.on('error', () => {});
    child.stdin?.end(run.input);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      settle({ status, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
    });
  });
}

/** How a program ended, in words: `exit status 2` or `signal: SIGTERM`. */
export function describeOutcome(outcome: Pick<ProgramOutcome, 'status' | 'signal'>): string {
  return outcome.signal === null ? `exit status ${outcome.status}` : `signal: ${outcome.signal}`;
}

function collect(stream: NodeJS.ReadableStream | null): Buffer[] {
  const parts: Buffer[] = [];
  stream?.on('data', (part: Buffer) => parts.push(part));
  return parts;
}
