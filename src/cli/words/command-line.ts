/** A whole command line, understood: which command, which flags, which operands (docs/command-line.md#words-and-flags). */
import { SopsError } from '../../errors.js';
import { type CommandRow, isFamily } from '../commands.js';
import { countBehindDashes, type FlagValue, flagOfWord, parseFlags, reorder, unknownFlag } from './argv.js';
import { type FlagName, type FlagRow, HELP_FLAG } from './flag.js';
import { environmentValues, FlagValues } from './flag-values.js';
import { flagsOf, globalFlags, START_FLAGS } from './flags.js';
import { correctedLine, judgeIgnoredWords } from './ignored-words.js';
import { UsageError } from './usage-error.js';

export type CommandLine =
  | { readonly kind: 'version'; readonly checksForUpdates: boolean }
  /** Made by the completion script of a shell. */
  | { readonly kind: 'completion'; readonly words: readonly string[] }
  /** `topic` is undefined for the page about the program. */
  | { readonly kind: 'help'; readonly topic: string | undefined }
  | RunLine;

export interface RunLine {
  readonly kind: 'run';
  readonly row: CommandRow;
  readonly oldForm: boolean;
  /** What the flag of the old form was given, if it takes a text. */
  readonly oldText?: string | undefined;
  readonly values: FlagValues;
  readonly operands: readonly string[];
  /** How many of the last operands stood after `--`; absent without it. */
  readonly behindDashes?: number | undefined;
  /** What the user should know about words that have no effect, in order. */
  readonly warnings: readonly string[];
  /** The same for who calls the program as `sops`. */
  readonly asSops?: readonly string[];
  /** Set when going on would write in place although a flag was ignored for its place. */
  readonly refusal: SopsError | undefined;
  /** Set when a word after the command looks like a flag and is not one: SOPS takes it for a file, which is never meant. */
  readonly stray?: SopsError | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a command line. Throws `usage` errors, `no-file` for a line that names none. */
export function readCommandLine(
  words: readonly string[],
  env: Environment,
  commands: readonly CommandRow[],
): CommandLine {
  const table = globalFlags();
  const defaults = environmentValues(table, env);
  const { given, operands } = parseFlags(words, table);
  if (asksForHelp(given)) return { kind: 'help', topic: undefined };
  if (given.get(START_FLAGS.version) === true)
    return { kind: 'version', checksForUpdates: given.get(START_FLAGS.checkForUpdates) === true };
  const [word = '', ...rest] = operands;
  if (HELP_WORD.test(word)) return readHelp(rest, commands);
  const named = commandNamed(operands, commands);
  if (!named && isFamily(word, commands)) return readFamily(word, rest);
  if (!named) return readOldForm(words, { given, operands, defaults }, commands);
  const { row, behind } = named;
  const before = words.slice(0, words.length - behind.length);
  return readCommand(row, { before, behind, given, env });
}

const HELP_WORD = /^h(?:elp)?$/;

function asksForHelp(given: ReadonlyMap<FlagName, FlagValue>): boolean {
  return given.get(HELP_FLAG.name) === true;
}

/** First words that stand for others. `manifest` alone is what it looks like: the name of a file. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['manifest', 'emit'],
  ['resolve-refs', 'refs eval'],
]);

/** The command that the first words name, two if need be (`groups add`), and the words after it. */
function commandNamed(
  words: readonly string[],
  commands: readonly CommandRow[],
): { row: CommandRow; behind: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const [first = '', ...others] = words.slice(0, count);
    const name = [SYNONYMS.get(first) ?? first, ...others].join(' ');
    const row = commands.find((candidate) => candidate.name === name);
    if (row) return { row, behind: words.slice(count) };
  }
  return undefined;
}

/** The first word of commands whose names have two: alone it stands for their help page. */
function readFamily(word: string, rest: readonly string[]): CommandLine {
  const { given, operands } = parseFlags(rest, [HELP_FLAG], word);
  const member = operands[HELP_WORD.test(operands[0] ?? '') ? 1 : 0];
  return { kind: 'help', topic: asksForHelp(given) || member === undefined ? word : `${word} ${member}` };
}

function readHelp(words: readonly string[], commands: readonly CommandRow[]): CommandLine {
  const { given, operands } = parseFlags(words, [HELP_FLAG], 'help');
  const topic = commandNamed(operands, commands)?.row.name ?? operands[0];
  return { kind: 'help', topic: asksForHelp(given) ? undefined : topic };
}

interface CommandWords {
  /** The words up to and with the command's name. */
  readonly before: readonly string[];
  readonly behind: readonly string[];
  /** The flags among `before`. */
  readonly given: ReadonlyMap<FlagName, FlagValue>;
  readonly env: Environment;
}

