/** What a flag is, how commands define theirs, and what types their values have. */

/** `list`: may be given several times, and then adds up; its variable is separated by commas. */
export type FlagKind = 'boolean' | 'text' | 'integer' | 'list';

/**
 * The long name of a flag that is defined, without dashes, which knows its kind: values are read by such names alone (flag-values.ts), so
 * that a misspelt one, or one of another kind, does not compile.
 */
export type FlagName<K extends FlagKind = FlagKind> = string & { readonly [KIND]: K };
declare const KIND: unique symbol;

/** What reading a command line needs to know of a flag; it stands in the table that start-up has (commands/table.ts). */
export interface FlagRow<K extends FlagKind = FlagKind> {
  readonly name: FlagName<K>;
  readonly short?: string;
  readonly kind: K;
  /** Whether it may stand before the command, and so in the old forms (`-d file`), too: a flag of program-flags.ts. */
  readonly global?: boolean;
  /**
   * Whether SOPS's quirk with yes/no flags (argv.ts) need not be kept: SOPS does not take the flag behind the command, or
   * fails wherever the quirk would show.
   */
  readonly ownBehind?: boolean;
  /** The environment variable that is its default. */
  readonly variable?: string;
  /** A yes/no flag that is on unless switched off. */
  readonly onByDefault?: true;
}

/** Flags that help pages put in one paragraph (flag-groups.ts). */
export type FlagGroup =
  | 'types'
  | 'several'
  | 'changes'
  | 'recipients'
  | 'members'
  | 'selection'
  | 'certificate'
  | 'binding'
  | 'layout'
  | 'opening'
  | 'marks'
  | 'printing'
  | 'place'
  | 'policies'
  | 'taken'
  | 'spread'
  | 'store'
  | 'services'
  | 'references'
  | 'general';

/** What help pages and shell completion say of a flag. */
export interface FlagText {
  /** What stands for the value in help pages. */
  readonly value?: string;
  /** What it does; the flags of a group share the group's line instead. */
  readonly help?: string;
  readonly group?: FlagGroup;
  /** What completion offers for the value: these words, files, places in the file that is named, or recipients that `.sops.yaml` names. */
  readonly offers?: readonly string[] | 'files' | 'places' | 'recipients';
  /** Whether its value is several of the words, separated by commas. */
  readonly severalOffers?: true;
}

/** A flag as a command defines it. */
export interface Flag<K extends FlagKind = FlagKind> extends FlagRow<K> {
  readonly text: FlagText;
  /**
   * Whether an empty text is refused, which otherwise counts as absent, as in SOPS: where the flag narrows what is worked on, or says where plaintext
   * goes, `--since "$BASE"` with a variable that is not set must not mean everything.
   */
  readonly refusesEmpty?: true;
}

/** Flags that follow from a table, say one for each type of key: a command gets those that were given, by key. */
export interface FlagFamily<K extends 'text' | 'list' = 'text' | 'list'> {
  readonly kind: 'family';
  readonly members: readonly (readonly [key: string, flag: Flag<K>])[];
}

/** The flags of a command, by the names that its code has for their values; help and completion name them in this order. */
export type FlagSet = Readonly<Record<string, Flag | FlagFamily>>;

/** What flags of each kind give. */
export interface ValueOfKind {
  readonly boolean: boolean;
  /** An empty text counts as absent, as in SOPS. */
  readonly text: string | undefined;
  readonly integer: number | undefined;
  /** In order, without empty texts. */
  readonly list: readonly string[];
}

type ValueOf<D> =
  D extends FlagFamily<infer K>
    ? ReadonlyMap<string, NonNullable<ValueOfKind[K]>>
    : D extends Flag<infer K>
      ? ValueOfKind[K]
      : never;

/** Of a set of flags: what the code calls those of one kind. */
export type KeysOfKind<F extends FlagSet, K extends FlagKind> = {
  [Name in keyof F]: F[Name] extends Flag<K> ? Name : never;
}[keyof F] &
  string;

/** The values of a set of flags in a run, wherever they came from. */
export type Values<F extends FlagSet> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

type Settings = Partial<Omit<Flag, 'name' | 'kind' | 'text'>>;

/** Settings of a flag that narrows, or directs plaintext. */
export const NEVER_EMPTY: Settings = { refusesEmpty: true };
type Builder<K extends FlagKind> = (name: string, text: string | FlagText, settings?: Settings) => Flag<K>;

/** By default a flag stands after its command alone, and a yes/no flag takes no word after it. */
const builder =
  <K extends FlagKind>(kind: K, defaults: Settings = {}): Builder<K> =>
  (name, text, settings = {}) => ({
    name: name as FlagName<K>,
    kind,
    ...defaults,
    ...settings,
    text: typeof text === 'string' ? { help: text } : text,
  });

/** How flags are defined: a name, what help says (or the group that says it), and what else there is to know. */
export const flag = {
  yesNo: builder('boolean', { ownBehind: true }),
  text: builder('text'),
  integer: builder('integer'),
  list: builder('list'),
  /** One flag for each row of a table, by what a command calls it. */
  each: <Row, K extends 'text' | 'list'>(
    rows: readonly Row[],
    of: (row: Row) => readonly (readonly [key: string, flag: Flag<K>])[],
  ): FlagFamily<K> => ({ kind: 'family', members: rows.flatMap(of) }),
};

/** A flag as another command takes it: with other words in help, or other settings. */
export function variant<K extends FlagKind>(of: Flag<K>, text: FlagText, settings: Settings = {}): Flag<K> {
  return { ...of, ...settings, text };
}

/** The flags of a set, in order, those of families each for itself. */
export function flagsIn(set: FlagSet): Flag[] {
  return Object.values(set).flatMap(flagsWithin);
}

/** A flag alone, or those of a family. */
export function flagsWithin(one: Flag | FlagFamily): Flag[] {
  return one.kind === 'family' ? one.members.map(([, member]) => member) : [one];
}

/** What knows the values of flags in a run (flag-values.ts). */
export interface FlagSource {
  of(one: Flag): ValueOfKind[FlagKind];
}

/** The values that a run gives to the flags of a command. */
export function readFlags<F extends FlagSet>(flags: F, values: FlagSource): Values<F> {
  const read = Object.entries(flags).map(([name, one]) => [name, readValue(one, values)]);
  return Object.fromEntries(read) as Values<F>;
}

function readValue(one: Flag | FlagFamily, values: FlagSource): unknown {
  if (one.kind !== 'family') return values.of(one);
  const read = one.members.map(([key, member]) => [key, values.of(member)] as const);
  return new Map(read.filter(([, value]) => value !== undefined && (value as readonly string[]).length > 0));
}

/** `--help`, which every level takes. */
export const HELP_FLAG: Flag<'boolean'> = {
  name: 'help' as FlagName<'boolean'>,
  short: 'h',
  kind: 'boolean',
  global: true,
  text: { group: 'general' },
};

/** The row of a long or short name, or undefined. */
export function findFlag<Row extends FlagRow>(name: string, table: readonly Row[]): Row | undefined {
  return table.find((row) => row.name === name || row.short === name);
}
