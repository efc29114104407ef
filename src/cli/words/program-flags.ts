/**
 * The flags that may stand before a command, and in the old forms: SOPS's own, with its quirk (argv.ts) where they are yes/no flags.
 * Commands take theirs from here. Where SOPS has a flag only before the command (`--config`, `--indent`, `--verbose`, …), it is taken
 * after the command too; the words that SOPS accepts keep their meaning.
 */
import { FORMATS } from '../../formats/registry.js';
import { KEY_TYPES } from '../../keys/registry.js';
import { type FlagText, flag } from './flag.js';

const BEFORE = { global: true } as const;
const QUIRKY = { global: true, ownBehind: false } as const;

const format: FlagText = { value: 'TYPE', group: 'types', offers: FORMATS.map((row) => row.name) };

/** In the order in which completion offers them. */
export const PROGRAM = {
  decrypt: flag.yesNo('decrypt', 'decrypt the file', { ...QUIRKY, short: 'd' }),
  encrypt: flag.yesNo('encrypt', 'encrypt the file', { ...QUIRKY, short: 'e' }),
  rotate: flag.yesNo('rotate', 'give the file a new data key', { ...QUIRKY, short: 'r' }),
  set: flag.text('set', { value: "'PLACE JSON'", help: 'set one value of the file' }, BEFORE),
  version: flag.yesNo('version', 'print the version', { ...QUIRKY, short: 'v' }),
  checkForUpdates: flag.yesNo('check-for-updates', 'with --version: ask the registry of npm for a newer one', QUIRKY),
  showMasterKeys: flag.yesNo('show-master-keys', 'show the metadata, too, and apply what is changed there', {
    ...QUIRKY,
    short: 's',
  }),
  inPlace: flag.yesNo('in-place', 'write the result back to the file', { ...QUIRKY, short: 'i' }),
  output: flag.text(
    'output',
    { value: 'FILE', help: 'write the result to FILE (mode 0600 if that is new and gets plaintext)', offers: 'files' },
    BEFORE,
  ),
  extract: flag.text(
    'extract',
    { value: 'PATH', help: 'print one value or branch: \'["db"]["hosts"][0]\' or db.hosts[0]', offers: 'places' },
    BEFORE,
  ),
  inputType: flag.text('input-type', format, BEFORE),
  outputType: flag.text('output-type', format, BEFORE),
  filenameOverride: flag.text(
    'filename-override',
    { value: 'NAME', help: 'find the types and the creation rule by NAME', offers: 'files' },
    BEFORE,
  ),
  /** By type of key. */
  recipients: flag.each(KEY_TYPES, ({ type, flag: name, shortFlag: short, variable }) => [
    [
      type,
      flag.text(name, { group: 'recipients' }, { ...BEFORE, variable, ...(short === undefined ? {} : { short }) }),
    ],
  ]),
  /** By their own names, `add-…` and `rm-…`. */
  changes: flag.each(KEY_TYPES, ({ flag: name }) =>
    [`add-${name}`, `rm-${name}`].map((change) => [change, flag.text(change, { group: 'changes' }, BEFORE)] as const),
  ),
  encryptionContext: flag.text('encryption-context', { group: 'recipients' }, BEFORE),
  awsProfile: flag.text('aws-profile', { value: 'NAME', group: 'recipients' }, BEFORE),
  unencryptedSuffix: flag.text('unencrypted-suffix', { group: 'selection' }, BEFORE),
  encryptedSuffix: flag.text('encrypted-suffix', { group: 'selection' }, BEFORE),
  unencryptedRegex: flag.text('unencrypted-regex', { group: 'selection' }, BEFORE),
  encryptedRegex: flag.text('encrypted-regex', { group: 'selection' }, BEFORE),
  unencryptedCommentRegex: flag.text('unencrypted-comment-regex', { group: 'selection' }, BEFORE),
  encryptedCommentRegex: flag.text('encrypted-comment-regex', { group: 'selection' }, BEFORE),
  macOnlyEncrypted: flag.yesNo('mac-only-encrypted', 'let the MAC cover encrypted values only', BEFORE),
  allowUnencrypted: flag.yesNo('allow-unencrypted', 'accept a result in which nothing is encrypted', BEFORE),
  shamirThreshold: flag.integer('shamir-secret-sharing-threshold', { value: 'GROUPS', group: 'recipients' }, BEFORE),
  keepUnlisted: flag.yesNo(
    'keep-unlisted',
    'wrap the data key also for recipients of the file that no rule names',
    BEFORE,
  ),
  ignoreMac: flag.yesNo('ignore-mac', 'do not check that the file is unchanged', QUIRKY),
  decryptionOrder: flag.text(
    'decryption-order',
    {
      value: 'LIST',
      help: 'key types to try first, e.g. age,pgp',
      offers: KEY_TYPES.map((row) => row.type),
      severalOffers: true,
    },
    { ...BEFORE, variable: 'SOPS_DECRYPTION_ORDER' },
  ),
  enableLocalKeyservice: flag.yesNo(
    'enable-local-keyservice',
    { group: 'services' },
    { ...QUIRKY, variable: 'SOPS_ENABLE_LOCAL_KEYSERVICE', onByDefault: true },
  ),
  keyservice: flag.list('keyservice', { value: 'URI', group: 'services' }, { ...BEFORE, variable: 'SOPS_KEYSERVICE' }),
  noAgent: flag.yesNo('no-agent', { group: 'services' }, BEFORE),
  config: flag.text(
    'config',
    { value: 'FILE', help: 'use FILE instead of searching .sops.yaml', offers: 'files' },
    { ...BEFORE, variable: 'SOPS_CONFIG' },
  ),
  indent: flag.integer(
    'indent',
    { value: 'N', help: 'print anew with N blanks per level (JSON: -1 for tabs)' },
    BEFORE,
  ),
  verbose: flag.yesNo('verbose', { group: 'general' }, BEFORE),
  // Without --check-for-updates nothing asks the network for newer versions; taken because scripts give it.
  disableVersionCheck: flag.yesNo(
    'disable-version-check',
    { group: 'general' },
    { ...BEFORE, variable: 'SOPS_DISABLE_VERSION_CHECK' },
  ),
};
