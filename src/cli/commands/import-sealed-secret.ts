/** `import sealed-secret`: from flags to Secrets, encrypted for SOPS, made of SealedSecrets. */
import { importSources } from '../import.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { importFlags } from './import-flags.js';
import { namespaceFlag, privateKeyFlag } from './sealing-flags.js';
import { separateWords } from './shared-flags.js';

export const importSealedSecret = command({
  name: 'import sealed-secret',
  task: 'repository',
  summary: "make a Secret, encrypted by SOPS, of a SealedSecret and the controller's private keys",
  operands: 'file|folder...',
  examples: [
    'sops-ts import sealed-secret --private-key backup.yaml clusters/prod',
    'sops-ts import sealed-secret --private-key backup.enc.yaml db.sealed.yaml --output db.enc.yaml',
  ],
  flags: { ...privateKeyFlag, ...namespaceFlag, ...importFlags },
  async run({ privateKey, namespace, ...given }, context) {
    const keys = separateWords(privateKey);
    if (keys.length === 0) {
      throw new UsageError('the private key is missing: name its file with --private-key FILE', 'import sealed-secret');
    }
    return importSources('sealed-secret', { keys, namespace }, given, context);
  },
});
