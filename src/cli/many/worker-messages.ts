/** How a second process of the program is started, and the messages between the two (worker-process.ts, worker.ts). */
import type { FoundFile } from '../../repository/operands.js';

/** The only word on its command line; what to do it learns from the channel between the two. */
export const WORKER_WORD = '--work-for-another-process';

/** From the first process: its own command line, then files. */
export type Request = { readonly words: readonly string[] } | { readonly number: number; readonly file: FoundFile };

/** From the second process: that it is ready for files, and then what became of each. */
export type Reply = 'begins' | FileReply;

export interface FileReply {
  readonly number: number;
  /** The command's result, as plain data. Absent for a file that the first process has to do; nothing was written then. */
  readonly done?: unknown;
}

/** The second process's side of the work: the files that the first one hands over. */
export interface Errands {
  /** Works on each as it comes, until there are no more. A result of undefined leaves the file to the first process. */
  serve(work: (file: FoundFile) => Promise<unknown>): Promise<void>;
}
