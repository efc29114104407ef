/** `completion zsh`. */
import { command } from './command.js';
import { printScript } from './shell-completion.js';

export const completionZsh = command({
  name: 'completion zsh',
  task: 'setup',
  summary: 'print the completion script for zsh',
  operands: '',
  examples: [
    'source <(sops-ts completion zsh)   # in ~/.zshrc, after compinit',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it in
    'sops-ts completion zsh > "${fpath[1]}/_sops-ts"',
  ],
  flags: {},
  run: (_, context) => printScript('zsh', context),
});
