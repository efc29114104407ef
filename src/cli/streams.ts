/** The streams and surroundings that `main` is given, and reading and writing them whole. */
import { basename } from 'node:path';
import { SopsError } from '../errors.js';
import { systemReason } from '../util/files.js';

/** What `main` works with instead of `process`; {@link processStreams} makes the usual one. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** What the program was called by, without folder and ending: `sops` through a link of that name. */
  readonly programName?: string;
  /** Whether the three streams are the process's own, so that a program that is started can simply have them. */
  readonly areOwn?: boolean;
}

/** Those of the process. Each stream is opened on first use, which costs time. */
export function processStreams(): Streams {
  return {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    get cwd() {
      return process.cwd();
    },
    get programName() {
      return basename(process.argv[1] ?? '').replace(/\.c?js$/, '');
    },
    env: process.env,
    platform: process.platform,
    areOwn: true,
  };
}

/** All bytes of standard input. Rejects with the stream's own error. */
export async function readAll(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

/** Writes to standard output and waits until it is taken. Throws `write-failed`; its cause tells a closed pipe (EPIPE). */
export async function writeAll(stream: NodeJS.WritableStream, data: Uint8Array | string): Promise<void> {
  ignoreEvents(stream);
  const error = await new Promise<Error | null | undefined>((done) => stream.write(data, done));
  if (error) throw new SopsError('write-failed', `write /dev/stdout: ${systemReason(error)}`, { cause: error });
}

/** Says something on standard error, as far as anybody listens. */
export function say(stream: NodeJS.WritableStream, text: string): void {
  ignoreEvents(stream);
  stream.write(text);
}

/** A failed write is reported to its callback and as an event, and an event without listener ends the process. */
function ignoreEvents(stream: NodeJS.WritableStream): void {
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
}

/** Waits for a line, and leaves what follows it in the stream; false when the stream ends before. */
export function nextLine(stream: NodeJS.ReadableStream): Promise<boolean> {
  return new Promise((settle) => {
    const { readableEnded = false } = stream as { readableEnded?: boolean };
    const finish = (found: boolean): void => {
      stream.off('data', look).off('end', end).off('error', end).pause();
      settle(found);
    };
    const look = (chunk: Buffer | string): void => {
      const bytes = Buffer.from(chunk);
      const at = bytes.indexOf('\n');
      if (at < 0) return;
      finish(true);
      if (at + 1 < bytes.length) stream.unshift(bytes.subarray(at + 1));
    };
    const end = (): void => finish(false);
    if (readableEnded) settle(false);
    else stream.on('data', look).on('end', end).on('error', end).resume();
  });
}
