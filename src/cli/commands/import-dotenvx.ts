/** `import dotenvx`: from flags to files of SOPS made of those of dotenvx. */

import { importSources } from '../import.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { importFlags } from './import-flags.js';
import { separateWords } from './shared-flags.js';

export const importDotenvx = command({
  name: 'import dotenvx',
  task: 'repository',
  summary: 'make a file of SOPS of a .env file that dotenvx has encrypted',
  operands: 'file|folder...',
  examples: [
    'sops-ts import dotenvx .env.production',
    'sops-ts import dotenvx --keys-file ~/keys/.env.keys --output-dir secrets .',
  ],
  flags: {
    keysFile: flag.list('keys-file', {
      value: 'FILES',
      help: 'the private keys, instead of .env.keys beside the file; the environment goes first',
      offers: 'files',
    }),
    ...importFlags,
  },
  async run({ keysFile, ...given }, context) {
    return importSources('dotenvx', { keys: separateWords(keysFile) }, given, context);
  },
});
