/** `git uninstall`: from flags to the operation, and what it took out. */
import { uninstallForGit } from '../../git/setup.js';
import { setupText } from '../setup-text.js';
import { print } from '../streams.js';
import { command } from './command.js';
import { setupFlags, setupRequest } from './git-setup-flags.js';

export const gitUninstall = command({
  name: 'git uninstall',
  task: 'repository',
  summary: 'take out again what git install put in, and nothing else',
  operands: '',
  examples: ['sops-ts git uninstall'],
  flags: setupFlags,
  async run(given, context) {
    const steps = await uninstallForGit(await setupRequest('git uninstall', given, context), context.host);
    await print(context.streams, setupText(steps));
    return 0;
  },
});
