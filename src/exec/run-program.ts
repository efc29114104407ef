/** Runs a program without a shell and collects what it writes. */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { systemCode } from '../util/files/files.js';
import type { Host } from '../util/host/host.js';
import { startedCall } from './batch-file.js';
import { startIn } from './child-folder.js';

export interface ProgramRun {
  /** Absolute path, see `findProgram`. */
  readonly file: string;
  readonly args: readonly string[];
  /** What it reads on its standard input; absent: nothing at all. */
  readonly input?: Uint8Array;
  /** Variables on top of the host's; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Absolute; by default the host's working directory. */
  readonly cwd?: string | undefined;
  /** Ends the program when aborted. */
  readonly signal?: AbortSignal;
  /** Told what it writes on its standard error, as it comes. */
  readonly onStderr?: (part: Buffer) => void;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Exit status, or null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOutcome extends ProgramEnd {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Runs a program in the host's working directory and environment until it ends. Any exit status is an outcome;
 * rejects with the system's error only when it cannot be started.
 */
export function runProgram(run: ProgramRun, host: Host): Promise<ProgramOutcome> {
  return new Promise((settle, reject) => {
    const command = { file: run.file, args: run.args, env: { ...host.env, ...run.env } };
    const { file, args, ...call } = startedCall(command, host.platform);
    const stdio: StdioOptions = [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
    const child = startIn(run.cwd ?? host.cwd, (cwd) => spawn(file, args, { cwd, ...call, stdio, windowsHide: true }));
    const stdout = collect(child.stdout, reject);
    const stderr = collect(child.stderr, reject);
    if (run.onStderr) child.stderr?.on('data', run.onStderr);
    if (run.signal) endWith(run.signal, child);
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
export function describeOutcome(outcome: ProgramEnd): string {
  return outcome.signal === null ? `exit status ${outcome.status}` : `signal: ${outcome.signal}`;
}

/** Why a program could not be started, in words. */
export function startReason(error: unknown): string {
  const code = systemCode(error);
  // The file is there, or it would not be started.
  if (code === 'ENOENT') return 'the interpreter that its first line names is not there';
  return code === 'EACCES' ? 'permission denied' : (code ?? 'unknown error');
}

/** How long a program that is told to end may take; this process may not wait much longer itself. */
const GRACE_MILLISECONDS = 50;

/** Ends a program when a signal is aborted: politely, then for certain. */
export function endWith(signal: AbortSignal, child: ChildProcess): void {
  const end = (): void => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MILLISECONDS);
    child.once('exit', () => clearTimeout(force));
    // What it started may hold them open.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  };
  signal.addEventListener('abort', end, { once: true });
  child.once('exit', () => signal.removeEventListener('abort', end));
}

function collect(stream: NodeJS.ReadableStream | null, failed: (error: Error) => void): Buffer[] {
  const parts: Buffer[] = [];
  stream?.on('error', failed);
  stream?.on('data', (part: Buffer) => parts.push(part));
  return parts;
}
