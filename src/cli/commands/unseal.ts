/** `unseal`: from flags to the Secrets within SealedSecrets. */
import { unsealFile } from '../../kubernetes/sealed-secrets/open.js';
import { flag } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { command } from './command.js';
import { inputAndOutput } from './document-flags.js';
import { encryptionOf, refuseEncryptionFlags } from './encryption-flags.js';
import { namespaceFlag, privateKeyFiles, privateKeyFlag, sealedFormatFlag, singleInput } from './sealing-flags.js';
import { configFlag, generalFlags, keyServiceFlags, resultFlags } from './shared-flags.js';

export const unseal = command({
  name: 'unseal',
  task: 'sealedSecrets',
  summary: "open SealedSecrets with the controller's private keys",
  operands: '[file|-]',
  examples: [
    'sops-ts unseal secret.sealed.yaml --private-key backup.yaml',
    'sops-ts unseal secret.sealed.yaml --private-key backup.yaml --encrypt --output secret.enc.yaml',
  ],
  file: 'operand',
  flags: {
    ...resultFlags,
    ...keyServiceFlags,
    output: PROGRAM.output,
    filenameOverride: PROGRAM.filenameOverride,
    ...namespaceFlag,
    ...privateKeyFlag,
    ...sealedFormatFlag,
    encrypt: flag.yesNo('encrypt', 'encrypt the result by the creation rules for its file'),
    keepOwner: flag.yesNo('keep-owner', 'add the reference to the owner that the controller writes'),
    ...configFlag,
    ...generalFlags,
  },
  async run(flags, context) {
    const { filenameOverride } = flags;
    const input = singleInput(context, 'unseal');
    const { output } = inputAndOutput(flags, context);
    if (!flags.encrypt) refuseEncryptionFlags(context);
    await unsealFile(
      {
        input,
        output,
        privateKeys: privateKeyFiles(flags),
        namespace: flags.namespace,
        form: flags.format,
        keepOwner: flags.keepOwner,
        encrypt: flags.encrypt ? { ...encryptionOf(flags, context), input, output, filenameOverride } : undefined,
      },
      context.host,
    );
    return 0;
  },
});
