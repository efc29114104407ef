/** `import git-crypt`: from flags to files of SOPS made of those that git-crypt encrypts. */

import { importSources } from '../import.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { importFlags } from './import-flags.js';
import { separateWords } from './shared-flags.js';

export const importGitCrypt = command({
  name: 'import git-crypt',
  task: 'repository',
  summary: 'make a file of SOPS of one that git-crypt encrypts, in a repository that is locked or not',
  operands: 'file|folder...',
  examples: [
    'sops-ts import git-crypt .',
    'sops-ts import git-crypt --key-file ~/keys/app.key --output-dir secrets config',
  ],
  flags: {
    keyFile: flag.list('key-file', {
      value: 'FILES',
      help: 'what git-crypt export-key wrote, instead of the keys of the repository',
      offers: 'files',
    }),
    ...importFlags,
  },
  async run({ keyFile, ...given }, context) {
    return importSources('git-crypt', { keys: separateWords(keyFile) }, given, context);
  },
});
