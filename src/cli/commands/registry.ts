/** The commands: one row each. A new command is one file, one row, and the rows of its flags. */
import type { CommandRow } from './command.js';

/** In the order of SOPS's old modes: with several of `-e -d`, the last one counts. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'encrypt',
    summary: 'encrypt a file, or standard input with --filename-override',
    operands: '[file]',
    examples: [
      'sops-ts encrypt -i secrets.yaml',
      "sops-ts encrypt --age $RECIPIENT --encrypted-regex '^(data|stringData)$' secret.yaml > secret.enc.yaml",
    ],
    oldForm: 'encrypt',
    operandRule: 'first',
    writesInPlace: (values) => values.isOn('in-place'),
    load: async () => (await import('./encrypt.js')).encrypt,
  },
  {
    name: 'decrypt',
    summary: 'decrypt a file, or standard input',
    operands: '[file]',
    examples: ['sops-ts decrypt secrets.yaml', 'sops-ts decrypt --extract \'["db"]["password"]\' secrets.yaml'],
    oldForm: 'decrypt',
    operandRule: 'first',
    writesInPlace: (values) => values.isOn('in-place'),
    load: async () => (await import('./decrypt.js')).decrypt,
  },
];
