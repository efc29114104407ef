/** The seam of the commands: what a module says of its command, and what it is given to run. */
import type { Session } from '../../util/host/host.js';
import type { TaskName } from '../help/tasks.js';
import type { Streams } from '../terminal/streams.js';
import {
  type Flag,
  type FlagFamily,
  type FlagSet,
  flagsWithin,
  type KeysOfKind,
  readFlags,
  type Values,
} from '../words/flag.js';
import type { FlagValues } from '../words/flag-values.js';

/** What an operand is: the place of a value is one in the file before it, a recipient one that `.sops.yaml` names. */
export type OperandKind = 'file' | 'place' | 'recipient';

/** What a module says of its command. */
export interface CommandAbout {
  /** One word, or two where commands stand below others (`groups add`); the file is named after it. */
  readonly name: string;
  /** The section of the page about the program. */
  readonly task: TaskName;
  /** Its place there, if that is not the registry's order: the lower the earlier, 0 without. */
  readonly rank?: number;
  /** One line for help pages, without full stop. */
  readonly summary: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
  /** The operands as help pages show them. */
  readonly operands: string;
  /** What completion offers for the operands, by their turn; files where it says nothing. */
  readonly operandKinds?: readonly OperandKind[];
  /**
   * The flag that chooses it when no command is named (`-d file`), absent if it has no such old form. In the old
   * forms at least one operand is required, and several modes run in the order of the registry.
   */
  readonly oldForm?: Flag<'boolean'> | Flag<'text'>;
  /** Whether it is meant when neither a command nor such a flag stands there (`sops FILE`). */
  readonly isDefault?: true;
  /**
   * `first`: it uses the first operand and warns of more; when it writes in place it refuses to go on with flags that SOPS would ignore
   * because of where they stand. `own`, the default: the command judges its operands itself.
   */
  readonly operandRule?: 'first' | 'own';
  /**
   * Whether, called by its name and not as `sops`, it works on all of its operands: files, folders and patterns (see many/files.ts).
   */
  readonly takesSeveral?: true;
  /** The flag with which its operands may look like flags. */
  readonly plainOperandsWith?: string;
  /**
   * Where its file stands on the command line, so that every error can name it; absent where there is none, or where the command names it
   * itself. `lone-operand`: only a single operand, as of several files it tells one by one; `flag`: the value of that flag.
   */
  readonly file?: 'operand' | 'lone-operand' | { readonly flag: string };
  /**
   * Whether the sweep for what killed runs left behind is skipped before it: because it sweeps and reports itself, or because another
   * program starts it many times.
   */
  readonly skipsSweep?: true;
  /** Whether it writes to the file it reads: always, or with one of these flags; absent for never. */
  readonly writesInPlace?: 'always' | readonly string[];
  readonly flags: FlagSet;
}

/** One command. A new one is a module that exports this, and a row in registry.ts; everything else follows. */
export interface CommandDefinition<F extends FlagSet> extends CommandAbout {
  readonly plainOperandsWith?: KeysOfKind<F, 'boolean'>;
  readonly file?: 'operand' | 'lone-operand' | { readonly flag: KeysOfKind<F, 'text'> };
  readonly writesInPlace?: 'always' | readonly KeysOfKind<F, 'boolean'>[];
  readonly flags: F;
  /** Does it: calls one operation, writes. Returns the exit status; throws SopsError. Called once per run. */
  run(flags: Values<F>, context: Context): Promise<number>;
}

/** What a command has to go by, beside its flags. */
export interface Context {
  readonly operands: readonly string[];
  /** How many of the last operands stood after `--`; absent without it. */
  readonly behindDashes?: number | undefined;
  /** Whether it was chosen by a flag (`-d file`) instead of its name. */
  readonly oldForm: boolean;
  /** What that flag was given, if it takes a text (`--set 'PLACE JSON' file`). */
  readonly oldText?: string | undefined;
  /** The whole command line, without the program's name. */
  readonly words: readonly string[];
  readonly host: Session;
  readonly streams: Streams;
  /** The first words of all commands, for advice on a misspelt one. */
  commandNames(): readonly string[];
  /** Words a hint so that it names no flag that this command does not have. */
  hintFor(hint: string): string;
  /** The first of some flags that stands on the command line, without dashes; a variable that is bound to it does not count. */
  firstTyped(flags: readonly (Flag | FlagFamily)[]): string | undefined;
}

/** How a command is called: with all that the command line says. */
export interface Invocation extends Omit<Context, 'firstTyped'> {
  readonly values: FlagValues;
}

/** What is loaded to run a command. */
export interface Command {
  readonly about: CommandAbout;
  run(invocation: Invocation): Promise<number>;
}

export interface CommandOf<F extends FlagSet> extends Command {
  readonly flags: F;
}

/** Makes a command of what its module says. */
export function command<F extends FlagSet>(definition: CommandDefinition<F>): CommandOf<F> {
  return {
    about: definition,
    flags: definition.flags,
    run({ values, ...context }) {
      const firstTyped: Context['firstTyped'] = (flags) =>
        flags.flatMap(flagsWithin).find(({ name }) => values.isTyped(name))?.name;
      return definition.run(readFlags(definition.flags, values), { ...context, firstTyped });
    },
  };
}
