/** Flags that several commands have: groups that their modules spread. */
import { flag, NEVER_EMPTY, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';

/** Every command takes them, but for those that print one and the same text. */
export const generalFlags = { verbose: PROGRAM.verbose, disableVersionCheck: PROGRAM.disableVersionCheck };

export const configFlag = { config: PROGRAM.config };

/** What is used by `keyServiceChoice`. */
export const keyServiceFlags = {
  enableLocalKeyservice: PROGRAM.enableLocalKeyservice,
  keyservice: PROGRAM.keyservice,
  noAgent: PROGRAM.noAgent,
};

/** After the command alone, as SOPS has it for `decrypt` and `edit` only. */
export const ignoreMacFlag = { ignoreMac: flag.yesNo('ignore-mac', PROGRAM.ignoreMac.text) };

/** How the keys of a file are found. */
export const openingFlags = { decryptionOrder: PROGRAM.decryptionOrder, ...keyServiceFlags };

export const typeFlags = { inputType: PROGRAM.inputType, outputType: PROGRAM.outputType };

/** A document that is printed, or written where the user says. */
export const printingFlags = {
  inPlace: PROGRAM.inPlace,
  output: PROGRAM.output,
  ...typeFlags,
  filenameOverride: PROGRAM.filenameOverride,
};

export const selectionFlags = {
  unencryptedSuffix: PROGRAM.unencryptedSuffix,
  encryptedSuffix: PROGRAM.encryptedSuffix,
  unencryptedRegex: PROGRAM.unencryptedRegex,
  encryptedRegex: PROGRAM.encryptedRegex,
  unencryptedCommentRegex: PROGRAM.unencryptedCommentRegex,
  encryptedCommentRegex: PROGRAM.encryptedCommentRegex,
};

/** For whom a new file is encrypted, and what of it. */
export const newFileFlags = {
  recipients: PROGRAM.recipients,
  encryptionContext: PROGRAM.encryptionContext,
  awsProfile: PROGRAM.awsProfile,
  ...selectionFlags,
  macOnlyEncrypted: PROGRAM.macOnlyEncrypted,
};

/** The same for commands that make a new file of something else, with `--encrypt`. */
export const resultFlags = {
  ...newFileFlags,
  macOnlyEncrypted: variant(PROGRAM.macOnlyEncrypted, { group: 'selection' }),
  allowUnencrypted: variant(PROGRAM.allowUnencrypted, { group: 'selection' }),
};

export const jsonFlag = { json: flag.yesNo('json', 'print what a program can read') };

/** Commands that work on one file, or on many. */
export const severalFlags = {
  outputDir: flag.text('output-dir', { value: 'FOLDER', group: 'several', offers: 'files' }, NEVER_EMPTY),
  dryRun: flag.yesNo('dry-run', { group: 'several' }),
  json: flag.yesNo('json', { group: 'several' }),
};

/** A change that is asked about first. */
export const confirmationFlags = { yes: flag.yesNo('yes', 'do not ask', { short: 'y' }) };

/** Of the commands that let somebody into all files, or take them out. */
export const membershipFlags = {
  ...confirmationFlags,
  dryRun: flag.yesNo('dry-run', 'show what would be done and change nothing (updatekeys: the same as --check)'),
  keepUnlisted: flag.yesNo('keep-unlisted', PROGRAM.keepUnlisted.text),
  ...ignoreMacFlag,
  ...openingFlags,
  ...configFlag,
};

/** What --allow-ref takes. */
export const SCHEME_WORDS = { value: 'SCHEMES', offers: ['exec', 'envsubst', 'file', 'sops', 'vault', 'all'] } as const;

/** For what is made of an encrypted file. */
export const resolvingFlags = {
  resolveRefs: flag.yesNo('resolve-refs', { group: 'references' }),
  allowRef: flag.list('allow-ref', { ...SCHEME_WORDS, group: 'references' }),
};

/** Plug-ins of kustomize. */
export const legacyFlag = { legacy: flag.yesNo('legacy', 'the legacy form of plug-ins, which kubectl runs too') };

/** The words of a flag that is given several times or holds commas. */
export function separateWords(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',').filter((word) => word !== ''));
}
