/** What a second process of the program is started with, and what passes between the two (worker-process.ts, worker.ts). */
import type { FoundFile } from '../../repository/operands.js';

/** The only word of its command line; what it is to do comes by the channel between them. */
export const WORKER_WORD = '--work-for-another-process';

/** From the first process: its own command line, then files. */
export type Request = { readonly words: readonly string[] } | { readonly number: number; readonly file: FoundFile };

/** From the second one: that it begins to work on files, and then what became of each. */
export type Reply = 'begins' | FileReply;

export interface FileReply {
  readonly number: number;
  /** What there is to tell, as the command has it: plain data. Absent for a file that is to be done by the first process; nothing was written then. */
  readonly done?: unknown;
}

/** The files that the first process hands over. */
export interface Errands {
  /** Works on each as it comes, until there are no more. Undefined stands for one that is to be done over there. */
  serve(work: (file: FoundFile) => Promise<unknown>): Promise<void>;
}
