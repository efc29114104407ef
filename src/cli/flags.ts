/** The flags: one row each, from which lexing, environment defaults and help pages follow (spec command-line.md 1.8). */
import { KEY_TYPES } from '../keys/registry.js';

export interface FlagRow {
  /** Long name, without dashes. */
  readonly name: string;
  readonly short?: string;
  /** `list`: may be given several times, and then adds up; its variable is separated by commas. */
  readonly kind: 'boolean' | 'text' | 'integer' | 'list';
  /** Commands that take it behind their name. */
  readonly commands: readonly string[];
  /** Whether it may stand before the command, and so in the old forms (`-d file`), too. */
  readonly global: boolean;
  /** Whether SOPS does not take it behind a command; then SOPS's quirk with yes/no flags (argv.ts) need not be kept. */
  readonly ownBehind?: boolean;
  /** The environment variable that is its default. */
  readonly variable?: string;
  /** A yes/no flag that is on unless switched off. */
  readonly onByDefault?: true;
  /** What stands for the value in help pages. */
  readonly value?: string;
  /** Help: what it does; the rows of a group share the group's line instead. */
  readonly help?: string;
  readonly group?: FlagGroup;
}

/** Flags that help pages put in one paragraph. */
export type FlagGroup = 'recipients' | 'changes' | 'selection' | 'types' | 'services' | 'general';

const ENCRYPT = ['encrypt'];
const DECRYPT = ['decrypt'];
const ROTATE = ['rotate'];
const EDIT = ['edit'];
/** They make new files. */
const MAKING = [...ENCRYPT, ...EDIT];
const SET = ['set'];
/** They change entries of a file in place. */
const CHANGING = [...EDIT, ...SET, 'unset'];
const GROUPS = ['groups add', 'groups delete'];
/** They print a document, or write it where they are told. */
const PRINTING = [...ENCRYPT, ...DECRYPT, ...ROTATE];
/** They give existing files other keys. */
const REKEYING = [...ROTATE, 'updatekeys', ...GROUPS, 'revoke'];
/** They run a program. */
const EXEC_ENV = ['exec-env'];
const EXEC_FILE = ['exec-file'];
const RUNNING = [...EXEC_ENV, ...EXEC_FILE];
/** They need keys. */
const KEYED = [...ENCRYPT, ...DECRYPT, ...REKEYING, ...CHANGING, ...RUNNING];
const SERVING = ['keyservice'];
const ALL = [...KEYED, 'filestatus', ...SERVING];

type Rest = Partial<Omit<FlagRow, 'name' | 'kind' | 'commands'>>;

const flag = (kind: FlagRow['kind'], name: string, commands: readonly string[], rest: Rest): FlagRow => ({
  name,
  kind,
  commands,
  global: true,
  ...rest,
});
const yesNo = (name: string, commands: readonly string[], rest: Rest): FlagRow => flag('boolean', name, commands, rest);
const text = (name: string, commands: readonly string[], rest: Rest): FlagRow => flag('text', name, commands, rest);

/**
 * All flags. Where SOPS has a flag only before the command (`--config`, `--indent`, `--verbose`, …), it is taken behind
 * the command too; the words that SOPS accepts keep their meaning.
 */
