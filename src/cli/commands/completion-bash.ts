/** `completion bash`. */
import { command } from './command.js';
import { printScript } from './shell-completion.js';

export const completionBash = command({
  name: 'completion bash',
  task: 'setup',
  summary: 'print the completion script for bash',
  operands: '',
  examples: ['source <(sops-ts completion bash)   # in ~/.bashrc'],
  flags: {},
  run: (_, context) => printScript('bash', context),
});
