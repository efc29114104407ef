/** `decrypt`: from flags to the operation. */
import { decryptFile } from '../../operations/read/decrypt.js';
import type { DecryptRequest } from '../../operations/requests.js';
import type { Command, Invocation } from './command.js';
import { formatFlag, inputAndOutput, keyServiceFlags } from './document-flags.js';

export const decrypt: Command = {
  async run(invocation) {
    if (invocation.operands.length > 1 && invocation.values.isOn('in-place')) return decryptEach(invocation);
    return decryptOne(invocation);
  },
};

async function decryptOne(invocation: Invocation): Promise<number> {
  const { warnings } = await decryptFile(decryptRequest(invocation), invocation.host);
  for (const warning of warnings) invocation.host.warn(warning);
  return 0;
}

/** Loaded only when there are several. */
async function decryptEach(invocation: Invocation): Promise<number> {
  const { forEachFile } = await import('./several.js');
  return forEachFile({ run: decryptOne }).run(invocation);
}

/** What the flags ask for. Throws `conflict` and `usage`. */
export function decryptRequest(invocation: Invocation): DecryptRequest {
  const { values } = invocation;
  return {
    ...inputAndOutput(invocation),
    ignoreMac: values.isOn('ignore-mac'),
    inputType: formatFlag(invocation, 'input-type'),
    outputType: formatFlag(invocation, 'output-type'),
    filenameOverride: values.text('filename-override'),
    configPath: values.text('config'),
    keyServices: keyServiceFlags(values),
    extract: values.text('extract'),
    decryptionOrder: values.text('decryption-order'),
    indent: values.integer('indent'),
  };
}
