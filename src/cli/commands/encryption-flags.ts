/** What the flags for new files ask for, whichever command makes them. */
import { SopsError } from '../../errors.js';
import type { EncryptRequest } from '../../operations/requests.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import type { Context } from './command.js';
import { inputAndOutput, keyServiceChoice, typesOf } from './document-flags.js';
import { configFlag, keyServiceFlags, newFileFlags, resultFlags } from './shared-flags.js';

/** Of `encrypt` alone. */
export const asSopsFlag = flag.yesNo('as-sops', { group: 'general' });

/** For their types. */
const needed = {
  ...newFileFlags,
  allowUnencrypted: PROGRAM.allowUnencrypted,
  ...configFlag,
};
const possible = {
  ...keyServiceFlags,
  inPlace: PROGRAM.inPlace,
  output: PROGRAM.output,
  inputType: PROGRAM.inputType,
  outputType: PROGRAM.outputType,
  filenameOverride: PROGRAM.filenameOverride,
  asSops: asSopsFlag,
  shamirThreshold: PROGRAM.shamirThreshold,
  indent: PROGRAM.indent,
};

/** The flags that say how to encrypt; some commands lack some. */
export type EncryptionFlags = Values<typeof needed> & Partial<Values<typeof possible>>;

/** What the flags ask for. Throws `conflict` and `usage`. */
export function encryptRequest(given: EncryptionFlags, context: Context): EncryptRequest {
  const { input, output } = inputAndOutput(given, context);
  const { filenameOverride } = given;
  if (input.kind === 'stdin' && filenameOverride === undefined) {
    throw new SopsError('conflict', 'Error: must specify --filename-override when reading from stdin', {
      hint: 'The name decides the format and the creation rule.',
    });
  }
  return { ...encryptionOf(given, context), input, output, filenameOverride };
}

/** What the flags say about how to encrypt, wherever the plaintext comes from. Throws `usage`. */
export function encryptionOf(given: EncryptionFlags, { host }: Context): Omit<EncryptRequest, 'input' | 'output'> {
  const { enableLocalKeyservice = false, keyservice = [], noAgent = false } = given;
  return {
    keyFlags: given.recipients,
    selection: {
      unencryptedSuffix: given.unencryptedSuffix,
      encryptedSuffix: given.encryptedSuffix,
      unencryptedRegex: given.unencryptedRegex,
      encryptedRegex: given.encryptedRegex,
      unencryptedCommentRegex: given.unencryptedCommentRegex,
      encryptedCommentRegex: given.encryptedCommentRegex,
    },
    macOnlyEncrypted: given.macOnlyEncrypted,
    allowUnencrypted: given.allowUnencrypted,
    asSops: given.asSops ?? false,
    ...typesOf(given, host),
    configPath: given.config,
    keyServices: keyServiceChoice({ enableLocalKeyservice, keyservice, noAgent }),
    awsProfile: given.awsProfile,
    encryptionContext: given.encryptionContext,
    // 0 is SOPS's default and means "not given".
    shamirThreshold: given.shamirThreshold || undefined,
    indent: given.indent,
  };
}

/** Refuses, without `--encrypt`, the flags that belong to it: who names recipients must not get plaintext. Throws `conflict`. */
export function refuseEncryptionFlags({ firstTyped }: Context): void {
  const { recipients, macOnlyEncrypted, allowUnencrypted, awsProfile, encryptionContext, ...selection } = resultFlags;
  const flag = firstTyped([
    recipients,
    ...Object.values(selection),
    macOnlyEncrypted,
    allowUnencrypted,
    awsProfile,
    encryptionContext,
    PROGRAM.filenameOverride,
  ]);
  if (flag === undefined) return;
  throw new SopsError('conflict', `Error: --${flag} belongs to --encrypt, without which the result is plaintext`);
}
