/** Words that SOPS's argument order rules leave without effect: what to say, and when to refuse (docs/command-line.md#flags-after-the-file). */
import { SopsError } from '../../errors.js';
import type { CommandRow } from '../commands.js';
import { flagOfWord } from './argv.js';
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
  /** What is so only for who calls the program as `sops`; for others the words count. */
  readonly asSops: string[];
  readonly refusal: SopsError | undefined;
  /** Whether only the first operand is one. */
  readonly onlyFirst: boolean;
}

const NONE: IgnoredWords = { warnings: [], asSops: [], refusal: undefined, onlyFirst: false };

/**
 * Judges the operands after the first. A command that prints goes on as SOPS does, with a warning that shows the
 * command line that was probably meant; one that writes in place refuses when one of the ignored words looks like
 * a flag: the write that would follow is never wanted.
 */
export function judgeIgnoredWords(row: CommandRow, values: FlagValues, level: LevelWords): IgnoredWords {
  const [used, ...ignored] = level.operands;
  if (row.operandRule !== 'first' || ignored.length === 0) return NONE;
  const flaglike = ignored.filter((word) => word.length > 1 && word.startsWith('-')).at(-1);
  const only = `More than one positional argument provided: only ${quote(used ?? '')} is used`;
  const warnings = [`${only}, not ${ignored.map(quote).join(' ')}.`];
  const isForAll = flaglike === undefined && level.isNamed && row.takesSeveral === true;
  if (isForAll) return { ...NONE, asSops: warnings };
  if (flaglike === undefined) return { ...NONE, warnings, onlyFirst: true };
  const where = `${quote(flaglike)}, which looks like a flag, comes too late to have an effect`;
  const meant = `Write: ${correctedLine(level)}`;
  if (writesInPlace(row, values)) {
    const message = `Error: ${where}; refusing to write in place without it`;
    return { ...NONE, refusal: new SopsError('conflict', message, { hint: meant }) };
  }
  return { ...NONE, warnings: [...warnings, `${where}. ${meant}`], onlyFirst: true };
}

function writesInPlace({ writesInPlace: when = [] }: CommandRow, values: FlagValues): boolean {
  return when === 'always' || when.some((flag) => values.isOn(flag));
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
