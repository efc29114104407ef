/** `completion powershell`. */
import { command } from './command.js';
import { printScript } from './shell-completion.js';

export const completionPowershell = command({
  name: 'completion powershell',
  task: 'setup',
  summary: 'print the completion script for PowerShell',
  operands: '',
  examples: ['sops-ts completion powershell | Out-String | Invoke-Expression   # in $PROFILE'],
  flags: {},
  run: (_, context) => printScript('powershell', context),
});
