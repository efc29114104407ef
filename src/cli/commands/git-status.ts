/** `git status`: what git knows of encrypted files, and which it does not. */
import { statusForGit } from '../../git/setup.js';
import { isUnfinished, setupText } from '../output/setup-text.js';
import { print } from '../terminal/streams.js';
import { command } from './command.js';
import { setupFlags, setupRequest } from './git-setup-flags.js';

const UNFINISHED = 1;

export const gitStatus = command({
  name: 'git status',
  task: 'repository',
  summary: 'tell what of git install is in force, and which encrypted files are left out',
  operands: '',
  examples: ['sops-ts git status   # exits with 1 when something is missing'],
  flags: setupFlags,
  async run(given, context) {
    const steps = await statusForGit(await setupRequest('git status', given, context), context.host);
    await print(context.streams, setupText(steps));
    return isUnfinished(steps) ? UNFINISHED : 0;
  },
});
