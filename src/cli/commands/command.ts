/** The seam of the commands: what a row says, and what a command's file must do. */
import type { Session } from '../../util/host.js';
import type { FlagValues } from '../flag-values.js';
import type { Streams } from '../streams.js';

/** One command. A new one is a row in registry.ts, the rows of its flags in flags.ts, its help texts in guide/, and one file. */
export interface CommandRow {
  /** One word, or two where SOPS has commands below commands (`groups add`). */
  readonly name: string;
  /**
   * The flag that chooses it when no command is named (`-d file`), absent if it has no such old form. In the old
   * forms at least one operand is required, and several modes run in the order of the rows.
   */
  readonly oldForm?: string;
  /** Whether it is meant when neither a command nor such a flag stands there (`sops FILE`). */
  readonly isDefault?: true;
  /**
   * `first`: it uses the first operand and warns of more (and refuses, when it writes in place, to go on with
   * flags that are ignored for their place). `own`: the command judges its operands itself.
   */
  readonly operandRule: 'first' | 'own';
  /**
   * Whether, called by its name and with `--in-place`, it takes further operands that are files, too: those that are not have no
   * effect, as in SOPS, where that is so of all (see several.ts).
   */
  readonly severalInPlace?: true;
  /**
   * Where the file stands that it is about, so that every error can name it; absent where there is none, or it names it itself.
   * `lone-operand`: of several files it tells one by one.
   */
  readonly file?: 'operand' | 'lone-operand' | 'flag';
  /** Whether it removes, and tells of, what killed runs left behind by itself. Before any other command that is done for it. */
  readonly tellsLeftovers?: true;
  /** Whether these flags make it write to the file it reads. */
  writesInPlace(values: FlagValues): boolean;
  load(): Promise<Command>;
}

/** What a command has to go by. */
export interface Invocation {
  readonly values: FlagValues;
  readonly operands: readonly string[];
  /** How many of the last operands stood behind `--`; absent without it. */
  readonly behindDashes?: number | undefined;
  /** Whether it was chosen by a flag (`-d file`) instead of its name. */
  readonly oldForm: boolean;
  readonly host: Session;
  readonly streams: Streams;
}

export interface Command {
  /** Does it: reads flags, calls one operation, writes. Returns the exit status; throws SopsError. Called once per run. */
  run(invocation: Invocation): Promise<number>;
}

/** Whether a word begins the names of commands that have two. */
export function isFamily(word: string, commands: readonly CommandRow[]): boolean {
  return commands.some((row) => row.name.startsWith(`${word} `));
}
