/** Runs the command line program inside the test process, with commands that only note what they were called with. */
import { Readable, Writable } from 'node:stream';
import type { Command, Invocation } from '../../../src/cli/commands/command.js';
import { COMMANDS, type CommandRow } from '../../../src/cli/commands.js';
import { main, type Streams } from '../../../src/cli/main.js';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
  /** What every command does, instead of noting its call and returning 0. */
  readonly command?: Command['run'];
  readonly stdout?: NodeJS.WritableStream;
}

export interface RunResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** The calls: at most one. */
  readonly calls: readonly (Invocation & { readonly command: string })[];
}

/** A stream that keeps what is written. */
export class Sink extends Writable {
  #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** A stream that fails as the operating system makes it fail. */
export function failingStream(code: string, reason: string): Writable {
  const error = Object.assign(new Error(`${code}: ${reason}, write`), { code, syscall: 'write' });
  return new Writable({ write: (_chunk, _encoding, done) => done(error) });
}

export async function runMain(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const out = new Sink();
  const err = new Sink();
  const calls: (Invocation & { command: string })[] = [];
  const commands = COMMANDS.map((row): CommandRow => {
    const note: Command['run'] = async (invocation) => {
      calls.push({ ...invocation, command: row.name });
      return (await options.command?.(invocation)) ?? 0;
    };
    return { ...row, load: async () => ({ run: note }) };
  });
  const streams: Streams = {
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    stdout: options.stdout ?? out,
    stderr: err,
    env: options.env ?? {},
    cwd: options.cwd ?? '/nowhere',
    platform: 'linux',
  };
  const status = await main(words, streams, commands);
  return { status, out: out.text, err: err.text, calls };
}
