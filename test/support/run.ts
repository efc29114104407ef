/** Runs the real main inside the test process, with streams and environment of the test's own. */
import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli/main.js';

export interface Ran {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** The whole environment: nothing of the tester's own leaks in. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: Uint8Array | string;
  /** The configuration of the audit log; absent: there is none. */
  readonly auditConfig?: string;
  /** The system that it is to think it runs on. */
  readonly platform?: NodeJS.Platform;
  /** What the program was called by. */
  readonly programName?: string;
}

/** Runs one command line and gathers what it wrote. */
export async function run(words: readonly string[], options: RunOptions): Promise<Ran> {
  const { cwd, env = {}, stdin = '', auditConfig, programName, platform = process.platform } = options;
  const out = new Sink();
  const err = new Sink();
  const status = await main(words, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: out,
    stderr: err,
    env,
    cwd,
    platform,
    ...(auditConfig === undefined ? {} : { auditConfig }),
    ...(programName === undefined ? {} : { programName }),
  });
  return { status, stdout: out.bytes(), stderr: err.bytes().toString('utf8') };
}

/** What was said, without the notes of what took longer than a second, which on a busy machine may be anything. */
export function withoutNotes({ stderr }: Pick<Ran, 'stderr'>): string {
  return stderr.replaceAll(/^waiting for .*\n/gm, '');
}

export class Sink extends Writable {
  private readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.chunks.push(Buffer.from(chunk));
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}
