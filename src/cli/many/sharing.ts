/** Shares many files out between this process and, where that helps, a second one (docs/decisions.md#many-files-in-one-process). */
import { availableParallelism } from 'node:os';
import type { FoundFile } from '../../repository/operands.js';
import { MOST_AT_A_TIME } from '../../util/waiting/side-by-side.js';
import type { Answer, WorkerProcess } from './worker-process.js';

/** With fewer files than this, a second process costs more than it saves. */
export const FEWEST_FILES = 250;
/** The decision comes after this many files; until then only so many are in work at a time, so that it comes soon. */
const ON_TRIAL = 4;
/** The second process has so many files more than it works on at a time: while this one is busy it gets no others. */
const AHEAD = MOST_AT_A_TIME;
/** With fewer left than this, neither gets any ahead, so that both end at the same time. */
const LAST = 3 * MOST_AT_A_TIME;
export type Worker = Pick<WorkerProcess, 'takesFiles' | 'inWork' | 'work' | 'end'>;

export interface SharingParts {
  /** How many files there may be. */
  readonly files: number;
  /** Starts a second process; absent where there is to be none. Throws what the system says. */
  start?(): Worker;
  /** Called when it gets files. */
  shared?(): void;
  /** Whether it is to have files, asked when some are done. */
  helps(): boolean;
  readonly cores?: number;
}

/** The second process is started at once, so that it is ready when it is decided that it helps. */
export class Sharing {
  readonly #parts: SharingParts;
  readonly #worker: Worker | undefined;
  #state: 'trial' | 'alone' | 'shared';
  #begun = 0;
  #done = 0;
  #inWork = 0;

  constructor(parts: SharingParts) {
    const { files, cores = availableParallelism() } = parts;
    this.#parts = parts;
    this.#worker = files < FEWEST_FILES || cores < 2 ? undefined : started(parts);
    this.#state = this.#worker ? 'trial' : 'alone';
  }

  /** How many files may be in work now. */
  get most(): number {
    if (this.#state === 'trial') return ON_TRIAL;
    return this.#state === 'shared' && this.#worker?.takesFiles ? 2 * MOST_AT_A_TIME + AHEAD : MOST_AT_A_TIME;
  }

  /** Has a file worked on: by the second process if that has fewer in work, with `aside` turning its answer into a result; else by `here`. */
  async work<Result>(
    file: FoundFile,
    here: () => Promise<Result>,
    aside: (answer: NonNullable<Answer>) => Result,
  ): Promise<Result> {
    const worker = this.#worker;
    this.#begun += 1;
    if (this.#state === 'shared' && worker?.takesFiles && worker.inWork < this.#inWork + this.#ahead) {
      const answer = await worker.work(file);
      if (answer) return aside(answer);
    }
    this.#inWork += 1;
    try {
      return await here();
    } finally {
      this.#inWork -= 1;
      this.#done += 1;
      if (this.#state === 'trial' && this.#done === ON_TRIAL) this.#decide();
    }
  }

  /** Ends the second process, which has nothing to do any more. */
  async end(): Promise<void> {
    await this.#worker?.end();
  }

  get #ahead(): number {
    return this.#parts.files - this.#begun < LAST ? 0 : AHEAD;
  }

  #decide(): void {
    this.#state = this.#parts.helps() ? 'shared' : 'alone';
    if (this.#state === 'shared') this.#parts.shared?.();
  }
}

/** Undefined when it cannot be started, say for lack of memory: then the first process does everything. */
function started({ start }: SharingParts): Worker | undefined {
  try {
    return start?.();
  } catch {
    return undefined;
  }
}
