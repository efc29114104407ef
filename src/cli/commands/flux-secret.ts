/** `flux secret`: from key files to the Secret that Flux's controller decrypts with. */
import { decryptionSecret } from '../../kubernetes/flux/decryption-secret.js';
import { printManifests } from '../../kubernetes/manifest/print.js';
import { writeOutput } from '../../operations/output.js';
import type { Input } from '../../operations/requests.js';
import { encryptFile } from '../../operations/write/encrypt.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { inputAndOutput } from './document-flags.js';
import { encryptionFlags, refuseEncryptionFlags } from './encrypt.js';

const NAME = 'flux secret';

export const fluxSecret: Command = {
  async run(invocation) {
    const { values, operands, host } = invocation;
    if (operands.length === 0) throw new UsageError('name the files of the keys', NAME);
    const { output } = inputAndOutput(invocation);
    const filenameOverride = values.text('filename-override') ?? (output.kind === 'file' ? output.path : undefined);
    const encrypts = values.isOn('encrypt');
    if (!encrypts) refuseEncryptionFlags(values);
    const request = { keyFiles: operands, name: values.text('name'), namespace: values.text('namespace') };
    const bytes = Buffer.from(printManifests([await decryptionSecret(request, host)]));
    const input: Input = { kind: 'stdin', read: async () => bytes };
    if (!encrypts) {
      await writeOutput(bytes, 'plaintext', { output, input, read: bytes }, host);
      return 0;
    }
    if (filenameOverride === undefined) {
      throw new UsageError('--encrypt needs --output or --filename-override: the name decides the creation rule', NAME);
    }
    const types = { inputType: 'yaml', outputType: 'yaml' } as const;
    await encryptFile({ ...encryptionFlags(invocation), ...types, input, output, filenameOverride }, host);
    return 0;
  },
};
