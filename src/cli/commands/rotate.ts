/** `rotate`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { KEY_TYPES } from '../../keys/registry.js';
import { type RotateRequest, rotateFile } from '../../operations/recipients/rotate.js';
import type { FlagValues } from '../flag-values.js';
import type { Command, Invocation } from './command.js';
import { formatFlag, inputAndOutput, keyServiceFlags } from './document-flags.js';
import { forEachFile } from './several.js';

export const rotate: Command = forEachFile({
  async run(invocation) {
    const { warnings } = await rotateFile(rotateRequest(invocation), invocation.host);
    for (const warning of warnings) invocation.host.warn(warning);
    return 0;
  },
});

/** What the flags ask for. Throws `no-file`, `conflict` and `usage`. */
export function rotateRequest(invocation: Invocation): RotateRequest {
  const { values, operands, oldForm } = invocation;
  if (operands.length === 0) throw new SopsError('no-file', 'Error: no file specified');
  return {
    ...inputAndOutput(invocation),
    oldForm,
    addKeys: changes(values, 'add'),
    removeKeys: changes(values, 'rm'),
    encryptionContext: values.text('encryption-context'),
    ignoreMac: values.isOn('ignore-mac'),
    keepUnlisted: values.isOn('keep-unlisted'),
    decryptionOrder: values.text('decryption-order'),
    inputType: formatFlag(invocation, 'input-type'),
    outputType: formatFlag(invocation, 'output-type'),
    filenameOverride: values.text('filename-override'),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    indent: values.integer('indent'),
  };
}

/** The recipients of the `--add-…` or `--rm-…` flags, by type. */
function changes(values: FlagValues, change: 'add' | 'rm'): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of KEY_TYPES) {
    const text = values.text(`${change}-${row.flag}`);
    if (text !== undefined) found.set(row.type, text);
  }
  return found;
}
