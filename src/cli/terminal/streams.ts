/** The streams and surroundings that `main` is given, and reading and writing them whole. */

import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { SopsError } from '../../errors.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import { readlinkSync } from '../../util/files/fs.js';
import { isInexact } from '../../util/files/native-path.js';
import { isListeningForSignals, watchProcess } from '../../util/files/temporaries.js';
import { encodeText } from '../../util/text/text.js';
import type { Errands } from '../many/worker-messages.js';
import { INTERNAL_STATUS } from '../output/report.js';
import { clearLine } from './progress-line.js';

/** What `main` works with instead of `process`; {@link processStreams} makes the usual one. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** Where the administrator says that events are to be noted; absent for nowhere. Never taken from the environment. */
  readonly auditConfig?: string;
  /** Files that another process hands over, in one that was started for that (many/worker-process.ts). */
  readonly errands?: Errands;
  /** What the program was called by, without folder and ending: `sops` through a link of that name. */
  readonly programName?: string;
  /** Whether the three streams are the process's own, so that a program that is started can simply have them. */
  readonly areOwn?: boolean;
  /**
   * Writes to standard output without the stream and returns how many of the bytes the system took: the stream must take the
   * others. Absent where there is only the stream. Throws the system's error.
   */
  writeDirectly?(bytes: Uint8Array): number;
}

/** The same streams with variables of any bytes, as `decodeText` has them, where Node could not decode one. */
export async function exactStreams(streams: Streams): Promise<Streams> {
  const { env } = streams;
  if (!Object.values(env).some((value) => value !== undefined && isInexact(value))) return streams;
  const { rawEnvironment } = await import('../start/raw-words.js');
  // Those that are opened when they are first looked at stay so.
  return Object.create(streams, { env: { value: rawEnvironment(env), enumerable: true } });
}

/** Whether the program stands in for `sops`: through a link of that name, or where a wrapper script says so. */
export function calledAsSops({ programName, env }: Streams): boolean {
  return programName === 'sops' || env.SOPS_TS_AS === 'sops';
}

/** SOPS's place. */
const AUDIT_CONFIG = '/etc/sops/audit.yaml';

/** The streams of the process itself. */
export interface ProcessStreams extends Streams {
  /** Ends the process with a status: as soon as it may, or when nothing is left that somebody waits for. */
  endWith(status: number): void;
}

/** Those of the process. Each stream is opened on first use, which costs time. `name` is what it was called by, where its script does not tell. */
export function processStreams(name?: string, platform: NodeJS.Platform = process.platform): ProcessStreams {
  watchProcess(process);
  const setStatus = watchForStatus();
  let streamIsOpen = false;
  let errorsAreOpen = false;
  return {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      streamIsOpen = true;
      return process.stdout;
    },
    get stderr() {
      errorsAreOpen = true;
      return process.stderr;
    },
    endWith(status) {
      setStatus(status);
      const open = [streamIsOpen ? process.stdout : undefined, errorsAreOpen ? process.stderr : undefined];
      endSoon(open.every((stream) => !stream || stream.writableLength === 0));
    },
    get cwd() {
      return workingDirectory();
    },
    get programName() {
      if (process.env.SOPS_TS_AS === 'sops') return 'sops';
      return name ?? basename(process.argv[1] ?? '').replace(/\.c?js$/, '');
    },
    env: process.env,
    platform,
    // On Windows that is a path of the current drive, which any user may make.
    ...(platform === 'win32' ? {} : { auditConfig: AUDIT_CONFIG }),
    areOwn: true,
    // An open stream may still hold what it was given before. On Windows a console takes text from its stream only.
    writeDirectly: (bytes) => (streamIsOpen || platform === 'win32' ? 0 : writeDescriptor(STDOUT, bytes)),
  };
}

