/** Words that SOPS's argument order rules leave without effect: what to say, and when to refuse (docs/command-line.md#flags-behind-the-file). */
import { SopsError } from '../errors.js';
import { flagOfWord } from './argv.js';
import type { CommandRow } from './commands.js';
import type { FlagRow } from './flag.js';
import type { FlagValues } from './flag-values.js';

/** The words of a level as typed, and what they could have been. */
export interface TypedWords {
  /** What stands before the words, kept in the corrected line. */
  readonly before: readonly string[];
  readonly words: readonly string[];
  readonly table: readonly FlagRow[];
}

export interface LevelWords extends TypedWords {
  /** The operands that reading the words gave. */
  readonly operands: readonly string[];
  /** Whether it is a command's name that stands before them, not one of the old forms. */
  readonly isNamed: boolean;
}

export interface IgnoredWords {
  readonly warnings: string[];
  readonly refusal: SopsError | undefined;
}

/**
 * Judges the operands behind the first. A command that prints goes on as SOPS does, with a warning that shows the
 * command line that was probably meant; one that writes in place refuses when one of the ignored words looks like
 * a flag: the write that would follow is never wanted.
 */
export function judgeIgnoredWords(row: CommandRow, values: FlagValues, level: LevelWords): IgnoredWords {
  const [used, ...ignored] = level.operands;
  if (row.operandRule !== 'first' || ignored.length === 0) return { warnings: [], refusal: undefined };
  const flaglike = ignored.filter((word) => word.length > 1 && word.startsWith('-')).at(-1);
  if (flaglike === undefined && level.isNamed && takesSeveral(row, values)) return { warnings: [], refusal: undefined };
  const only = `More than one positional argument provided: only ${quote(used ?? '')} is used`;
  const warnings = [`${only}, not ${ignored.map(quote).join(' ')}.`];
  if (flaglike === undefined) return { warnings, refusal: undefined };
  const where = `${quote(flaglike)}, which looks like a flag, comes too late to have an effect`;
  const meant = `Write: ${correctedLine(level)}`;
  if (writesInPlace(row, values)) {
    const message = `Error: ${where}; refusing to write in place without it`;
    return { warnings: [], refusal: new SopsError('conflict', message, { hint: meant }) };
  }
  return { warnings: [...warnings, `${where}. ${meant}`], refusal: undefined };
}

function writesInPlace({ writesInPlace: when = [] }: CommandRow, values: FlagValues): boolean {
  return when === 'always' || when.some((flag) => values.isOn(flag));
}

/** Whether the files behind the first are worked on as well. A name given for a file is one file's. */
function takesSeveral(row: CommandRow, values: FlagValues): boolean {
  return row.severalInPlace === true && values.isOn('in-place') && values.text('filename-override') === undefined;
}

/** The command line with every flag of the command before the operands; words that only look like flags are left out. */
export function correctedLine({ before, words, table }: TypedWords): string {
  const flags: string[] = [];
  const operands: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const row = flagOfWord(word, table);
    if (row) {
      const value = row.kind === 'boolean' || word.includes('=') ? undefined : words[++at];
      flags.push(word, ...(value === undefined ? [] : [value]));
    } else if (word !== '--' && (word === '-' || !word.startsWith('-'))) {
      operands.push(word);
    }
  }
  return ['sops-ts', ...before, ...flags, ...operands].map(quote).join(' ');
}

/** A word as a POSIX shell takes it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
