/** What help pages and shell completion say of flags: one entry a name. */
import { FORMATS } from '../../formats/registry.js';
import { KEY_TYPES } from '../../keys/registry.js';
import { STORES } from '../../kubernetes/stores/registry.js';
import { FLUX_TEXTS } from './flux-texts.js';
import { KUSTOMIZE_TEXTS } from './kustomize-texts.js';
import { SEALING_TEXTS } from './sealing-texts.js';
import { STORE_TEXTS } from './store-texts.js';

/** Flags that help pages put in one paragraph. */
export type FlagGroup =
  | 'recipients'
  | 'members'
  | 'changes'
  | 'selection'
  | 'certificate'
  | 'binding'
  | 'layout'
  | 'opening'
  | 'marks'
  | 'printing'
  | 'place'
  | 'policies'
  | 'store'
  | 'types'
  | 'services'
  | 'general';

const STORE_NAMES = STORES.map((row) => row.name).join(', ');

/** What the flags of a group are, since they share one paragraph. */
export const FLAG_GROUPS: Readonly<Record<FlagGroup, { readonly title: string; readonly note: string }>> = {
  types: {
    title: 'Formats',
    note: `${FORMATS.map((row) => row.name).join(', ')}; default by name`,
  },
  changes: { title: 'Changes', note: 'comma lists; added to the first key group, removed from all' },
  recipients: { title: 'Recipients', note: 'comma lists, instead of .sops.yaml' },
  members: { title: 'Recipients', note: 'comma lists, or several times' },
  selection: { title: 'Selection', note: 'one of the six …-suffix and …-regex' },
  certificate: { title: 'Certificate', note: "PEM; or the controller's address" },
  binding: { title: 'Bound to', note: 'strict, the default, namespace-wide or cluster-wide; else what the input says' },
  layout: { title: 'Output', note: 'yaml or json' },
  opening: { title: 'Opening', note: '' },
  marks: { title: 'Marks', note: 'put on every object; WORD: create, merge or replace' },
  printing: { title: 'Output', note: 'FORM: yaml (a stream), json, list or resourcelist; keys in alphabetical order' },
  place: { title: 'Place', note: `STORE: ${STORE_NAMES}; else as destination_rules say` },
  policies: { title: 'Policies', note: "in the operator's words" },
  store: { title: 'Store', note: `STORE: ${STORE_NAMES}; each has some of these` },
  services: {
    title: 'Services',
    note: 'tcp://HOST:PORT or unix:///PATH; asked after the local service, which is on',
  },
  general: { title: 'General', note: '' },
};

export interface FlagText {
  /** What stands for the value in help pages. */
  readonly value?: string;
  /** What it does; the flags of a group share the group's line instead. */
  readonly help?: string;
  readonly group?: FlagGroup;
  /** What completion offers for the value: these words, or files. */
  readonly offers?: readonly string[] | 'files';
  /** Whether its value is several of the words, separated by commas. */
  readonly severalOffers?: true;
}

const formats: FlagText = { value: 'TYPE', group: 'types', offers: FORMATS.map((row) => row.name) };
const recipients: FlagText = { group: 'recipients' };
const members: FlagText = { group: 'members' };
const changes: FlagText = { group: 'changes' };
const selection: FlagText = { group: 'selection' };
const general: FlagText = { group: 'general' };