/** A process that ends because nothing is left to wait for, before it was given a status, has not done what it was asked, and says so. */
function watchForStatus(): (status: number) => void {
  process.exitCode = INTERNAL_STATUS;
  let isSet = false;
  process.once('exit', (status) => {
    if (!isSet && status === INTERNAL_STATUS) writeDescriptor(STDERR, encodeText(UNFINISHED));
  });
  return (status) => {
    isSet = true;
    process.exitCode = status;
  };
}

/** Ends the process; at once where all of its output was taken, without what the runtime tidies up, which takes two milliseconds. */
function endSoon(isTaken: boolean): void {
  // What waits for this turn, warnings for those who trace them, comes first.
  if (isTaken && !isListeningForSignals()) setImmediate(() => process.exit());
  // A key service that nobody waits for any more may hold its connection for minutes.
  setTimeout(() => process.exit(), 100).unref();
}

/** The link to where the process is, which Node's own call tells as text. */
const OWN_FOLDER = '/proc/self/cwd';

function workingDirectory(): string {
  const told = process.cwd();
  try {
    return isInexact(told) ? readlinkSync(OWN_FOLDER) : told;
  } catch {
    return told;
  }
}

const STDOUT = 1;
const STDERR = 2;
const UNFINISHED =
  'sops-ts: internal error: the program ended before its work was done. This is a defect of sops-ts, please report it.\n';
/** Bytes per call; macOS refuses calls of 2 GiB. */
const MOST_BYTES = 2 ** 30;

/** Writes until the descriptor takes no more for now, which happens only to one that does not wait. Returns the bytes written. */
function writeDescriptor(descriptor: number, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.length) {
    try {
      const taken = writeSync(descriptor, bytes, done, Math.min(bytes.length - done, MOST_BYTES));
      if (taken === 0) break;
      done += taken;
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') break;
      throw error;
    }
  }
  return done;
}

/** All bytes of standard input. Rejects with the stream's own error. */
export async function readAll(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

/**
 * All bytes of standard input, which stands for `what`. At a terminal it is told what is waited for: otherwise the program would seem to
 * hang. Rejects with the stream's own error.
 */
export async function readStandardInput({ stdin, stderr, platform }: Streams, what: string): Promise<Uint8Array> {
  if ((stdin as { isTTY?: boolean }).isTTY === true) {
    const end = platform === 'win32' ? 'Ctrl+Z and Enter' : 'Ctrl+D';
    say(stderr, `Reading ${what} from the terminal; end it with ${end} on a line of its own.\n`);
  }
  return readAll(stdin);
}

/**
 * Writes to standard output and waits until it is taken: without the stream where that is possible, since making it costs
 * more than decrypting a small file. Throws as {@link writeAll} does.
 */
export async function print(streams: Streams, data: Uint8Array | string): Promise<void> {
  const bytes = typeof data === 'string' ? encodeText(data) : data;
  clearLine();
  const done = streams.writeDirectly ? directly(streams.writeDirectly, bytes) : 0;
  if (done < bytes.length) await writeAll(streams.stdout, bytes.subarray(done));
}

function directly(write: (bytes: Uint8Array) => number, bytes: Uint8Array): number {
  try {
    return write(bytes);
  } catch (error) {
    throw notWritten(error);
  }
}

/** Writes to standard output's stream and waits until it is taken. Throws `write-failed`; its cause tells a closed pipe (EPIPE). */
export async function writeAll(stream: NodeJS.WritableStream, data: Uint8Array | string): Promise<void> {
  clearLine();
  ignoreEvents(stream);
  const error = await new Promise<Error | null | undefined>((done) => stream.write(data, done));
  if (error) throw notWritten(error);
}

function notWritten(cause: unknown): SopsError {
  return new SopsError('write-failed', `write /dev/stdout: ${systemReason(cause)}`, { cause });
}

/** Says something on standard error, as far as anybody listens. */
export function say(stream: NodeJS.WritableStream, text: string): void {
  clearLine();
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
