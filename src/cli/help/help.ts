/** Help pages, laid out by commander; loaded only when somebody needs them. */
import type { Help } from 'commander';
import { SopsError } from '../../errors.js';
import type { CommandGuide, Task } from '../commands/derive.js';
import { type CommandRow, isFamily } from '../commands.js';
import { commandWords } from '../words/command-line.js';
import type { FlagGroup, FlagRow, FlagText } from '../words/flag.js';
import { flagsOf } from '../words/flags.js';
import { adviceForWord } from '../words/nearest-word.js';
import { FLAG_GROUPS } from './flag-groups.js';
import { flagTextOf, guideOf, TASKS } from './guide.js';

/** Where nothing is known of the terminal. */
const USUAL_WIDTH = 80;
/** Longer lines are hard to read, and shorter ones leave no room after the flags. */
const [LEAST_WIDTH, MOST_WIDTH] = [60, 110];
/** What the texts call the program. */
const OWN_NAME = 'sops-ts';

export interface PageOptions {
  /** What the program was called by. */
  readonly programName?: string | undefined;
  /** Columns of the terminal; absent where there is none. */
  readonly width?: number | undefined;
}

/**
 * The page about the program (no topic) or a command, with the name that the program was called by, in lines that fit the terminal; only
 * examples, which are complete command lines, may be longer. Throws `help-topic` for any other word.
 */
export async function helpPage(
  topic: string | undefined,
  commands: readonly CommandRow[],
  { programName = OWN_NAME, width = USUAL_WIDTH }: PageOptions = {},
): Promise<string> {
  const page = pageOn(
    topic,
    commands,
    await layoutFor(Math.min(Math.max(width || USUAL_WIDTH, LEAST_WIDTH), MOST_WIDTH)),
  );
  return programName === OWN_NAME ? page : calledAs(programName, page);
}

/** Under this name the commands of that family have no first word. */
const VALS = 'vals';
const FAMILY = 'refs';

/** A page with the command lines that the program has under another name. */
function calledAs(name: string, page: string): string {
  if (name !== VALS) return page.replaceAll(new RegExp(`\\b${OWN_NAME}(?= )`, 'g'), () => name);
  const listed = new RegExp(`^( *)${FAMILY} (\\S+)`, 'gm');
  return page
    .replaceAll(new RegExp(`\\b${OWN_NAME} ${FAMILY}(?= )`, 'g'), () => name)
    .replaceAll(listed, (_, indent: string, word: string) => `${indent}${word}${' '.repeat(FAMILY.length + 1)}`);
}

/** How pages are laid out. */
interface Layout {
  readonly width: number;
  readonly help: Help;
}

async function layoutFor(width: number): Promise<Layout> {
  const { Help } = await import('../../packages/commander.js');
  const help = new Help();
  help.prepareContext({ helpWidth: width });
  help.minWidthToWrap = 20;
  return { width, help };
}

function pageOn(topic: string | undefined, commands: readonly CommandRow[], layout: Layout): string {
  if (topic === undefined || topic === 'help') return programPage(commands, layout);
  const row = commands.find((command) => command.name === topic);
  if (row) return commandPage(row, layout);
  if (isFamily(topic, commands)) return familyPage(topic, commands, layout);
  throw noTopic(topic, commands);
}

function noTopic(topic: string, commands: readonly CommandRow[]): SopsError {
  const words = topic.split(' ');
  const last = words.at(-1) ?? '';
  const family = words.length > 1 ? (words[0] ?? '') : undefined;
  const names = family === undefined ? commandWords(commands) : membersOf(family, commands);
  const all = family === undefined ? 'See: sops-ts help' : `${family} has: ${names.join(', ')}.`;
  const hint = [adviceForWord(last, names), all].filter((text) => text !== undefined).join(' ');
  return new SopsError('help-topic', `No help topic for '${last}'`, { hint });
}

/** The second words of commands that share the first. */
function membersOf(family: string, commands: readonly { readonly name: string }[]): string[] {
  return commands.flatMap(({ name }) => (name.startsWith(`${family} `) ? [name.slice(family.length + 1)] : []));
}

/** Widest names of commands; after them stands what they do. */
const NAMES = 22;

