/** Writes what the package has for other programs to show: the manual page, and the scripts that complete command lines, from the commands themselves. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runSources } from './run-sources.mjs';

/** The names that shells look for in their folders of completions. */
const SHELLS = { bash: 'sops-ts.bash', zsh: '_sops-ts', fish: 'sops-ts.fish', powershell: 'sops-ts.ps1' };

/** What is read of the commands. */
const SOURCES = `
export { flagsOf, globalFlags } from './src/cli/words/flags.ts';
export { flagTextOf, TASKS } from './src/cli/help/guide.ts';
export { FLAG_GROUPS } from './src/cli/help/flag-groups.ts';
export { completionScript } from './src/cli/completion/scripts.ts';
export { EXIT_STATUS } from './src/errors.ts';
`;

/** Writes `man/sops-ts.1` and `completions/` into a folder. */
export async function writeManual(root, common, folder) {
  const program = await runSources(root, common, SOURCES);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  mkdirSync(join(folder, 'man'), { recursive: true });
  writeFileSync(join(folder, 'man', 'sops-ts.1'), manualPage(program, version));
  mkdirSync(join(folder, 'completions'), { recursive: true });
  for (const [shell, name] of Object.entries(SHELLS)) writeFileSync(join(folder, 'completions', name), program.completionScript(shell, 'sops-ts'));
}

function manualPage(program, version) {
  const { TASKS, globalFlags } = program;
  return [
    `.TH SOPS\\-TS 1 "" "sops\\-ts ${escaped(version)}" "User Commands"`,
    // Names of flags must not be broken at the end of a line: nobody finds or copies them then.
    '.nh',
    '.ad l',
    '.SH NAME',
    'sops\\-ts \\- keep secrets in git, encrypted value by value, as SOPS does',
    '.SH SYNOPSIS',
    '.B sops\\-ts',
    '.I command',
    '[flags] [operands]',
    '.SH DESCRIPTION',
    'Values of YAML, JSON, dotenv, INI, TOML and other files are encrypted in place; keys stay readable. Files pass between SOPS and sops\\-ts in both directions,',
    "and decrypting gives the author's text back, byte for byte.",
    '.PP',
    'What a command does and takes is also told by',
    '.BR "sops\\-ts help" " \\fIcommand\\fP."',
    ...TASKS.flatMap(({ title, commands }) => [`.SH ${quoted(`COMMANDS: ${title.toUpperCase()}`)}`, ...commands.flatMap((one) => commandText(one, program))]),
    '.SH FLAGS BEFORE A COMMAND',
    ...flagTexts(globalFlags(), undefined, program),
    ...statuses(program),
    ...variables(program),
    '.SH SEE ALSO',
    '.BR age (1),',
    '.BR gpg (1),',
    '.BR sops (1)',
    '',
  ].join('\n');
}

function commandText({ name, operands, summary, examples }, program) {
  return [
    `.SS ${quoted(`sops-ts ${name} [flags] ${operands}`.trimEnd())}`,
    `${sentence(summary)}`,
    ...flagTexts(program.flagsOf(name), name, program),
    '.PP',
    '.nf',
    '.RS',
    ...examples.map(line),
    '.RE',
    '.fi',
  ];
}

/** The flags, those that belong together under one title. */
function flagTexts(flags, command, { flagTextOf, FLAG_GROUPS }) {
  const all = flags.filter(({ name }) => name !== 'help').map((flag) => ({ flag, text: flagTextOf(flag.name, command) }));
  const own = all.filter(({ text }) => text.group === undefined);
  const groups = Object.keys(FLAG_GROUPS).filter((group) => all.some(({ text }) => text.group === group));
  return [
    ...own.flatMap((one) => ['.TP', spelling(one), line(one.text.help ?? '')]),
    ...groups.flatMap((group) => {
      const { title, note } = FLAG_GROUPS[group];
      const members = all.filter(({ text }) => text.group === group).map(spelling);
      return ['.TP', members.join(', '), line(note === '' ? title : `${title}: ${note}`)];
    }),
  ];
}

function spelling({ flag, text }) {
  const short = flag.short === undefined ? '' : `\\fB${escaped(`${flag.short.length > 1 ? '--' : '-'}${flag.short}`)}\\fP, `;
  const value = text.value === undefined ? '' : ` \\fI${escaped(text.value)}\\fP`;
  const variable = flag.variable === undefined ? '' : ` (${escaped(flag.variable)})`;
  return `${short}\\fB${escaped(`--${flag.name}`)}\\fP${value}${variable}`;
}

/** The exit statuses, each with the codes of errors that end with it. */
function statuses({ EXIT_STATUS }) {
  const byStatus = new Map();
  for (const [code, status] of Object.entries(EXIT_STATUS)) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  const rows = [...byStatus].sort(([one], [other]) => one - other);
  return ['.SH EXIT STATUS', '.TP', '.B 0', 'It succeeded.', ...rows.flatMap(([status, codes]) => ['.TP', `.B ${status}`, line(codes.join(', '))])];
}

function variables({ TASKS, flagsOf }) {
  const found = new Map();
  for (const { name } of TASKS.flatMap(({ commands }) => commands)) for (const { variable, name: flag } of flagsOf(name)) if (variable) found.set(variable, flag);
  const rows = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return ['.SH ENVIRONMENT', ...rows.flatMap(([variable, flag]) => ['.TP', `.B ${escaped(variable)}`, `as \\fB${escaped(`--${flag}`)}\\fP`]), ...OTHER_VARIABLES];
}

const OTHER_VARIABLES = [
  '.PP',
  'Identities and credentials have variables of their own, SOPS_AGE_KEY_FILE and AWS_PROFILE among them:',
  '.B sops\\-ts doctor \\-\\-verbose',
  'tells all that is looked for.',
];

function sentence(text) {
  return line(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
}

/** A line of text: what begins as a request of roff must not be one. */
function line(text) {
  return escaped(text).replace(/^[.']/, '\\&$&');
}

function quoted(text) {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}

/** In ASCII: what is not needs another program before roff, which not every system has. */
function escaped(text) {
  return text.replaceAll('…', '...').replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('`', '\\(ga').replaceAll('^', '\\(ha').replaceAll('~', '\\(ti').replaceAll('\n', ' ');
}
