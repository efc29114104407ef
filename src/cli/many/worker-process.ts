/**
 * A second process of the program that works on some of many files, as a single thread is the bottleneck
 * (docs/decisions.md#many-files-in-one-process). It gets the same command line and environment, and files one by one. It asks nobody
 * anything and reports success alone: a file that it cannot do is done here, and reported as if it had never been there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { SopsError } from '../../errors.js';
import type { FoundFile } from '../../repository/operands.js';
import { MOST_AT_A_TIME } from '../../util/waiting/side-by-side.js';
import { type FileReply, type Reply, type Request, WORKER_WORD } from './worker-messages.js';

/** Once it has failed on more files than this, and on more than half of all that it got, it gets no more. */
const MOST_UNDONE = 16;

/** What came of a file: undefined for one that has to be done here, an error if the process ended in the middle of it. */
export type Answer = { readonly done: unknown } | { readonly error: SopsError } | undefined;

interface Waiting {
  readonly file: FoundFile;
  settle(answer: Answer): void;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  #undone = 0;
  #isGone = false;
  #hasBegun = false;

  /** Starts it; it takes files at once, and works on them as soon as it can. */
  constructor(words: readonly string[], command: readonly string[]) {
    const [program = '', ...args] = command;
    // Whatever it writes to standard error is about a crash. It does not get our standard input, which may hold a key.
    this.#child = spawn(program, [...args, WORKER_WORD], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      windowsHide: true,
    });
    this.#child.on('message', (reply: Reply) => {
      if (reply === 'begins') this.#hasBegun = true;
      else this.#settle(reply);
    });
    this.#child.on('error', () => this.#lose('it could not be started'));
    // `close` comes after the last of its replies.
    this.#child.on('close', (status, signal) => this.#lose(signal ?? `status ${status}`));
    this.#send({ words });
  }

  /** How many files it has. */
  get inWork(): number {
    return this.#waiting.size;
  }

  /** Whether it is worth giving it another file. */
  get takesFiles(): boolean {
    return !this.#isGone && (this.#undone <= MOST_UNDONE || this.#undone * 2 <= this.#count);
  }

  /** Has it work on a file. Never rejects. */
  work(file: FoundFile): Promise<Answer> {
    const number = ++this.#count;
    return new Promise((settle) => {
      this.#waiting.set(number, { file, settle });
      this.#send({ number, file });
    });
  }

  /** Lets it end, and waits for that; it ends at once when it has nothing to do. */
  async end(): Promise<void> {
    const child = this.#child;
    if (this.#isGone || child.exitCode !== null || child.signalCode !== null) return;
    // When we disconnect, Node emits no `close`.
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    if (child.connected) child.disconnect();
    await gone;
  }

  #send(request: Request): void {
    // A failure to send shows as an end of the process.
    this.#child.send(request, () => undefined);
  }

  #settle({ number, done }: FileReply): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (done === undefined) this.#undone += 1;
    waiting?.settle(done === undefined ? undefined : { done });
  }

  #lose(why: string): void {
    this.#isGone = true;
    // It begins files in their order, and no others while it has so many in work: what is behind these is untouched.
    const touched = this.#hasBegun ? MOST_AT_A_TIME : 0;
    for (const [at, { file, settle }] of [...this.#waiting.values()].entries())
      settle(at < touched ? { error: ended(file.path, why) } : undefined);
    this.#waiting.clear();
  }
}

function ended(file: string, why: string): SopsError {
  return new SopsError('failed', `the process that worked on ${file} ended: ${why}`, {
    file,
    hint: 'The file is as it was or as it was to be; run the command again.',
  });
}
