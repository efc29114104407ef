/** Help texts of the commands for who can read files. */
import type { Task } from './task.js';

export const KEYS: Task = {
  title: 'Who can read them',
  families: { groups: 'add or delete a key group of a file' },
  commands: [
    {
      name: 'why',
      operands: 'file',
      summary: 'tell which rule is for a file and why, who can read it, and what is encrypted',
      examples: [
        'sops-ts why secrets/app.yaml              # exit status 1 when it could not be encrypted so',
        "sops-ts why --json secrets/app.yaml | jq '.current.groups[][].recipient'",
      ],
    },
    {
      name: 'updatekeys',
      operands: 'file...',
      summary: 'give files the recipients that .sops.yaml names now',
      examples: ['sops-ts updatekeys --yes secrets/*.yaml', 'sops-ts updatekeys --check secrets/*.yaml'],
    },
    {
      name: 'rotate',
      operands: 'file | -i file...',
      summary: 'give a file a new data key, and add or remove recipients',
      examples: [
        'sops-ts rotate -i secrets/*.yaml',
        'sops-ts rotate -i --add-age $RECIPIENT --rm-pgp $FP secrets.yaml',
      ],
    },
    {
      name: 'groups add',
      operands: '--file FILE',
      summary: 'add a key group to a file',
      examples: ['sops-ts groups add -i -f secrets.yaml --age $RECIPIENT --shamir-secret-sharing-threshold 2'],
    },
    {
      name: 'groups delete',
      operands: '--file FILE index',
      summary: 'delete a key group from a file',
      examples: ['sops-ts groups delete -i -f secrets.yaml 1'],
    },
    {
      name: 'revoke',
      operands: 'name|recipient [folder]',
      summary: 'take a recipient out of .sops.yaml and every file, and list what they could read',
      examples: ['sops-ts revoke --dry-run alice', 'sops-ts revoke age1… secrets'],
    },
  ],
};
