/** What running a program needs of the process itself; the command line hands it in, tests hand in their own. */
import type { Account } from './account.js';

export { ENDING_SIGNALS } from '../util/files/temporaries.js';

/** The process that supervises, or becomes, the program. */
export interface OwnProcess {
  readonly pid: number;
  /** Calls the listener for every signal that arrives; those the platform lacks are left out. Returns how to stop that. */
  onSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void;
  /** Sends a signal; false when there is no such process (any more). Throws for lack of permission. */
  kill(pid: number, signal: NodeJS.Signals): boolean;
  /** Effective user id; undefined on Windows. */
  readonly userId: number | undefined;
  /** Takes on user, group and supplementary groups for good. Throws the system's error. */
  becomeUser(account: Account): void;
  /**
   * Replaces the process by a program, as execve does; `args` begins with the program's own name. Returns only when
   * that failed, by throwing. Absent where the runtime cannot (Node before 22.15 and 23.11, Windows).
   */
  readonly replace?: (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => void;
}