export const FLAGS: readonly FlagRow[] = [
  yesNo('decrypt', [], { short: 'd' }),
  yesNo('encrypt', [], { short: 'e' }),
  yesNo('rotate', [], { short: 'r' }),
  text('set', [], { value: "'PLACE JSON'" }),
  yesNo('version', [], { short: 'v' }),
  yesNo('value-file', SET, { global: false, help: 'read the JSON value from the file that is named instead' }),
  yesNo('value-stdin', SET, { global: false, help: 'read the JSON value from standard input' }),
  text('generate', SET, {
    value: 'KIND',
    global: false,
    help: 'set a new random secret: a length, or password, hex, base64 (:LENGTH), uuid',
  }),
  yesNo('show-master-keys', EDIT, { short: 's', help: 'show the metadata, too, and apply what is changed there' }),
  yesNo('idempotent', ['set', 'unset'], { global: false, help: 'do not write when nothing would change' }),
  text('file', GROUPS, { short: 'f', value: 'FILE', global: false, help: 'the file to change' }),
  yesNo('in-place', PRINTING, { short: 'i', help: 'write the result back to the file' }),
  yesNo('in-place', GROUPS, { short: 'i', global: false, ownBehind: true, help: 'write the result back to the file' }),
  text('output', PRINTING, {
    value: 'FILE',
    help: 'write the result to FILE (mode 0600 if that is new and gets plaintext)',
  }),
  text('extract', DECRYPT, { value: 'PATH', help: 'print one value or branch: \'["db"]["hosts"][0]\'' }),
  text('input-type', [...PRINTING, ...CHANGING, 'updatekeys', 'filestatus', ...RUNNING], {
    value: 'TYPE',
    group: 'types',
  }),
  text('output-type', [...PRINTING, ...CHANGING, ...EXEC_FILE], { value: 'TYPE', group: 'types' }),
  text('filename-override', PRINTING, { value: 'NAME', help: 'find the types and the creation rule by NAME' }),
  ...KEY_TYPES.map((row) =>
    text(row.flag, MAKING, {
      variable: row.variable,
      group: 'recipients',
      ...(row.shortFlag === undefined ? {} : { short: row.shortFlag }),
    }),
  ),
  ...KEY_TYPES.map((row) => flag('list', row.flag, ['groups add'], { global: false, group: 'recipients' })),
  ...KEY_TYPES.flatMap((row) => [
    text(`add-${row.flag}`, ROTATE, { group: 'changes' }),
    text(`rm-${row.flag}`, ROTATE, { group: 'changes' }),
  ]),
  text('aws-profile', [...MAKING, 'groups add'], { group: 'recipients' }),
  text('encryption-context', [...MAKING, 'groups add'], { group: 'recipients' }),
  text('encryption-context', ROTATE, { global: false, group: 'changes' }),
  text('unencrypted-suffix', MAKING, { group: 'selection' }),
  text('encrypted-suffix', MAKING, { group: 'selection' }),
  text('unencrypted-regex', MAKING, { group: 'selection' }),
  text('encrypted-regex', MAKING, { group: 'selection' }),
  text('unencrypted-comment-regex', MAKING, { group: 'selection' }),
  text('encrypted-comment-regex', MAKING, { group: 'selection' }),
  yesNo('mac-only-encrypted', MAKING, { ownBehind: true, help: 'let the MAC cover encrypted values only' }),
  yesNo('update', ENCRYPT, {
    global: false,
    ownBehind: true,
    help: 'encrypt standard input into an existing file, keeping the unchanged',
  }),
  yesNo('allow-unencrypted', MAKING, { ownBehind: true, help: 'accept a result in which nothing is encrypted' }),
  flag('integer', 'shamir-secret-sharing-threshold', [...MAKING, 'updatekeys', ...GROUPS], {
    value: 'N',
    group: 'recipients',
  }),
  yesNo('yes', ['updatekeys', 'revoke'], { short: 'y', global: false, ownBehind: true, help: 'do not ask' }),
  yesNo('check', ['updatekeys'], {
    global: false,
    ownBehind: true,
    help: 'show what is out of date and exit with 1 if anything is; change nothing, ask nothing',
  }),
  yesNo('dry-run', ['updatekeys', 'revoke'], {
    global: false,
    ownBehind: true,
    help: 'show what would be done and change nothing (updatekeys: the same as --check)',
  }),
  yesNo('keep-data-key', ['updatekeys'], {
    global: false,
    ownBehind: true,
    help: 'as SOPS: keep the data key although a removed recipient knows it',
  }),
  text('prefix', EXEC_ENV, { value: 'TEXT', global: false, help: 'put TEXT before the name of every variable' }),
  flag('list', 'only', EXEC_ENV, { value: 'NAMES', global: false, help: 'pass these variables only (comma list)' }),
  yesNo('pristine', EXEC_ENV, { global: false, ownBehind: true, help: 'pass nothing else in the environment' }),
  yesNo('same-process', EXEC_ENV, {
    global: false,
    ownBehind: true,
    help: 'become the program (Node 22.15, 23.11 and later; before, run it as usual)',
  }),
  yesNo('no-fifo', EXEC_FILE, {
    global: false,
    ownBehind: true,
    help: 'a regular file (mode 0600) instead of a pipe, which has one reader at a time',
  }),
  text('filename', EXEC_FILE, {
    value: 'NAME',
    global: false,
    help: 'the name of the pipe or file (default: tmp-file)',
  }),
  yesNo('redact', RUNNING, {
    global: false,
    ownBehind: true,
    help: 'mask values (4 characters or more; as text, base64, in URLs) in what the program prints',
  }),
  text('user', RUNNING, { value: 'NAME', global: false, help: 'run as this user; root alone can' }),
  yesNo('background', RUNNING, { global: false, ownBehind: true, help: 'deprecated: do not wait for the program' }),
  yesNo('ignore-mac', [...DECRYPT, ...CHANGING], { help: 'do not check that the file is unchanged' }),
  yesNo('ignore-mac', [...REKEYING, ...RUNNING], {
    global: false,
    ownBehind: true,
    help: 'do not check that the file is unchanged',
  }),
  text('decryption-order', [...DECRYPT, ...CHANGING, ...ROTATE, 'updatekeys', 'revoke', ...RUNNING], {
    value: 'LIST',
    variable: 'SOPS_DECRYPTION_ORDER',
    help: 'key types to try first, e.g. age,pgp',
  }),
  yesNo('enable-local-keyservice', KEYED, {
    variable: 'SOPS_ENABLE_LOCAL_KEYSERVICE',
    onByDefault: true,
    group: 'services',
  }),
  flag('list', 'keyservice', KEYED, { value: 'URI', variable: 'SOPS_KEYSERVICE', group: 'services' }),
  text('network', SERVING, { short: 'net', value: 'NET', global: false, help: 'listen on tcp (the default) or unix' }),
  text('address', SERVING, {
    short: 'addr',
    value: 'ADDRESS',
    global: false,
    help: 'HOST:PORT (127.0.0.1:5000 by default), or the path of a socket',
  }),
  yesNo('prompt', SERVING, { global: false, help: 'ask before each use of a key' }),
  text('config', ALL, { value: 'FILE', variable: 'SOPS_CONFIG', help: 'use FILE instead of searching .sops.yaml' }),
  flag('integer', 'indent', [...PRINTING, ...CHANGING], {
    value: 'N',
    help: 'print anew with N blanks per level (JSON: -1 for tabs)',
  }),
  yesNo('verbose', ALL, { ownBehind: true, group: 'general' }),
  // Nothing ever asks the network for newer versions; taken because scripts give it.
  yesNo('disable-version-check', ALL, { ownBehind: true, variable: 'SOPS_DISABLE_VERSION_CHECK', group: 'general' }),
];

/** `--help`, which every level takes. */
export const HELP_FLAG: FlagRow = {
  name: 'help',
  short: 'h',
  kind: 'boolean',
  commands: [],
  global: true,
  group: 'general',
};

/** The flags that may stand before a command, and in the old forms. */
export function globalFlags(flags: readonly FlagRow[] = FLAGS): FlagRow[] {
  return [...flags.filter((row) => row.global), HELP_FLAG];
}

/** The flags that may stand behind a command's name. */
export function flagsOf(command: string, flags: readonly FlagRow[] = FLAGS): FlagRow[] {
  return [...flags.filter((row) => row.commands.includes(command)), HELP_FLAG];
}

/** The row of a long or short name, or undefined. */
export function findFlag(name: string, table: readonly FlagRow[]): FlagRow | undefined {
  return table.find((row) => row.name === name || row.short === name);
}
