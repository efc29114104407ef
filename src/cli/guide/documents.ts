/** Help texts of the commands for what reads and writes files. */
import type { Task } from './task.js';

export const DOCUMENTS: Task = {
  title: 'Files',
  commands: [
    {
      name: 'encrypt',
      operands: '[file] | -i file...',
      summary: 'encrypt a file, or standard input with --filename-override',
      examples: [
        'sops-ts encrypt -i secrets.yaml',
        "sops-ts encrypt --age $RECIPIENT --encrypted-regex '^(data|stringData)$' secret.yaml > secret.enc.yaml",
      ],
    },
    {
      name: 'decrypt',
      operands: '[file] | -i file...',
      summary: 'decrypt a file, or standard input',
      examples: ['sops-ts decrypt secrets.yaml', 'sops-ts decrypt --extract db.password secrets.yaml'],
    },
    {
      name: 'edit',
      operands: 'file',
      summary: 'edit a file in your editor; a new one begins with an example',
      examples: ['sops-ts edit secrets.yaml', 'EDITOR="code --wait" sops-ts secrets.yaml'],
    },
    {
      name: 'set',
      operands: 'file place [json|text --text]',
      summary: 'set one value of a file; without a value it is asked for, unseen',
      examples: [
        'sops-ts set secrets.yaml \'["db"]["hosts"][0]\' \'"localhost"\'',
        "sops-ts set secrets.yaml db.user 'Jo Doe' --text",
        'openssl rand -base64 24 | sops-ts set secrets.yaml db.password --value-stdin',
      ],
    },
    {
      name: 'unset',
      operands: 'file place',
      summary: 'remove one value or branch from a file',
      examples: ['sops-ts unset secrets.yaml \'["db"]["password"]\'', 'sops-ts unset secrets.yaml db.password'],
    },
    {
      name: 'filestatus',
      operands: 'file...',
      summary: 'print whether files are encrypted, a line of JSON each',
      examples: ['sops-ts filestatus secrets.yaml', 'sops-ts filestatus --check secrets/*.yaml'],
    },
  ],
};
