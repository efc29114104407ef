/** What can stand at the cursor of an unfinished command line. */

import { type CommandRow, isFamily } from '../commands.js';
import { FLAG_GROUPS } from '../help/flag-groups.js';
import { flagTextOf, guideOf, TASKS } from '../help/guide.js';
import { flagOfWord } from '../words/argv.js';
import type { FlagRow, FlagText } from '../words/flag.js';
import { flagsOf, globalFlags } from '../words/flags.js';

/** A whole word that may stand there, and what it does. */
export interface OfferedWord {
  readonly word: string;
  readonly text: string;
}

export interface CompletionOffer {
  readonly candidates: readonly OfferedWord[];
  /** Whether the name of a file may stand there, too. */
  readonly files: boolean;
  /** What is found in files (lookup.ts); absent for nothing. */
  readonly wants?: WantedWords | undefined;
}

/** Words that stand in a file: places of its values, or the recipients that `.sops.yaml` names. */
export interface WantedWords {
  readonly kind: 'place' | 'recipient';
  /** The file whose places are wanted, as it is named on the command line; undefined when none is yet. */
  readonly file: string | undefined;
  /** What stands of the word before them. */
  readonly prefix: string;
}

/** How far the words before the cursor have come. */
interface Place {
  /** What was named: nothing yet, a command, the first word of some, `help`, or a file alone (the old forms). */
  readonly level: 'program' | 'command' | 'family' | 'help' | 'file';
  /** The command or family. */
  readonly name: string | undefined;
  readonly table: readonly FlagRow[];
  /** The flag whose value comes next. */
  readonly awaiting: FlagRow | undefined;
  /** Flags that stand there already. */
  readonly given: ReadonlySet<string>;
  /** Words that are not flags, after the command. */
  readonly operands: readonly string[];
  /** Whether `--` has ended the flags. */
  readonly isEnded: boolean;
}

/** `before` are the whole words after the program's name, `current` is what stands of the word at the cursor. */
export function offerFor(before: readonly string[], current: string, commands: readonly CommandRow[]): CompletionOffer {
  const offer = offerAt(placeBehind(before, commands), current, commands);
  return { ...offer, candidates: offer.candidates.filter(({ word }) => word.startsWith(current)) };
}

/** Whether the last of these words is a flag whose value comes next. */
export function awaitsValue(words: readonly string[], commands: readonly CommandRow[]): boolean {
  return placeBehind(words, commands).awaiting !== undefined;
}

function placeBehind(words: readonly string[], commands: readonly CommandRow[]): Place {
  return words.reduce<Place>((at, word) => step(at, word, commands), START);
}

const START: Place = {
  level: 'program',
  name: undefined,
  table: globalFlags(),
  awaiting: undefined,
  given: new Set(),
  operands: [],
  isEnded: false,
};

function step(place: Place, word: string, commands: readonly CommandRow[]): Place {
  if (place.awaiting) return { ...place, awaiting: undefined };
  if (place.isEnded) return { ...place, operands: [...place.operands, word] };
  if (word === '--') return { ...place, isEnded: true };
  if (word.startsWith('-') && word !== '-') {
    const row = flagOfWord(word, place.table);
    if (!row) return place;
    const awaiting = row.kind === 'boolean' || word.includes('=') ? undefined : row;
    return { ...place, awaiting, given: new Set([...place.given, row.name]) };
  }
  if (place.level === 'program') return enter(word, word, place, commands);
  if (place.level === 'help' && isFamily(word, commands)) return { ...place, level: 'family', name: word };
  if (place.level === 'family') return enter(`${place.name} ${word}`, word, place, commands);
  // `seal` is a command, and the first word of another.
  const longer = `${place.name} ${word}`;
  if (place.level === 'command' && place.operands.length === 0 && commands.some((row) => row.name === longer)) {
    return enter(longer, word, place, commands);
  }
  return { ...place, operands: [...place.operands, word] };
}

/** The place after the word that names a command, or should. */
function enter(name: string, word: string, place: Place, commands: readonly CommandRow[]): Place {
  const fresh = { ...place, name, given: new Set<string>(), operands: [] };
  if (commands.some((row) => row.name === name)) return { ...fresh, level: 'command', table: flagsOf(name) };
  if (isFamily(name, commands)) return { ...fresh, level: 'family', table: [] };
  if (word === 'help' || word === 'h') return { ...fresh, level: 'help', table: [] };
  return { ...place, level: 'file', operands: [word] };
}

