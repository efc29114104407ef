/** Writes docs/cli.md: every command with its flags, from what the commands say of themselves. */
import type { Task } from '../../src/cli/commands/derive.js';
import { FLAG_GROUPS } from '../../src/cli/help/flag-groups.js';
import { flagTextOf, TASKS } from '../../src/cli/help/guide.js';
import { type FlagGroup, type FlagRow, type FlagText, HELP_FLAG } from '../../src/cli/words/flag.js';
import { flagsOf, globalFlags } from '../../src/cli/words/flags.js';

/** How the page is written anew; the test that compares it says so, too. */
export const REWRITE = 'SOPS_TS_WRITE_PAGES=1 npx vitest run --config test/vitest.config.ts --project unit cli-page';

const link = (page: string): string => `[${page}.md](${page}.md)`;

const HEAD = `# Commands and flags

Generated from the commands themselves by \`${REWRITE}\`.
How words are read is told in ${link('command-line')}, what differs from SOPS in
${link('differences-from-sops')}. Every command takes \`--help\`.
`;

/** The whole page. */
export function cliPage(): string {
  return [HEAD, ...TASKS.map(section), programSection()].join('\n');
}

function section({ title, commands }: Task): string {
  return [`## ${title}\n`, ...commands.map(commandText)].join('\n');
}

function commandText({ name, operands, summary, examples }: Task['commands'][number]): string {
  const usage = `sops-ts ${name} [flags] ${operands}`.trimEnd();
  const flags = flagsOf(name).map((flag) => ({ flag, text: flagTextOf(flag.name, name) }));
  return [
    `### ${name}\n`,
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.\n`,
    `\`\`\`text\n${usage}\n\`\`\`\n`,
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`,
    flagTable(flags),
  ].join('\n');
}

function programSection(): string {
  const flags = globalFlags().map((flag) => ({ flag, text: flagTextOf(flag.name) }));
  const note = 'They may stand before a command, and in the old forms (`sops-ts -d FILE`) before the file.\n';
  return ['## Flags before a command\n', note, flagTable(flags)].join('\n');
}

interface Described {
  readonly flag: FlagRow;
  readonly text: FlagText;
}

/** A row for each flag, those of a group in one. */
function flagTable(all: readonly Described[]): string {
  const flags = all.filter(({ flag }) => flag.name !== HELP_FLAG.name);
  if (flags.length === 0) return '';
  const groups = (Object.keys(FLAG_GROUPS) as FlagGroup[]).filter((group) =>
    flags.some((one) => one.text.group === group),
  );
  const rows = [
    ...flags.filter(({ text }) => text.group === undefined).map((one) => [spelling(one), one.text.help ?? '']),
    ...groups.map((group) => {
      const { title, note } = FLAG_GROUPS[group];
      const members = flags.filter((one) => one.text.group === group).map(spelling);
      return [members.join('<br>'), note === '' ? title : `${title}: ${note}`];
    }),
  ];
  const lines = rows.map(([names = '', help = '']) => `| ${escaped(names)} | ${escaped(help)} |`);
  return ['| flag | what it does |', '|---|---|', ...lines, ''].join('\n');
}

function spelling({ flag, text }: Described): string {
  const short = flag.short === undefined ? '' : `\`${flag.short.length > 1 ? '--' : '-'}${flag.short}\`, `;
  const value = text.value === undefined ? '' : ` ${text.value}`;
  const variable = flag.variable === undefined ? '' : ` (\`${flag.variable}\`)`;
  return `${short}\`--${flag.name}${value}\`${variable}`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
