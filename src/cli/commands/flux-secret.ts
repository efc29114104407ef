/** `flux secret`: from key files to the Secret that Flux's controller decrypts with. */
import { decryptionSecret } from '../../kubernetes/flux/decryption-secret.js';
import { printManifests } from '../../kubernetes/manifest/print.js';
import { writeOutput } from '../../operations/output.js';
import type { Input } from '../../operations/requests.js';
import { encryptFile } from '../../operations/write/encrypt.js';
import { flag } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { inputAndOutput } from './document-flags.js';
import { encryptionOf, refuseEncryptionFlags } from './encryption-flags.js';
import { configFlag, generalFlags, keyServiceFlags, resultFlags } from './shared-flags.js';

const NAME = 'flux secret';

export const fluxSecret = command({
  name: 'flux secret',
  task: 'flux',
  summary: "print the Secret that Flux's controller decrypts with, from files of keys",
  operands: '[name=]file...',
  examples: [
    'sops-ts flux secret --namespace flux-system age.txt | kubectl apply -f -',
    'sops-ts flux secret age.txt team.asc sops.vault-token=token --encrypt --output sops-keys.enc.yaml',
  ],
  flags: {
    ...resultFlags,
    ...keyServiceFlags,
    output: PROGRAM.output,
    filenameOverride: PROGRAM.filenameOverride,
    encrypt: flag.yesNo('encrypt', 'encrypt it by the creation rules for its file'),
    name: flag.text('name', { value: 'NAME', help: 'the name of the Secret (default: sops-age)' }),
    namespace: flag.text(
      'namespace',
      { value: 'NS', help: 'its namespace: that of the Kustomization which names it' },
      { short: 'n' },
    ),
    ...configFlag,
    ...generalFlags,
  },
  async run(flags, context) {
    const { operands, host } = context;
    if (operands.length === 0) throw new UsageError('name the files of the keys', NAME);
    const { output } = inputAndOutput(flags, context);
    const filenameOverride = flags.filenameOverride ?? (output.kind === 'file' ? output.path : undefined);
    if (!flags.encrypt) refuseEncryptionFlags(context);
    const request = { keyFiles: operands, name: flags.name, namespace: flags.namespace };
    const bytes = Buffer.from(printManifests([await decryptionSecret(request, host)]));
    const input: Input = { kind: 'stdin', read: async () => bytes };
    if (!flags.encrypt) {
      await writeOutput(bytes, 'plaintext', { output, input, read: bytes }, host);
      return 0;
    }
    if (filenameOverride === undefined) {
      throw new UsageError('--encrypt needs --output or --filename-override: the name decides the creation rule', NAME);
    }
    const types = { inputType: 'yaml', outputType: 'yaml' } as const;
    await encryptFile({ ...encryptionOf(flags, context), ...types, input, output, filenameOverride }, host);
    return 0;
  },
});