function offerAt(place: Place, current: string, commands: readonly CommandRow[]): CompletionOffer {
  const { awaiting, level, name, table } = place;
  const command = level === 'command' ? name : undefined;
  if (awaiting) return valuesOf(flagTextOf(awaiting.name, command), '', current, place);
  if (place.isEnded) return operandOffer(place, command);
  const cut = current.indexOf('=');
  if (current.startsWith('-') && cut > 0) {
    const row = flagOfWord(current, table);
    const text = row && row.kind !== 'boolean' ? flagTextOf(row.name, command) : undefined;
    return text ? valuesOf(text, current.slice(0, cut + 1), current, place) : { candidates: [], files: false };
  }
  if (current.startsWith('-')) return { candidates: flagCandidates(place, command), files: false };
  if (level === 'family') return { candidates: members(name ?? '', commands), files: false };
  if (level === 'help') return { candidates: topics(commands), files: false };
  if (level === 'program') return { candidates: [...topics(commands), HELP], files: true };
  const offer = operandOffer(place, command);
  const longer = command === undefined || place.operands.length > 0 ? [] : members(command, commands);
  return { ...offer, candidates: longer };
}

/** What an operand of a command may be, by its turn. */
function operandOffer({ operands }: Place, command: string | undefined): CompletionOffer {
  const kind = command === undefined ? undefined : guideOf(command).operandKinds?.[operands.length];
  if (kind === undefined || kind === 'file') return { candidates: [], files: true };
  return { candidates: [], files: false, wants: { kind, file: operands[0], prefix: '' } };
}

/** `prefix` is what stands of the word before the value. */
function valuesOf(about: FlagText, prefix: string, current: string, { operands }: Place): CompletionOffer {
  const { offers = [], severalOffers } = about;
  if (offers === 'files') return { candidates: [], files: true };
  if (offers === 'places' || offers === 'recipients') {
    const kind = offers === 'places' ? 'place' : 'recipient';
    return { candidates: [], files: false, wants: { kind, file: operands[0], prefix } };
  }
  const chosen = severalOffers ? current.slice(0, current.lastIndexOf(',') + 1) : '';
  const before = chosen.startsWith(prefix) ? chosen : prefix;
  const left = offers.filter((word) => !chosen.slice(prefix.length).split(',').includes(word));
  return { candidates: left.map((word) => ({ word: `${before}${word}`, text: shortText(about) })), files: false };
}

/** The flags that can still be given, the long forms first. */
function flagCandidates({ table, given }: Place, command: string | undefined): OfferedWord[] {
  const free = table.filter((row) => row.kind === 'list' || !given.has(row.name));
  const described = free.map((row) => ({ row, text: shortText(flagTextOf(row.name, command)) }));
  return [
    ...described.map(({ row, text }) => ({ word: `--${row.name}`, text })),
    ...described.flatMap(({ row: { short }, text }) =>
      short === undefined ? [] : [{ word: `${short.length > 1 ? '--' : '-'}${short}`, text }],
    ),
  ];
}

/** What a flag does, or is one of. */
function shortText({ help, group }: FlagText): string {
  return help ?? (group === undefined ? '' : FLAG_GROUPS[group].title);
}

const HELP: OfferedWord = { word: 'help', text: 'the flags and examples of a command' };

/** Commands and families, by their first words. */
function topics(commands: readonly CommandRow[]): OfferedWord[] {
  const families = Object.assign({}, ...TASKS.map((task) => task.families ?? {})) as Record<string, string>;
  const found = new Map<string, string>();
  for (const { name } of commands) {
    const [word = ''] = name.split(' ');
    found.set(word, word === name ? guideOf(name).summary : (families[word] ?? found.get(word) ?? ''));
  }
  return [...found].map(([word, text]) => ({ word, text }));
}

function members(family: string, commands: readonly CommandRow[]): OfferedWord[] {
  const rows = commands.filter(({ name }) => name.startsWith(`${family} `));
  return rows.map(({ name }) => ({ word: name.slice(family.length + 1), text: guideOf(name).summary }));
}
