/** What the library may ask of the program around it, so that nothing below the command line touches process or console. */

/** The surroundings of one run. The command line makes one from `process`; tests and library users make their own. */
export interface Host {
  /** Environment variables; an empty one counts as unset unless a rule says otherwise. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /**
   * Asks the user for a secret on the terminal, without echo. Called at most once for one thing per run
   * (callers remember the answer). Rejects when there is no terminal.
   */
  askSecret(prompt: string): Promise<string>;
  /** Tells the user something that does not stop the run; one sentence, without plaintext. */
  warn(message: string): void;
}
