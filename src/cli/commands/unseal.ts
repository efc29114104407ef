/** `unseal`: from flags to the Secrets within SealedSecrets. */
import { unsealFile } from '../../kubernetes/sealed-secrets/open.js';
import type { Command } from './command.js';
import { inputAndOutput } from './document-flags.js';
import { encryptionFlags, refuseEncryptionFlags } from './encrypt.js';
import { privateKeyFiles, singleInput } from './sealing-flags.js';

export const unseal: Command = {
  async run(invocation) {
    const { values, host } = invocation;
    const input = singleInput(invocation, 'unseal');
    const { output } = inputAndOutput(invocation);
    const filenameOverride = values.text('filename-override');
    const encrypts = values.isOn('encrypt');
    if (!encrypts) refuseEncryptionFlags(values);
    await unsealFile(
      {
        input,
        output,
        privateKeys: privateKeyFiles(values),
        namespace: values.text('namespace'),
        form: values.text('format'),
        keepOwner: values.isOn('keep-owner'),
        encrypt: encrypts ? { ...encryptionFlags(invocation), input, output, filenameOverride } : undefined,
      },
      host,
    );
    return 0;
  },
};
