/** Help pages and the advice for misspelt flags, laid out and found by commander; loaded only when somebody needs them. */
// commander is CommonJS and requires builtins, which an ES module bundle cannot; so the build leaves it in node_modules.
import { Command, type CommanderError, Help, Option } from 'commander';
import { SopsError } from '../errors.js';
import { type CommandRow, isFamily } from './commands/command.js';
import { type FlagRow, flagsOf } from './flags.js';
import { FLAG_GROUPS, type FlagGroup, type FlagText, textOf } from './guide/flag-texts.js';
import type { CommandGuide, Task } from './guide/task.js';
import { guideOf, TASKS } from './guide/tasks.js';

const WIDTH = 110;
/** What the texts call the program. */
const OWN_NAME = 'sops-ts';

/**
 * The page about the program (no topic) or a command, with the name that the program was called by.
 * Throws `help-topic` for any other word.
 */
export function helpPage(topic: string | undefined, commands: readonly CommandRow[], programName = OWN_NAME): string {
  const page = pageOn(topic, commands);
  return programName === OWN_NAME ? page : page.replaceAll(new RegExp(`\\b${OWN_NAME}(?= )`, 'g'), () => programName);
}

function pageOn(topic: string | undefined, commands: readonly CommandRow[]): string {
  if (topic === undefined || topic === 'help') return programPage(commands);
  const row = commands.find((command) => command.name === topic);
  if (row) return commandPage(row);
  if (isFamily(topic, commands)) return familyPage(topic, commands);
  throw new SopsError('help-topic', `No help topic for '${topic.split(' ').at(-1)}'`, { hint: 'See: sops-ts help' });
}

/** The flag of the table that was probably meant, with its dashes, or undefined. */
export function nearestFlag(name: string, table: readonly FlagRow[]): string | undefined {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const row of table) command.addOption(new Option(`--${row.name}`));
  try {
    command.helpOption(false).parse([`--${name}`], { from: 'user' });
    return undefined;
  } catch (error) {
    return /Did you mean (?:one of )?(--[\w-]+)/.exec((error as CommanderError).message)?.[1];
  }
}

/** Widest names of commands; behind them stands what they do. */
const NAMES = 22;

function programPage(commands: readonly CommandRow[]): string {
  const forms = commands.flatMap((row) => (row.oldForm === undefined ? [] : [`--${row.oldForm}`]));
  return [
    'Usage: sops-ts COMMAND [flags] [file]',
    '',
    ...TASKS.flatMap((task) => [`${task.title}:`, ...taskLines(task)]),
    'More:',
    item('help COMMAND', 'the flags and examples of a command', NAMES),
    item('-v, --version', 'print the version; the network is asked with --check-for-updates only', NAMES),
    item('-h, --help', 'print this page', NAMES),
    item('Old forms:', `${forms.join(', ')} instead of a command, as in SOPS: all flags before the file`, NAMES),
    '',
  ].join('\n');
}

/** The commands of a task; those of a family share a line. */
function taskLines({ commands, families = {} }: Task): string[] {
  const lines = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [word = '', second] = name.split(' ');
    const family = second === undefined ? undefined : families[word];
    if (family === undefined) lines.set(name, item(name, summary, NAMES));
    else lines.set(word, item(`${word} ${membersOf(word, commands)}`, family, NAMES));
  }
  return [...lines.values()];
}

function membersOf(family: string, commands: readonly CommandGuide[]): string {
  const members = commands.filter(({ name }) => name.startsWith(`${family} `));
  const words = members.map(({ name }) => name.slice(family.length + 1)).join('|');
  return `${family} ${words}`.length > NAMES ? 'COMMAND' : words;
}

/** The page of the commands that share a first word. */
function familyPage(word: string, commands: readonly CommandRow[]): string {
  const rows = commands.filter((row) => row.name.startsWith(`${word} `));
  const guides = rows.map((row) => guideOf(row.name));
  return [
    `Usage: sops-ts ${word} COMMAND [flags]`,
    '',
    ...guides.map(({ name, summary }) => item(name, summary, NAMES)),
    '',
    ...guides.flatMap(({ examples }) => examples.slice(0, 1).map((line) => `  ${line}`)),
    '',
  ].join('\n');
}

function commandPage(row: CommandRow): string {
  const { operands, summary, examples } = guideOf(row.name);
  const flags = flagsOf(row.name).map((flag): Described => ({ flag, ...textOf(flag.name, row.name) }));
  const groups = (Object.keys(FLAG_GROUPS) as FlagGroup[]).filter((group) => flags.some((one) => one.group === group));
  return [
    `Usage: sops-ts ${row.name} [flags] ${operands}`.trimEnd(),
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...examples.map((line) => `  ${line}`),
    '',
    ...flags
      .filter((one) => one.group === undefined)
      .map((one) => item(spelling(one), `${one.help ?? ''}${variable(one.flag)}`)),
    ...groups.map((group) => paragraph(group, flags)),
    '',
  ].join('\n');
}

/** A flag with what is said of it. */
interface Described extends FlagText {
  readonly flag: FlagRow;
}

/** All flags of a group, in one paragraph. */
function paragraph(group: FlagGroup, flags: readonly Described[]): string {
  const { title, note } = FLAG_GROUPS[group];
  const members = flags.filter((one) => one.group === group).map((one) => `${spelling(one)}${variable(one.flag)}`);
  return item(`${title}:`, `${members.join(', ')}${note === '' ? '' : ` (${note})`}`, 12);
}

function spelling({ flag, value }: Described): string {
  const short = flag.short === undefined ? '' : `${flag.short.length > 1 ? '--' : '-'}${flag.short}, `;
  return `${short}--${flag.name}${value === undefined ? '' : ` ${value}`}`;
}

function variable(flag: FlagRow): string {
  return flag.variable === undefined ? '' : ` [$${flag.variable}]`;
}

function item(term: string, description: string, width = 36): string {
  const layout = new Help();
  layout.prepareContext({ helpWidth: WIDTH });
  return layout.formatItem(term, width, description, layout);
}