/** A command by name. Flags before the name count where the command has them, too (SOPS ignores most of those). */
function readCommand(row: CommandRow, { before, behind, given, env }: CommandWords): CommandLine {
  const table = flagsOf(row.name);
  const defaults = environmentValues(table, env);
  const { given: own, operands } = parseFlags(reorder(behind, table), table, row.name);
  if (asksForHelp(own)) return { kind: 'help', topic: row.name };
  const values = new FlagValues(new Map([...defaults, ...given, ...own]), [...given.keys(), ...own.keys()]);
  const behindDashes = countBehindDashes(behind, table);
  const ignored = judgeIgnoredWords(row, values, {
    before,
    words: behind,
    table,
    operands,
    isNamed: true,
  });
  return {
    kind: 'run',
    row,
    oldForm: false,
    values,
    operands: ignored.onlyFirst ? operands.slice(0, 1) : operands,
    behindDashes,
    warnings: [...warnOfForeignFlags(given, row, table), ...ignored.warnings],
    asSops: ignored.asSops,
    refusal: ignored.refusal,
    stray: strayFlag(row, operands, behindDashes ?? 0, values),
  };
}

/** A flag by its look; numbers, which `set` may be given, do not count. */
const FLAG_LIKE = /^--?([A-Za-z][\w-]*)(?:=|$)/;

/** The first operand that looks like a flag, as an error: those after `--`, and texts that are asked for with `--text`, are what they are. */
function strayFlag(
  row: CommandRow,
  operands: readonly string[],
  behindDashes: number,
  values: FlagValues,
): SopsError | undefined {
  const { operandRule, plainOperandsWith } = row;
  if (operandRule === 'first' || (plainOperandsWith !== undefined && values.isOn(plainOperandsWith))) return undefined;
  for (const word of operands.slice(0, operands.length - behindDashes)) {
    const name = FLAG_LIKE.exec(word)?.[1];
    if (name !== undefined) return unknownFlag(name, flagsOf(row.name), row.name);
  }
  return undefined;
}

interface OldWords {
  readonly given: ReadonlyMap<FlagName, FlagValue>;
  readonly operands: readonly string[];
  readonly defaults: ReadonlyMap<FlagName, FlagValue>;
}

/** No command named: a flag says what to do. SOPS without such a flag opens an editor. */
function readOldForm(
  words: readonly string[],
  { given, operands, defaults }: OldWords,
  commands: readonly CommandRow[],
): CommandLine {
  if (operands.length === 0) {
    throw new SopsError('no-file', 'Error: no file specified', { hint: 'See: sops-ts help' });
  }
  const modes = commands.filter((row) => row.oldForm !== undefined && isGiven(given.get(row.oldForm)));
  // SOPS edits the first of several files, whatever the others are: a misspelt command, or a flag that comes too late.
  const row = modes.at(-1) ?? (operands.length > 1 ? undefined : commands.find((command) => command.isDefault));
  if (!row) throw noCommand(words, operands, commands);
  const values = new FlagValues(new Map([...defaults, ...given]), given.keys());
  const form = row.oldForm && given.get(row.oldForm);
  const ignored = judgeIgnoredWords(row, values, { before: [], words, table: globalFlags(), operands, isNamed: false });
  const foreign = warnOfForeignFlags(given, row, [...flagsOf(row.name), ...modeFlags(commands)]);
  const several = `More than one command (${modes.map((mode) => `--${mode.oldForm}`).join(', ')}) has been given`;
  return {
    kind: 'run',
    row,
    oldForm: true,
    oldText: typeof form === 'string' && form !== '' ? form : undefined,
    values,
    operands,
    warnings: [
      ...(modes.length > 1 ? [`${several}; only --${row.oldForm} has an effect.`] : []),
      ...foreign,
      ...ignored.warnings,
    ],
    refusal: ignored.refusal,
  };
}

/** Whether a flag that chooses a command does so: a yes/no flag that is on, or a text that is not empty. */
function isGiven(value: FlagValue | undefined): boolean {
  return value !== undefined && value !== false && value !== '';
}

function modeFlags(commands: readonly CommandRow[]): FlagRow[] {
  return globalFlags().filter((flag) => commands.some((row) => row.oldForm === flag.name));
}

/** Flags that were given but that the command does not have. */
function warnOfForeignFlags(
  given: ReadonlyMap<FlagName, FlagValue>,
  row: CommandRow,
  table: readonly FlagRow[],
): string[] {
  const known = (name: string): boolean => name === row.oldForm || table.some((flag) => flag.name === name);
  const foreign = [...given.keys()].filter((name) => !known(name));
  return foreign.map((name) => `--${name} has no effect on ${row.name}.`);
}

/** A file without a command. A mode flag behind it, which SOPS ignores to open its editor, was surely meant. */
function noCommand(words: readonly string[], operands: readonly string[], commands: readonly CommandRow[]): SopsError {
  const [word = ''] = operands;
  const late = operands.some((one) => modeFlags(commands).includes(flagOfWord(one, globalFlags()) ?? HELP_FLAG));
  const hint = late
    ? `Write: ${correctedLine({ before: [], words, table: globalFlags() })}`
    : 'To edit a file, name that file alone, after all flags: sops-ts edit FILE. All commands: sops-ts help';
  const reason = `${JSON.stringify(word)} is not a command of sops-ts`;
  return new UsageError(
    reason,
    undefined,
    late ? undefined : { kind: 'command', word, names: commandWords(commands) },
    hint,
  );
}

/** The words that may stand where a command does. */
export function commandWords(commands: readonly CommandRow[]): string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? '')), 'help'];
}
