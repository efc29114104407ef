/** Help texts of the commands for this machine. */
import type { Task } from './task.js';

export const SETUP: Task = {
  title: 'Setting up',
  families: { completion: 'print the script that completes command lines in your shell' },
  commands: [
    {
      name: 'init',
      operands: '',
      summary: 'make an age key and a .sops.yaml, where there is none; nothing is ever overwritten',
      examples: [
        'sops-ts init                          # asks before it makes something',
        "sops-ts init --yes --path-regex '^secrets/'",
        'sops-ts init --yes --age $ALICE,$BOB  # a configuration for others, without a key',
      ],
    },
    {
      name: 'doctor',
      operands: '[file]',
      summary: 'look for identities, programs and credentials, and try every key of a file',
      examples: [
        'sops-ts doctor                        # exit status 1 when something is wrong',
        'sops-ts doctor secrets/app.yaml       # which of its keys open here, and why the others do not',
        'sops-ts doctor --verbose              # what is not set up, too',
      ],
    },
    {
      name: 'keyservice',
      operands: '',
      summary: 'serve the keys of this machine to others, until it is told to stop',
      examples: ['sops-ts keyservice --network unix --address /tmp/sops.sock --prompt'],
    },
    {
      name: 'trust',
      operands: '[folder]',
      summary: 'use the addresses, roles and plug-ins that a .sops.yaml names, as it is now',
      examples: [
        'sops-ts trust                         # shows what it names, and remembers it; a change asks again',
        'sops-ts trust --list',
        'sops-ts trust --remove ~/src/clone',
      ],
    },
    {
      name: 'install-as-sops',
      operands: 'folder',
      summary: 'put a program called sops into a folder, for editors, direnv, Ansible',
      examples: ['sops-ts install-as-sops ~/.local/bin'],
    },
    {
      name: 'completion bash',
      operands: '',
      summary: 'print the completion script for bash',
      examples: ['source <(sops-ts completion bash)   # in ~/.bashrc'],
    },
    {
      name: 'completion zsh',
      operands: '',
      summary: 'print the completion script for zsh',
      examples: [
        'source <(sops-ts completion zsh)   # in ~/.zshrc, behind compinit',
        'sops-ts completion zsh > "${fpath[1]}/_sops-ts"',
      ],
    },
    {
      name: 'completion fish',
      operands: '',
      summary: 'print the completion script for fish',
      examples: [
        'sops-ts completion fish | source   # in ~/.config/fish/config.fish',
        'sops-ts completion fish > ~/.config/fish/completions/sops-ts.fish',
      ],
    },
    {
      name: 'completion powershell',
      operands: '',
      summary: 'print the completion script for PowerShell',
      examples: ['sops-ts completion powershell | Out-String | Invoke-Expression   # in $PROFILE'],
    },
  ],
};
