/**
 * The flags: one row each, from which lexing and environment defaults follow (docs/command-line.md#flags-by-command). What help and
 * completion say of them stands in guide/flag-texts.ts, since no other run needs it.
 */
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

const ENCRYPT = ['encrypt'];
const DECRYPT = ['decrypt'];
const ROTATE = ['rotate'];
const EDIT = ['edit'];
const UNSEAL = ['unseal'];
const FLUX_SECRET = ['flux secret'];
/** They make new files. */
const MAKING = [...ENCRYPT, ...EDIT, ...UNSEAL, ...FLUX_SECRET];
/** They are told how a new file would be made, as those are. */
const WHY = ['why'];
const PLANNING = [...MAKING, ...WHY];
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
const PUBLISH = ['publish'];
const SEAL = ['seal'];
/** They open SealedSecrets. */
const OPENING = [...SEAL, 'seal verify', ...UNSEAL];
/** It looks at what is there. */
const DOCTOR = ['doctor'];
/** They print manifests for secret stores; all but one read the keys of a file. */
const PUSH = ['emit push-secret'];
const EXTERNAL = ['emit external-secret'];
const MOUNT = ['emit secret-provider-class'];
const STORE = ['emit secret-store'];
const POINTING = [...EXTERNAL, ...PUSH, ...MOUNT];
const EMIT = [...POINTING, ...STORE];
/** They need keys. */
const KEYED = [
  ...ENCRYPT,
  ...DECRYPT,
  ...REKEYING,
  ...CHANGING,
  ...RUNNING,
  ...PUBLISH,
  ...SEAL,
  'seal verify',
  ...UNSEAL,
  ...FLUX_SECRET,
  ...DOCTOR,
  ...POINTING,
];
const SERVING = ['keyservice'];
const INIT = ['init'];
const ALL = [...KEYED, 'filestatus', ...WHY, ...SERVING, 'flux check', 'helm downloader', 'helm install', ...STORE];

/** What describes a store, by the names that src/kubernetes/stores has for it; mounting takes the first ones alone. */
const MOUNT_SETTINGS = [
  'server',
  'mount',
  'kv-version',
  'vault-namespace',
  'auth-mount',
  'role',
  'region',
  'prefix',
  'project',
  'location',
  'vault-url',
  'tenant',
  'client-id',
  'environment',
];
const LOGIN_SETTINGS = [
  'auth',
  'username',
  'credentials',
  'service-account',
  'authority',
  'cluster-name',
  'cluster-location',
  'remote-namespace',
];
export const STORE_SETTINGS: readonly string[] = [...MOUNT_SETTINGS, ...LOGIN_SETTINGS];

/** Taken behind the command only. */
const BEHIND = { global: false } as const;
/** The same for a yes/no flag without SOPS's quirk. */
const OWN = { global: false, ownBehind: true } as const;

/** They make, or work on, manifests for kustomize. */
const GENERATE = ['kustomize generate'];
const FILTERING = ['kustomize decrypt', 'kustomize build'];
const KUSTOMIZE = [...GENERATE, ...FILTERING, 'kustomize install', 'kustomize init', 'kustomize check'];

type Rest = Partial<Omit<FlagRow, 'name' | 'kind' | 'commands'>>;

const flag = (kind: FlagRow['kind'], name: string, commands: readonly string[], rest: Rest = {}): FlagRow => ({
  name,
  kind,
  commands,
  global: true,
  ...rest,
});
const yesNo = (name: string, commands: readonly string[], rest: Rest = {}): FlagRow =>
  flag('boolean', name, commands, rest);
const text = (name: string, commands: readonly string[], rest: Rest = {}): FlagRow =>
  flag('text', name, commands, rest);

/**
 * All flags. Where SOPS has a flag only before the command (`--config`, `--indent`, `--verbose`, …), it is taken behind
 * the command too; the words that SOPS accepts keep their meaning.
 */
