/** What a second process of the program is started with, and what passes between the two (worker-process.ts, worker.ts). */
import type { SopsError } from '../../errors.js';
import type { FoundFile } from '../../repository/operands.js';

/** The only word of its command line; what it is to do comes by the channel between them. */
export const WORKER_WORD = '--work-for-another-process';

/** From the first process: its own command line, then files. */
export type Request = { readonly words: readonly string[] } | { readonly number: number; readonly file: FoundFile };

/** What became of a file. */
export interface Reply {
  readonly number: number;
  /** Absent for one that is to be done by the first process; nothing was written then. */
  readonly done?: WorkedAside;
}

export interface WorkedAside {
  readonly warnings: readonly string[];
  /** Those among them that a run gives once. */
  readonly once: readonly string[];
  readonly output?: string;
  /** The process went away in the middle, so that nobody knows what came of it. */
  readonly error?: SopsError;
}

/** The files that the first process hands over. */
export interface Errands {
  /** Works on each as it comes, until there are no more. Undefined stands for one that is to be done over there. */
  forEach(work: (file: FoundFile) => Promise<WorkedAside | undefined>): Promise<void>;
}
