/** Help pages and the advice for misspelt flags, laid out and found by commander; loaded only when somebody needs them. */
// commander is CommonJS and requires builtins, which an ES module bundle cannot; so the build leaves it in node_modules.
import { Command, type CommanderError, Help, Option } from 'commander';
import { SopsError } from '../errors.js';
import { FORMATS } from '../formats/registry.js';
import { type CommandRow, isFamily } from './commands/command.js';
import { type FlagGroup, type FlagRow, flagsOf } from './flags.js';

const WIDTH = 110;

/** What the flags of a group are, since they share one paragraph. */
const GROUPS: Readonly<Record<FlagGroup, { readonly title: string; readonly note: string }>> = {
  types: {
    title: 'Formats',
    note: `TYPE: ${FORMATS.map((row) => row.name).join(', ')}; default by name`,
  },
  changes: { title: 'Changes', note: 'comma lists; added to the first key group, removed from all' },
  recipients: { title: 'Recipients', note: 'comma lists, used instead of .sops.yaml' },
  selection: { title: 'Selection', note: 'one of them; by key or by comment' },
  services: {
    title: 'Services',
    note: 'tcp://HOST:PORT or unix:///PATH; asked after the local service, which is on',
  },
  general: { title: 'General', note: '' },
};

/** The page about the program (no topic) or a command. Throws `help-topic` for any other word. */
export function helpPage(topic: string | undefined, commands: readonly CommandRow[]): string {
  if (topic === undefined || topic === 'help') return programPage(commands);
  const row = commands.find((command) => command.name === topic);
  if (row) return commandPage(row);
  if (isFamily(topic, commands)) return familyPage(topic, commands);
  throw new SopsError('help-topic', `No help topic for '${topic}'`, { hint: 'See: sops-ts help' });
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

function programPage(commands: readonly CommandRow[]): string {
  const forms = commands.flatMap((row) => (row.oldForm === undefined ? [] : [`--${row.oldForm}`]));
  return [
    'Usage: sops-ts COMMAND [flags] [file]',
    '',
    ...commands.map((row) => item(row.name, row.summary, 20)),
    item('help COMMAND', 'the flags and examples of a command', 20),
    '',
    item('-v, --version', 'print the version; the network is never asked', 20),
    item('-h, --help', 'print this page', 20),
    item('Old forms:', `${forms.join(', ')} instead of a command, as in SOPS: all flags before the file`, 20),
    item('Example:', commands[0]?.examples[0] ?? '', 20),
    '',
  ].join('\n');
}

/** The page of the commands that share a first word. */
function familyPage(word: string, commands: readonly CommandRow[]): string {
  const rows = commands.filter((row) => row.name.startsWith(`${word} `));
  return [`Usage: sops-ts ${word} COMMAND [flags]`, '', ...rows.map((row) => item(row.name, row.summary, 20)), ''].join(
    '\n',
  );
}

function commandPage(row: CommandRow): string {
  const table = flagsOf(row.name);
  const single = table.filter((flag) => flag.group === undefined);
  const groups = (Object.keys(GROUPS) as FlagGroup[]).filter((group) => table.some((flag) => flag.group === group));
  return [
    `Usage: sops-ts ${row.name} [flags] ${row.operands}`,
    '',
    `${row.summary.charAt(0).toUpperCase()}${row.summary.slice(1)}.`,
    ...row.examples.map((line) => `  ${line}`),
    '',
    ...single.map((flag) => item(spelling(flag), `${flag.help ?? ''}${variable(flag)}`)),
    ...groups.map((group) => paragraph(group, table)),
    '',
  ].join('\n');
}

/** All flags of a group, in one paragraph. */
function paragraph(group: FlagGroup, table: readonly FlagRow[]): string {
  const { title, note } = GROUPS[group];
  const flags = table.filter((flag) => flag.group === group).map((flag) => `${spelling(flag)}${variable(flag)}`);
  return item(`${title}:`, `${flags.join(', ')}${note === '' ? '' : ` (${note})`}`, 12);
}

function spelling(flag: FlagRow): string {
  const value = flag.value === undefined ? '' : ` ${flag.value}`;
  const short = flag.short === undefined ? '' : `${flag.short.length > 1 ? '--' : '-'}${flag.short}, `;
  return `${short}--${flag.name}${value}`;
}

function variable(flag: FlagRow): string {
  return flag.variable === undefined ? '' : ` [$${flag.variable}]`;
}

function item(term: string, description: string, width = 36): string {
  const layout = new Help();
  layout.prepareContext({ helpWidth: WIDTH });
  return layout.formatItem(term, width, description, layout);
}