const TEXTS: ReadonlyMap<string, FlagText> = new Map<string, FlagText>([
  ['encrypt', { help: 'encrypt the file' }],
  ['decrypt', { help: 'decrypt the file' }],
  ['rotate', { help: 'give the file a new data key' }],
  ['set', { value: "'PLACE JSON'", help: 'set one value of the file' }],
  ['version', { help: 'print the version' }],
  ['check-for-updates', { help: 'with --version: ask the registry of npm for a newer one' }],
  ['value-file', { help: 'read the JSON value from the file that is named instead' }],
  ['value-stdin', { help: 'read the value from standard input: JSON, else text' }],
  ['text', { help: 'take the value as text, as it is (without a last line break, from a file or standard input)' }],
  [
    'generate',
    {
      value: 'KIND',
      help: 'set a new random secret: a length, or password, hex, base64 (:LENGTH), uuid',
      offers: ['password', 'hex', 'base64', 'uuid'],
    },
  ],
  ['show-master-keys', { help: 'show the metadata, too, and apply what is changed there' }],
  ['idempotent', { help: 'do not write when nothing would change' }],
  ['file', { value: 'FILE', help: 'the file to change', offers: 'files' }],
  ['in-place', { help: 'write the result back to the file' }],
  [
    'output',
    {
      value: 'FILE',
      help: 'write the result to FILE (mode 0600 if that is new and gets plaintext)',
      offers: 'files',
    },
  ],
  ['extract', { value: 'PATH', help: 'print one value or branch: \'["db"]["hosts"][0]\' or db.hosts[0]' }],
  ['input-type', formats],
  ['output-type', formats],
  ['filename-override', { value: 'NAME', help: 'find the types and the creation rule by NAME', offers: 'files' }],
  ...KEY_TYPES.map((row) => [row.flag, recipients] as const),
  ...KEY_TYPES.flatMap((row) => [[`add-${row.flag}`, changes] as const, [`rm-${row.flag}`, changes] as const]),
  ...KEY_TYPES.map((row) => [`groups add --${row.flag}`, members] as const),
  ['encryption-context', recipients],
  ['aws-profile', { value: 'NAME', group: 'recipients' }],
  ['groups add --aws-profile', { value: 'NAME', group: 'members' }],
  ['groups add --encryption-context', { value: 'K:V', group: 'members' }],
  ['groups add --shamir-secret-sharing-threshold', { value: 'GROUPS', group: 'members' }],
  ['rotate --encryption-context', { value: 'K:V,…', help: 'the encryption context for keys of --add-kms' }],
  ['unencrypted-suffix', selection],
  ['encrypted-suffix', selection],
  ['unencrypted-regex', selection],
  ['encrypted-regex', selection],
  ['unencrypted-comment-regex', selection],
  ['encrypted-comment-regex', selection],
  ['mac-only-encrypted', { help: 'let the MAC cover encrypted values only' }],
  ['update', { help: 'encrypt standard input into an existing file, keeping the unchanged' }],
  ['as-sops', general],
  ['allow-unencrypted', { help: 'accept a result in which nothing is encrypted' }],
  ['shamir-secret-sharing-threshold', { value: 'GROUPS', group: 'recipients' }],
  ['groups delete --shamir-secret-sharing-threshold', { value: 'N', help: 'how many groups open the file' }],
  ['updatekeys --shamir-secret-sharing-threshold', { value: 'N', help: "the threshold, instead of the rule's" }],
  // SOPS takes it there, without effect.
  ['set --shamir-secret-sharing-threshold', { value: 'N', group: 'general' }],
  ['unset --shamir-secret-sharing-threshold', { value: 'N', group: 'general' }],
  ['yes', { help: 'do not ask' }],
  ['check', { help: 'show what is out of date and exit with 1 if anything is; change nothing, ask nothing' }],
  ['filestatus --check', { help: 'exit with 1 if one of the files is not encrypted' }],
  ['dry-run', { help: 'show what would be done and change nothing (updatekeys: the same as --check)' }],
  ['publish --dry-run', { help: 'open and check everything, show what would be sent (keys only), send nothing' }],
  ['recursive', { help: 'every file of a folder but hidden ones, named by its path in there' }],
  ['omit-extensions', { help: 'cut the last extension from the name at the destination' }],
  ['keep-data-key', { help: 'as SOPS: keep the data key although a removed recipient knows it' }],
  ['keep-unlisted', { help: 'wrap the data key also for recipients of the file that no rule names' }],
  ['edit --keep-unlisted', general],
  ['prefix', { value: 'TEXT', help: 'put TEXT before the name of every variable' }],
  ['raw-values', { help: 'take dotenv values as SOPS does: quotes and comments are part of them' }],
  ['only', { value: 'NAMES', help: 'pass these variables only (comma list)' }],
  ['pristine', { help: 'pass nothing else in the environment' }],
  ['same-process', { help: 'become the program (Node 22.15, 23.11 and later; before, run it as usual)' }],
  ['no-fifo', { help: 'a regular file (mode 0600) instead of a pipe, which has one reader at a time' }],
  ['filename', { value: 'NAME', help: 'the name of the pipe or file (default: tmp-file)' }],
  ['keep-keys', { help: 'let the program inherit SOPS_AGE_KEY and the like' }],
  ['redact', { help: 'mask values (4 characters or more; as text, base64, in URLs) in what the program prints' }],
  ['user', { value: 'NAME', help: 'run as this user; root alone can' }],
  ['background', { help: 'deprecated: do not wait for the program' }],
  ['ignore-mac', { help: 'do not check that the file is unchanged' }],
  [
    'decryption-order',
    {
      value: 'LIST',
      help: 'key types to try first, e.g. age,pgp',
      offers: KEY_TYPES.map((row) => row.type),
      severalOffers: true,
    },
  ],
  ['enable-local-keyservice', { group: 'services' }],
  ['keyservice', { value: 'URI', group: 'services' }],
  ['network', { value: 'NET', help: 'listen on tcp (the default) or unix', offers: ['tcp', 'unix'] }],
  ['address', { value: 'ADDRESS', help: 'HOST:PORT (127.0.0.1:5000 by default), or the path of a socket' }],
  ['prompt', { help: 'ask before each use of a key' }],
  ['config', { value: 'FILE', help: 'use FILE instead of searching .sops.yaml', offers: 'files' }],
  ['indent', { value: 'N', help: 'print anew with N blanks per level (JSON: -1 for tabs)' }],
  ['init --age', { value: 'LIST', help: 'the recipients to write instead of your own key (comma list)' }],
  ['init --name', { value: 'NAME', help: 'what your key is called in .sops.yaml (default: your user name)' }],
  ['list', { help: 'show which configurations are trusted, and which have changed since or are gone' }],
  ['remove', { help: 'trust it no more' }],
  ['key-file', { value: 'FILE', help: 'make the key there; it is refused in a repository', offers: 'files' }],
  ['path-regex', { value: 'REGEX', help: 'write one rule, for these files, instead of the usual ones' }],
  ['init --encrypted-regex', { value: 'REGEX', help: 'encrypt only values whose keys match, in those files' }],
  ['updatekeys --json', { help: 'with --check: print what a program can read' }],
  ['revoke --json', { help: 'with --dry-run: print what a program can read' }],
  ['json', { help: 'print what a program can read' }],
  ...SEALING_TEXTS,
  ...KUSTOMIZE_TEXTS,
  ...FLUX_TEXTS,
  ...STORE_TEXTS,
  ['verbose', general],
  ['disable-version-check', general],
  ['help', general],
]);

/** What is said of a flag behind a command, or before any. */
export function textOf(flag: string, command?: string): FlagText {
  return TEXTS.get(`${command} --${flag}`) ?? TEXTS.get(flag) ?? {};
}
