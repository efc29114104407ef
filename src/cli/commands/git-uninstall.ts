/** `git uninstall`: from flags to the operation, and what it took out. */
import { uninstallForGit } from '../../git/setup.js';
import { tellSteps } from '../output/setup-text.js';
import { command } from './command.js';
import { setupFlags, setupRequest } from './git-setup-flags.js';

const FURTHER = 'The rest is still there: uninstall again, with the same flags.';

export const gitUninstall = command({
  name: 'git uninstall',
  task: 'repository',
  summary: 'take out again what git install put in, and nothing else',
  operands: '',
  examples: ['sops-ts git uninstall'],
  flags: setupFlags,
  async run(given, context) {
    const steps = uninstallForGit(await setupRequest('git uninstall', given, context), context.host);
    await tellSteps(steps, FURTHER, context.streams);
    return 0;
  },
});
