/** `git install`: from flags to the operation, and what it did. */
import { installForGit } from '../../git/setup.js';
import { tellSteps } from '../output/setup-text.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { setupFlags, setupRequest } from './git-setup-flags.js';

const flags = {
  ...setupFlags,
  replace: flag.yesNo('replace', 'take over older settings that call sops for git diff (sopsdiffer)'),
};

const FURTHER = 'To do the rest, install again; to go back, sops-ts git uninstall, with the same flags.';

export const gitInstall = command({
  name: 'git install',
  task: 'repository',
  summary: 'make git merge, show and check encrypted files: drivers, attributes, hooks',
  operands: '',
  examples: ['sops-ts git install', 'sops-ts git install --local   # for yourself alone'],
  flags,
  async run(given, context) {
    const steps = installForGit(await setupRequest('git install', given, context), context.host);
    await tellSteps(steps, FURTHER, context.streams);
    return 0;
  },
});