function programPage(commands: readonly CommandRow[], layout: Layout): string {
  const forms = commands.flatMap((row) => (row.oldForm === undefined ? [] : [`--${row.oldForm}`]));
  return [
    'Usage: sops-ts COMMAND [flags] [file]',
    '',
    ...TASKS.flatMap((task) => [`${task.title}:`, ...taskLines(task, layout)]),
    'More:',
    item('help COMMAND', 'the flags and examples of a command', layout, NAMES),
    item('-v, --version', 'print the version; the network is asked with --check-for-updates only', layout, NAMES),
    item('-h, --help', 'print this page', layout, NAMES),
    item(
      'Old forms:',
      `${forms.join(', ')} instead of a command, as in SOPS: all flags before the file`,
      layout,
      NAMES,
    ),
    '',
  ].join('\n');
}

/** The commands of a task; those of a family share a line. */
function taskLines({ commands, families = {} }: Task, layout: Layout): string[] {
  const lines = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [word = '', second] = name.split(' ');
    const family = second === undefined ? undefined : families[word];
    if (family === undefined) lines.set(name, item(name, summary, layout, NAMES));
    else lines.set(word, item(`${word} ${membersText(word, commands)}`, family, layout, NAMES));
  }
  return [...lines.values()];
}

function membersText(family: string, commands: readonly CommandGuide[]): string {
  const words = membersOf(family, commands).join('|');
  return `${family} ${words}`.length > NAMES ? 'COMMAND' : words;
}

/** The page of the commands that share a first word. */
function familyPage(word: string, commands: readonly CommandRow[], layout: Layout): string {
  const rows = commands.filter((row) => row.name.startsWith(`${word} `));
  const guides = rows.map((row) => guideOf(row.name));
  return [
    `Usage: sops-ts ${word} COMMAND [flags]`,
    '',
    ...guides.map(({ name, summary }) => item(name, summary, layout, NAMES)),
    '',
    ...guides.flatMap(({ examples }) => examples.slice(0, 1).map((line) => `  ${line}`)),
    '',
  ].join('\n');
}

function commandPage(row: CommandRow, layout: Layout): string {
  const { operands, summary, examples } = guideOf(row.name);
  const flags = flagsOf(row.name).map((flag): Described => ({ flag, ...flagTextOf(flag.name, row.name) }));
  const groups = (Object.keys(FLAG_GROUPS) as FlagGroup[]).filter((group) => flags.some((one) => one.group === group));
  return [
    `Usage: sops-ts ${row.name} [flags] ${operands}`.trimEnd(),
    '',
    wrapped(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, layout),
    ...examples.map((line) => `  ${line}`),
    '',
    ...flags
      .filter((one) => one.group === undefined)
      .map((one) => item(spelling(one), `${one.help ?? ''}${variable(one.flag)}`, layout)),
    ...groups.map((group) => paragraph(group, flags, layout)),
    '',
  ].join('\n');
}

/** A flag with what is said of it. */
interface Described extends FlagText {
  readonly flag: FlagRow;
}

/** All flags of a group, in one paragraph. */
function paragraph(group: FlagGroup, flags: readonly Described[], layout: Layout): string {
  const { title, note } = FLAG_GROUPS[group];
  const members = flags.filter((one) => one.group === group).map((one) => `${spelling(one)}${variable(one.flag)}`);
  return item(`${title}:`, `${members.join(', ')}${note === '' ? '' : ` (${note})`}`, layout, 12);
}

function spelling({ flag, value }: Described): string {
  const short = flag.short === undefined ? '' : `${flag.short.length > 1 ? '--' : '-'}${flag.short}, `;
  return `${short}--${flag.name}${value === undefined ? '' : ` ${value}`}`;
}

function variable(flag: FlagRow): string {
  return flag.variable === undefined ? '' : ` [$${flag.variable}]`;
}

const INDENT = 2;

/** A term and what is said of it, which begins after `column` columns. */
function item(term: string, description: string, layout: Layout, column = layout.width < 100 ? 30 : 36): string {
  if (term.length <= column) return layout.help.formatItem(term, column, description, layout.help);
  // A long term has a line of its own.
  return `${' '.repeat(INDENT)}${term}\n${layout.help.formatItem('', column, description, layout.help)}`;
}

function wrapped(text: string, layout: Layout): string {
  return layout.help.boxWrap(text, layout.width);
}
