/** `import ansible-vault`: from flags to files of SOPS made of those of Ansible Vault. */

import { importSources } from '../import.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { importFlags } from './import-flags.js';

export const importAnsibleVault = command({
  name: 'import ansible-vault',
  task: 'repository',
  summary: 'make a file of SOPS of what Ansible Vault has encrypted: files, and !vault values in YAML',
  operands: 'file|folder...',
  examples: [
    'sops-ts import ansible-vault --vault-password-file ~/.vault_pass group_vars',
    'sops-ts import ansible-vault --vault-id dev@dev.pass --vault-id prod@prompt vars.yml --output vars.enc.yaml',
  ],
  flags: {
    vaultPasswordFile: flag.list('vault-password-file', {
      value: 'FILE',
      help: 'holds the password, or is a program that prints it; several are tried',
      offers: 'files',
    }),
    vaultId: flag.list('vault-id', {
      value: 'LABEL@FILE',
      help: 'the same for one vault id; LABEL@prompt asks',
    }),
    ...importFlags,
  },
  async run({ vaultPasswordFile, vaultId, ...given }, context) {
    const keys = [...vaultId, ...vaultPasswordFile.map((path) => `default@${path}`)];
    return importSources('ansible-vault', { keys }, given, context);
  },
});
