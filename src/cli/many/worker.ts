/** What runs in the second process, which works on files of the first one (worker-process.ts). */
import { Writable } from 'node:stream';
import { holdConfigs } from '../../config/config.js';
import { SopsError } from '../../errors.js';
import type { FoundFile } from '../../repository/operands.js';
import type { HostChanges } from '../../util/host/host.js';
import { keepTokens } from '../../util/locks/lock-token.js';
import { concurrencyLimitOf } from '../../util/waiting/concurrency-limit.js';
import { MOST_AT_A_TIME } from '../../util/waiting/side-by-side.js';
import type { Context } from '../commands/command.js';
import type { Streams } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { prepareForMany } from './start-sharing.js';
import { type Errands, type Reply, type Request, WORKER_WORD } from './worker-messages.js';

/** Runs the command line of the first process, on the files that it hands over. `run` is main. */
export async function runErrands(
  streams: Streams,
  run: (words: readonly string[], streams: Streams) => Promise<number>,
): Promise<number> {
  if (!process.send) throw new UsageError(`${WORKER_WORD} is for sops-ts itself`, undefined);
  // Ctrl+C reaches both processes; the first one decides what it means, and hands over no more files.
  process.on('SIGINT', () => undefined);
  const post = new Post();
  const words = await post.words;
  // Nothing goes to standard error: whatever would be told here, the first process does again and tells itself.
  const silent: Streams = Object.create(streams, {
    stderr: { value: new Writable({ write: (_chunk, _encoding, done) => done() }) },
    errands: { value: post },
  });
  if (words === undefined) return 0;
  const status = await run(words, silent);
  // If something kept the command from working on files, the first process will meet it as well.
  await post.serve(async () => undefined);
  return status;
}

/** Works on the files of the first process, in a context that asks nobody; what comes to undefined is done over there. Returns the exit status. */
export async function serveErrands(
  context: Context,
  work: (alone: Context, file: FoundFile) => Promise<unknown>,
): Promise<number> {
  const { errands } = context.streams;
  const host = context.host.fork(ASKING_NOBODY);
  concurrencyLimitOf(host).shareAmong(2);
  prepareForMany(host);
  const letGo = holdConfigs(host);
  const dropTokens = keepTokens();
  const alone = { ...context, host };
  try {
    await errands?.serve((file) => work(alone, file));
  } finally {
    dropTokens();
    letGo();
  }
  return 0;
}

/** The host where nobody may be asked: what needs an answer fails, and is done by the first process. */
const ASKING_NOBODY: HostChanges = {
  isUnattended: true,
  askSecret: () => Promise.reject(nobodyIsAsked()),
  confirm: () => Promise.reject(nobodyIsAsked()),
  begin: undefined,
};

function nobodyIsAsked(): SopsError {
  return new SopsError('failed', 'this process asks nobody');
}

/** The other process may be gone. */
function tell(reply: Reply): void {
  if (process.connected) process.send?.(reply, undefined, undefined, () => undefined);
}

/** The channel to the other process. */
class Post implements Errands {
  /** Undefined when the other process went away before it sent any. */
  readonly words: Promise<readonly string[] | undefined>;
  readonly #files: { readonly number: number; readonly file: FoundFile }[] = [];
  readonly #over: Promise<void>;
  #work: ((file: FoundFile) => Promise<unknown>) | undefined;
  #inWork = 0;

  constructor() {
    let gotWords: (words: readonly string[] | undefined) => void;
    this.words = new Promise((settle) => {
      gotWords = settle;
    });
    this.#over = new Promise((settle) => {
      process.once('disconnect', () => {
        // The first process went away in the middle of work: whoever ended it means this one as well. The signal removes temporary files as usual.
        if (this.#inWork > 0) process.kill(process.pid, 'SIGTERM');
        gotWords(undefined);
        settle();
      });
    });
    process.on('message', (request: Request) => {
      if ('words' in request) gotWords(request.words);
      else {
        this.#files.push(request);
        this.#begin();
      }
    });
  }

  async serve(work: (file: FoundFile) => Promise<unknown>): Promise<void> {
    if (!this.#work) tell('begins');
    this.#work = work;
    this.#begin();
    await this.#over;
  }

  #begin(): void {
    const work = this.#work;
    if (!work) return;
    for (const { number, file } of this.#files.splice(0, MOST_AT_A_TIME - this.#inWork)) {
      this.#inWork += 1;
      const reply = async (): Promise<void> => {
        const done = await work(file).catch(() => undefined);
        this.#inWork -= 1;
        tell({ number, ...(done !== undefined && { done }) });
        this.#begin();
      };
      void reply();
    }
  }
}
