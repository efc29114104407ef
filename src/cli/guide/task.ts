/** What help pages say of commands: they stand apart from the registry, since nothing of it is needed to run one. */

export interface CommandGuide {
  /** As in the registry. */
  readonly name: string;
  /** The operands as help pages show them. */
  readonly operands: string;
  /** One line, without full stop. */
  readonly summary: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
}

/** Commands that serve one purpose, in the order in which help names them. */
export interface Task {
  readonly title: string;
  readonly commands: readonly CommandGuide[];
  /** By first word: what commands of two words do, which share a line on the page about the program. */
  readonly families?: Readonly<Record<string, string>>;
}
