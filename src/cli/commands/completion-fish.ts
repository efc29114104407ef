/** `completion fish`. */
import { command } from './command.js';
import { printScript } from './shell-completion.js';

export const completionFish = command({
  name: 'completion fish',
  task: 'setup',
  summary: 'print the completion script for fish',
  operands: '',
  examples: [
    'sops-ts completion fish | source   # in ~/.config/fish/config.fish',
    'sops-ts completion fish > ~/.config/fish/completions/sops-ts.fish',
  ],
  flags: {},
  run: (_, context) => printScript('fish', context),
});