export const FLAGS: readonly FlagRow[] = [
  yesNo('decrypt', [], { short: 'd' }),
  yesNo('encrypt', [], { short: 'e' }),
  yesNo('rotate', [], { short: 'r' }),
  text('set', []),
  yesNo('version', [], { short: 'v' }),
  yesNo('check-for-updates', []),
  yesNo('value-file', SET, OWN),
  yesNo('value-stdin', SET, OWN),
  text('generate', SET, BEHIND),
  yesNo('text', SET, OWN),
  yesNo('show-master-keys', EDIT, { short: 's' }),
  yesNo('idempotent', [...SET, 'unset'], OWN),
  text('file', GROUPS, { short: 'f', global: false }),
  yesNo('in-place', PRINTING, { short: 'i' }),
  yesNo('in-place', GROUPS, { short: 'i', global: false, ownBehind: true }),
  text('output', PRINTING),
  text('extract', DECRYPT),
  text('input-type', [...PRINTING, ...CHANGING, ...WHY, 'updatekeys', 'filestatus', ...RUNNING, ...DOCTOR]),
  text('output-type', [...PRINTING, ...CHANGING, ...EXEC_FILE]),
  text('filename-override', PRINTING),
  ...KEY_TYPES.map((row) =>
    text(row.flag, PLANNING, {
      variable: row.variable,
      ...(row.shortFlag === undefined ? {} : { short: row.shortFlag }),
    }),
  ),
  ...KEY_TYPES.map((row) => flag('list', row.flag, ['groups add'], BEHIND)),
  ...KEY_TYPES.flatMap((row) => [text(`add-${row.flag}`, ROTATE), text(`rm-${row.flag}`, ROTATE)]),
  text('encryption-context', [...PLANNING, 'groups add']),
  text('aws-profile', [...PLANNING, 'groups add']),
  text('encryption-context', ROTATE, BEHIND),
  text('unencrypted-suffix', PLANNING),
  text('encrypted-suffix', PLANNING),
  text('unencrypted-regex', PLANNING),
  text('encrypted-regex', PLANNING),
  text('unencrypted-comment-regex', PLANNING),
  text('encrypted-comment-regex', PLANNING),
  yesNo('mac-only-encrypted', PLANNING, { ownBehind: true }),
  yesNo('update', ENCRYPT, OWN),
  yesNo('allow-unencrypted', PLANNING, { ownBehind: true }),
  yesNo('as-sops', ENCRYPT, OWN),
  flag('integer', 'shamir-secret-sharing-threshold', [...CHANGING, ...ENCRYPT, ...WHY, 'updatekeys', ...GROUPS]),
  yesNo('yes', ['updatekeys', 'revoke', ...PUBLISH, ...INIT], { short: 'y', global: false, ownBehind: true }),
  yesNo('check', ['updatekeys', 'filestatus'], OWN),
  yesNo('dry-run', ['updatekeys', 'revoke', ...PUBLISH], OWN),
  yesNo('recursive', PUBLISH, OWN),
  yesNo('omit-extensions', PUBLISH, OWN),
  yesNo('keep-data-key', ['updatekeys'], OWN),
  yesNo('keep-unlisted', [...ROTATE, ...EDIT], { ownBehind: true }),
  yesNo('keep-unlisted', [...GROUPS, 'revoke'], OWN),
  text('prefix', EXEC_ENV, BEHIND),
  yesNo('raw-values', EXEC_ENV, OWN),
  flag('list', 'only', EXEC_ENV, BEHIND),
  yesNo('pristine', EXEC_ENV, OWN),
  yesNo('same-process', EXEC_ENV, OWN),
  yesNo('no-fifo', EXEC_FILE, OWN),
  text('filename', EXEC_FILE, BEHIND),
  yesNo('keep-keys', RUNNING, OWN),
  yesNo('redact', RUNNING, OWN),
  text('user', RUNNING, BEHIND),
  yesNo('background', RUNNING, OWN),
  yesNo('ignore-mac', [...DECRYPT, ...EDIT]),
  yesNo('ignore-mac', [...SET, 'unset', ...REKEYING, ...RUNNING], OWN),
  text(
    'decryption-order',
    [...DECRYPT, ...CHANGING, ...ROTATE, 'updatekeys', 'revoke', ...RUNNING, ...PUBLISH, ...DOCTOR],
    {
      variable: 'SOPS_DECRYPTION_ORDER',
    },
  ),
  yesNo('enable-local-keyservice', KEYED, {
    variable: 'SOPS_ENABLE_LOCAL_KEYSERVICE',
    onByDefault: true,
  }),
  flag('list', 'keyservice', KEYED, { variable: 'SOPS_KEYSERVICE' }),
  text('network', SERVING, { short: 'net', global: false }),
  text('address', SERVING, {
    short: 'addr',
    global: false,
  }),
  yesNo('prompt', SERVING, BEHIND),
  text('output', [...UNSEAL, ...FLUX_SECRET], BEHIND),
  text('input-type', SEAL, BEHIND),
  text('filename-override', [...SEAL, ...UNSEAL, ...FLUX_SECRET], BEHIND),
  yesNo('ignore-mac', SEAL, OWN),
  text('decryption-order', SEAL, { ...BEHIND, variable: 'SOPS_DECRYPTION_ORDER' }),
  text('cert', SEAL, { ...BEHIND, variable: 'SEALED_SECRETS_CERT' }),
  text('fetch-from', SEAL, BEHIND),
  text('scope', SEAL, { ...BEHIND, variable: 'SEALED_SECRETS_SCOPE' }),
  text('name', SEAL, BEHIND),
  text('namespace', OPENING, { ...BEHIND, short: 'n' }),
  text('merge-into', SEAL, BEHIND),
  yesNo('prune', SEAL, OWN),
  yesNo('raw', SEAL, OWN),
  yesNo('re-encrypt', SEAL, OWN),
  flag('list', 'private-key', OPENING, BEHIND),
  yesNo('allow-empty-data', SEAL, OWN),
  yesNo('yaml11', SEAL, OWN),
  text('format', [...SEAL, ...UNSEAL], { ...BEHIND, short: 'o', variable: 'SEALED_SECRETS_FORMAT' }),
  text('sealed-secret-file', SEAL, { ...BEHIND, short: 'w' }),
  yesNo('encrypt', [...UNSEAL, ...FLUX_SECRET], OWN),
  yesNo('keep-owner', UNSEAL, OWN),
  text('name', FLUX_SECRET, BEHIND),
  text('namespace', FLUX_SECRET, { ...BEHIND, short: 'n' }),
  text('secret', ['flux check'], BEHIND),
  text('name', EMIT, BEHIND),
  text('namespace', EMIT, { ...BEHIND, short: 'n' }),
  text('format', EMIT, { ...BEHIND, short: 'o' }),
  text('store', [...EXTERNAL, ...PUSH], BEHIND),
  yesNo('cluster-store', [...EXTERNAL, ...PUSH, ...STORE], OWN),
  text('provider', EMIT, BEHIND),
  text('to', POINTING, BEHIND),
  yesNo('one-secret', POINTING, OWN),
  yesNo('per-key', POINTING, OWN),
  yesNo('as-published', [...EXTERNAL, ...MOUNT], OWN),
  flag('list', 'base64', [...EXTERNAL, ...MOUNT], BEHIND),
  yesNo('no-decrypt', [...EXTERNAL, ...MOUNT], OWN),
  text('refresh-interval', [...EXTERNAL, ...PUSH], BEHIND),
  text('refresh-policy', EXTERNAL, BEHIND),
  text('creation-policy', EXTERNAL, BEHIND),
  text('deletion-policy', [...EXTERNAL, ...PUSH], BEHIND),
  text('update-policy', PUSH, BEHIND),
  flag('list', 'allow-namespaces', STORE, BEHIND),
  yesNo('sync', MOUNT, OWN),
  ...MOUNT_SETTINGS.map((name) => text(name, [...STORE, ...MOUNT], BEHIND)),
  ...LOGIN_SETTINGS.map((name) => text(name, STORE, BEHIND)),
  text('input-type', POINTING, BEHIND),
  text('filename-override', POINTING, BEHIND),
  yesNo('ignore-mac', POINTING, OWN),
  text('decryption-order', POINTING, { ...BEHIND, variable: 'SOPS_DECRYPTION_ORDER' }),
  text('age', INIT, { ...BEHIND, short: 'a' }),
  text('name', INIT, BEHIND),
  yesNo('list', ['trust'], OWN),
  yesNo('remove', ['trust'], OWN),
  text('key-file', INIT, BEHIND),
  text('path-regex', INIT, BEHIND),
  text('encrypted-regex', INIT, BEHIND),
  text('config', [...ALL, 'trust'], { variable: 'SOPS_CONFIG' }),
  flag('integer', 'indent', [...PRINTING, ...CHANGING]),
  yesNo('json', [...WHY, ...DOCTOR, 'updatekeys', 'revoke'], OWN),
  text('name', GENERATE, BEHIND),
  text('namespace', GENERATE, BEHIND),
  text('type', GENERATE, BEHIND),
  flag('list', 'from-env', GENERATE, BEHIND),
  flag('list', 'from-file', GENERATE, BEHIND),
  flag('list', 'from-binary', GENERATE, BEHIND),
  flag('list', 'label', GENERATE, BEHIND),
  flag('list', 'annotation', GENERATE, BEHIND),
  yesNo('data-only', GENERATE, OWN),
  yesNo('string-data', GENERATE, OWN),
  yesNo('needs-hash', GENERATE, OWN),
  yesNo('hash', GENERATE, OWN),
  text('behavior', GENERATE, BEHIND),
  yesNo('immutable', GENERATE, OWN),
  yesNo('yaml11', GENERATE, OWN),
  text('output', GENERATE, BEHIND),
  yesNo('sort', GENERATE, OWN),
  yesNo('no-comments', GENERATE, OWN),
  text('mac', FILTERING, BEHIND),
  text('annotations', FILTERING, BEHIND),
  yesNo('legacy', ['kustomize install', 'kustomize init'], OWN),
  text('as', ['kustomize install'], BEHIND),
  yesNo('k8s', EDIT, OWN),
  yesNo('verbose', [...ALL, ...KUSTOMIZE, ...INIT, 'trust', 'install-as-sops'], { ownBehind: true }),
  // Without --check-for-updates nothing asks the network for newer versions; taken because scripts give it.
  yesNo('disable-version-check', [...ALL, ...INIT, 'trust', 'install-as-sops'], {
    ownBehind: true,
    variable: 'SOPS_DISABLE_VERSION_CHECK',
  }),
];

/** `--help`, which every level takes. */
export const HELP_FLAG: FlagRow = {
  name: 'help',
  short: 'h',
  kind: 'boolean',
  commands: [],
  global: true,
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
