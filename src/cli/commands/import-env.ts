/** `import env`: from flags to files of SOPS made of plain `.env` files. */
import { importSources } from '../import.js';
import { command } from './command.js';
import { importFlags } from './import-flags.js';

export const importEnv = command({
  name: 'import env',
  task: 'repository',
  summary: 'make a file of SOPS of a plain .env file, with quotes, comments and export as people write them',
  operands: 'file|folder...',
  examples: ['sops-ts import env .env', 'sops-ts import env .env --output app.enc.yaml'],
  flags: importFlags,
  async run(given, context) {
    return importSources('env', { keys: [] }, given, context);
  },
});
