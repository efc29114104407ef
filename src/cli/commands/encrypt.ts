/** `encrypt`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { KEY_TYPES } from '../../keys/registry.js';
import { encryptFile } from '../../operations/encrypt.js';
import type { EncryptRequest, SelectionFlags } from '../../operations/requests.js';
import type { FlagValues } from '../flag-values.js';
import type { Command, Invocation } from './command.js';
import { formatFlag, inputAndOutput, keyServiceFlags } from './document-flags.js';

export const encrypt: Command = {
  async run(invocation) {
    const { warnings } = await encryptFile(encryptRequest(invocation), invocation.host);
    for (const warning of warnings) invocation.host.warn(warning);
    return 0;
  },
};

/** What the flags ask for. Throws `conflict` and `usage`. */
export function encryptRequest(invocation: Invocation): EncryptRequest {
  const { values } = invocation;
  const { input, output } = inputAndOutput(invocation);
  const filenameOverride = values.text('filename-override');
  if (input.kind === 'stdin' && filenameOverride === undefined) {
    throw new SopsError('conflict', 'Error: must specify --filename-override when reading from stdin', {
      hint: 'The name decides the format and the creation rule.',
    });
  }
  return {
    input,
    output,
    keyFlags: keyFlags(values),
    selection: selection(values),
    macOnlyEncrypted: values.isOn('mac-only-encrypted'),
    allowUnencrypted: values.isOn('allow-unencrypted'),
    inputType: formatFlag(values, 'input-type'),
    outputType: formatFlag(values, 'output-type'),
    filenameOverride,
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    awsProfile: values.text('aws-profile'),
    encryptionContext: values.text('encryption-context'),
    // 0 is SOPS's default and means "not given".
    shamirThreshold: values.integer('shamir-secret-sharing-threshold') || undefined,
    indent: values.integer('indent'),
  };
}

/** The recipients by type, from flags and variables. */
function keyFlags(values: FlagValues): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of KEY_TYPES) {
    const text = values.text(row.flag);
    if (text !== undefined) found.set(row.type, text);
  }
  return found;
}

function selection(values: FlagValues): SelectionFlags {
  return {
    unencryptedSuffix: values.text('unencrypted-suffix'),
    encryptedSuffix: values.text('encrypted-suffix'),
    unencryptedRegex: values.text('unencrypted-regex'),
    encryptedRegex: values.text('encrypted-regex'),
    unencryptedCommentRegex: values.text('unencrypted-comment-regex'),
    encryptedCommentRegex: values.text('encrypted-comment-regex'),
  };
}
