/** What the flags of one run are set to, wherever that came from. */
import { SopsError } from '../../errors.js';
import { booleanOf, type FlagValue } from './argv.js';
import type { Flag, FlagKind, FlagName, FlagRow, ValueOfKind } from './flag.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Flag values by the names of flags. A flag given on the command line wins over the environment variable bound to it. */
export class FlagValues {
  readonly #values: ReadonlyMap<string, FlagValue>;
  readonly #typed: ReadonlySet<string>;

  /** `typed` are the names of the flags on the command line. */
  constructor(values: ReadonlyMap<string, FlagValue>, typed: Iterable<string>) {
    this.#values = values;
    this.#typed = new Set(typed);
  }

  /** Whether a flag stands on the command line; a variable that is bound to it does not count. */
  isTyped(name: FlagName): boolean {
    return this.#typed.has(name);
  }

  /** A yes/no flag; absent is no. */
  isOn(name: FlagName<'boolean'>): boolean {
    return this.#values.get(name) === true;
  }

  /** A text; an empty one counts as absent, as in SOPS. */
  text(name: FlagName<'text'>): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** What a flag that may be given several times was given, in order, without empty texts. */
  list(name: FlagName<'list'>): readonly string[] {
    const value = this.#values.get(name) ?? [];
    // Before the command a flag of the same name may be one that is given once.
    const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
    return texts.filter((text) => text !== '');
  }

  /** An integer, or undefined when it was not given. */
  integer(name: FlagName<'integer'>): number | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  /** The value of a flag, by its kind. Throws `usage` for an empty text where the flag takes none. */
  of({ name, kind, refusesEmpty }: Pick<Flag, 'name' | 'kind' | 'refusesEmpty'>): ValueOfKind[FlagKind] {
    if (refusesEmpty && [this.#values.get(name)].flat().includes('')) {
      const hint = 'Is a variable not set? Without the flag it means something else.';
      throw new SopsError('usage', `Incorrect Usage: --${name} is empty`, { hint });
    }
    switch (kind) {
      case 'boolean':
        return this.isOn(name as FlagName<'boolean'>);
      case 'text':
        return this.text(name as FlagName<'text'>);
      case 'integer':
        return this.integer(name as FlagName<'integer'>);
      case 'list':
        return this.list(name as FlagName<'list'>);
    }
  }
}

/**
 * The values that the environment gives to flags (docs/command-line.md#variables-of-flags): an empty variable is absent for texts and `false` for
 * yes/no flags. A flag that is on by default is on here. Throws `usage` for a yes/no variable with another word.
 */
export function environmentValues(table: readonly FlagRow[], env: Environment): Map<FlagName, FlagValue> {
  const values = new Map<FlagName, FlagValue>();
  for (const row of table) {
    const text = row.variable === undefined ? undefined : env[row.variable];
    if (row.onByDefault) values.set(row.name, true);
    if (text === undefined) continue;
    if (row.kind !== 'boolean') {
      values.set(row.name, row.kind === 'list' ? text.split(',').map((item) => item.trim()) : text);
      continue;
    }
    const value = text === '' ? false : booleanOf(text);
    if (value === undefined) {
      throw new SopsError('usage', `could not parse ${text} as bool value for flag ${row.name}`, {
        hint: `Set ${row.variable} to true or false, or unset it.`,
      });
    }
    values.set(row.name, value);
  }
  return values;
}
