/** From words to flags and operands, by the rules of Go's `flag` package and SOPS's reordering (docs/command-line.md#words-and-flags, docs/command-line.md#flags-after-the-file). */
import { type FlagName, type FlagRow, findFlag } from './flag.js';
import { UsageError } from './usage-error.js';

export type FlagValue = boolean | string | number | readonly string[];

/** The words of one level (before a command, or after it), understood. */
export interface Parsed {
  /** By long name; only what was given. The last of several wins, but for lists, which add up. */
  readonly given: ReadonlyMap<FlagName, FlagValue>;
  /** From the first word on that is not a flag. */
  readonly operands: readonly string[];
}

/**
 * Reads flags up to the first operand. `command` is named in errors only. Throws {@link UsageError}, with Go's
 * words, which scripts match.
 */
export function parseFlags(words: readonly string[], table: readonly FlagRow[], command?: string): Parsed {
  const given = new Map<FlagName, FlagValue>();
  const spelled = new Map<string, string>();
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (word === '-' || !word.startsWith('-')) break;
    at += 1;
    if (word === '--') break;
    const { name, value } = splitFlag(word, command);
    const row = findFlag(name, table);
    if (!row) {
      throw unknownFlag(name, table, command);
    }
    if (row.kind === 'boolean') given.set(row.name, parseBoolean(value ?? 'true', name, command));
    else {
      const text = value ?? words[at++];
      if (text === undefined) throw new UsageError(`flag needs an argument: -${name}`, command);
      given.set(row.name, flagValue(row, { text, name, before: given.get(row.name), command }));
    }
    refuseTwoForms(row, name, spelled, command);
  }
  return { given, operands: words.slice(at) };
}

/** The error for a flag that a level does not have; `name` is without dashes. */
export function unknownFlag(name: string, table: readonly FlagRow[], command: string | undefined): UsageError {
  return new UsageError(`flag provided but not defined: -${name}`, command, { kind: 'flag', word: name, table });
}

/**
 * Brings the words after a command into the order in which SOPS reads them: flags first, each with the word after it
 * unless it carries a `=`. Since that is done for yes/no flags too, `-i FILE --output-type yaml` becomes
 * `-i FILE …`, where reading stops at FILE; scripts may rely on it, so it is kept, with a warning (ignored-words.ts).
 */
export function reorder(words: readonly string[], table: readonly FlagRow[]): string[] {
  const { flags, rest, behindDashes } = arrange(words, table);
  return behindDashes ? [...flags, '--', ...rest, ...behindDashes] : [...flags, ...rest];
}

/** How many words stand after the `--` that ends the flags; undefined when there is none. They are the last operands. */
export function countBehindDashes(words: readonly string[], table: readonly FlagRow[]): number | undefined {
  return arrange(words, table).behindDashes?.length;
}

interface Arranged {
  readonly flags: string[];
  readonly rest: string[];
  readonly behindDashes?: readonly string[];
}

function arrange(words: readonly string[], table: readonly FlagRow[]): Arranged {
  const flags: string[] = [];
  const rest: string[] = [];
  let expectsValue = false;
  for (const [at, word] of words.entries()) {
    const row = flagOfWord(word, table);
    if (expectsValue && !row) {
      flags.push(word);
      expectsValue = false;
    } else if (word === '--') {
      return { flags, rest, behindDashes: words.slice(at + 1) };
    } else if (row) {
      flags.push(word);
      expectsValue = !word.includes('=') && !(row.kind === 'boolean' && row.ownBehind);
    } else {
      rest.push(word);
    }
  }
  return { flags, rest };
}

/** The row of a flag that a word names, with or without `=value`; up to three dashes count, as in SOPS. */
export function flagOfWord(word: string, table: readonly FlagRow[]): FlagRow | undefined {
  const name = /^-{1,3}([^=]+)/.exec(word)?.[1];
  return name === undefined ? undefined : findFlag(name, table);
}

/** Go's `strconv.ParseBool`; undefined for any other word. */
export function booleanOf(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  return undefined;
}

interface TypedValue {
  readonly text: string;
  /** The flag as typed, for errors. */
  readonly name: string;
  /** What the same flag was given before. */
  readonly before: FlagValue | undefined;
  readonly command: string | undefined;
}

function flagValue({ kind }: FlagRow, { text, name, before, command }: TypedValue): FlagValue {
  if (kind === 'integer') return parseInteger(text, name, command);
  if (kind === 'list') return [...(Array.isArray(before) ? before : []), text];
  return text;
}

function splitFlag(word: string, command: string | undefined): { name: string; value: string | undefined } {
  const body = word.slice(word.startsWith('--') ? 2 : 1);
  if (body.startsWith('-') || body.startsWith('=')) throw new UsageError(`bad flag syntax: ${word}`, command);
  const cut = body.indexOf('=');
  return cut < 0 ? { name: body, value: undefined } : { name: body.slice(0, cut), value: body.slice(cut + 1) };
}

function parseBoolean(text: string, name: string, command: string | undefined): boolean {
  const value = booleanOf(text);
  if (value === undefined) {
    throw new UsageError(`invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`, command);
  }
  return value;
}

/** An integer as Go writes one in source text: prefixes, and `_` between digits. */
const INTEGER = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
const LARGEST = 2n ** 63n;

function parseInteger(text: string, name: string, command: string | undefined): number {
  const found = INTEGER.exec(text);
  const invalid = (reason: string): UsageError =>
    new UsageError(`invalid value ${JSON.stringify(text)} for flag -${name}: ${reason}`, command);
  if (!found) throw invalid('parse error');
  const digits = (found[2] ?? '').replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
  const size = BigInt(digits);
  const negative = found[1] === '-';
  if (size > (negative ? LARGEST : LARGEST - 1n)) throw invalid('value out of range');
  return Number(negative ? -size : size);
}

function refuseTwoForms(row: FlagRow, name: string, spelled: Map<string, string>, command: string | undefined): void {
  const before = spelled.get(row.name);
  if (before !== undefined && before !== name) {
    throw new UsageError(`Cannot use two forms of the same flag: ${row.short} ${row.name}`, command);
  }
  spelled.set(row.name, name);
}
