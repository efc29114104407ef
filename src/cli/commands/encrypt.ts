/** `encrypt`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { KEY_TYPES } from '../../keys/registry.js';
import type { EncryptRequest, SelectionFlags } from '../../operations/requests.js';
import { encryptFile } from '../../operations/write/encrypt.js';
import type { UpdateRequest } from '../../operations/write/update.js';
import type { FlagValues } from '../flag-values.js';
import { readStandardInput } from '../streams.js';
import type { Command, Invocation } from './command.js';
import { formatFlag, inputAndOutput, keyServiceFlags } from './document-flags.js';
import { forEachFile } from './several.js';

export const encrypt: Command = forEachFile({
  async run(invocation) {
    const { values, host } = invocation;
    const { warnings } = values.isOn('update')
      ? await (await import('../../operations/write/update.js')).updateFile(updateRequest(invocation), host)
      : await encryptFile(encryptRequest(invocation), host);
    for (const warning of warnings) host.warn(warning);
    return 0;
  },
});

/** What the flags ask for. Throws `conflict` and `usage`. */
export function encryptRequest(invocation: Invocation): EncryptRequest {
  const { input, output } = inputAndOutput(invocation);
  const filenameOverride = invocation.values.text('filename-override');
  if (input.kind === 'stdin' && filenameOverride === undefined) {
    throw new SopsError('conflict', 'Error: must specify --filename-override when reading from stdin', {
      hint: 'The name decides the format and the creation rule.',
    });
  }
  return { ...encryptionFlags(invocation), input, output, filenameOverride };
}

/** What the flags say about how to encrypt, wherever the plaintext comes from. Throws `usage`. */
export function encryptionFlags(invocation: Invocation): Omit<EncryptRequest, 'input' | 'output'> {
  const { values } = invocation;
  return {
    keyFlags: keyFlags(values),
    selection: selection(values),
    macOnlyEncrypted: values.isOn('mac-only-encrypted'),
    allowUnencrypted: values.isOn('allow-unencrypted'),
    asSops: values.isOn('as-sops'),
    inputType: formatFlag(invocation, 'input-type'),
    outputType: formatFlag(invocation, 'output-type'),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    awsProfile: values.text('aws-profile'),
    encryptionContext: values.text('encryption-context'),
    // 0 is SOPS's default and means "not given".
    shamirThreshold: values.integer('shamir-secret-sharing-threshold') || undefined,
    indent: values.integer('indent'),
  };
}

/** Flags that say how to encrypt, and nothing to a command that does not. */
const ENCRYPTING = [
  ...KEY_TYPES.map(({ flag }) => flag),
  'unencrypted-suffix',
  'encrypted-suffix',
  'unencrypted-regex',
  'encrypted-regex',
  'unencrypted-comment-regex',
  'encrypted-comment-regex',
  'mac-only-encrypted',
  'allow-unencrypted',
  'aws-profile',
  'encryption-context',
  'filename-override',
];

/** Refuses, without `--encrypt`, the flags that belong to it: who names recipients must not get plaintext. Throws `conflict`. */
export function refuseEncryptionFlags(values: FlagValues): void {
  const flag = ENCRYPTING.find((name) => values.isTyped(name));
  if (flag === undefined) return;
  throw new SopsError('conflict', `Error: --${flag} belongs to --encrypt, without which the result is plaintext`);
}

/** What `--update` asks for: recipients and rules are the file's own. Throws `conflict`, `no-file` and `usage`. */
export function updateRequest(invocation: Invocation): UpdateRequest {
  const { values, operands, streams } = invocation;
  const [path] = operands;
  if (path === undefined) {
    throw new SopsError('no-file', 'Error: no file specified', {
      hint: 'Write: sops-ts encrypt --update FILE < PLAINTEXT',
    });
  }
  if (values.text('output') !== undefined) {
    throw new SopsError('conflict', 'Error: cannot use both --output and --update, which writes to its file');
  }
  return {
    input: { kind: 'file', path },
    output: { kind: 'in-place' },
    plaintext: { kind: 'stdin', read: () => readStandardInput(streams, 'the plaintext') },
    decryptionOrder: values.text('decryption-order'),
    inputType: formatFlag(invocation, 'input-type'),
    outputType: formatFlag(invocation, 'output-type'),
    filenameOverride: values.text('filename-override'),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
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
