/** Help texts of the commands for Sealed Secrets. */
import type { Task } from './task.js';

export const SEALED_SECRETS: Task = {
  title: 'Sealed Secrets',
  commands: [
    {
      name: 'seal',
      operands: '[file|-]',
      summary: 'seal Secrets, encrypted or plain, for the Sealed Secrets controller',
      examples: [
        'sops-ts seal secret.enc.yaml --cert controller.pem -w secret.sealed.yaml',
        'sops-ts seal app.env --name app --namespace prod --fetch-from http://127.0.0.1:8080',
        'sops-ts seal new.yaml --cert controller.pem --merge-into secret.sealed.yaml',
      ],
    },
    {
      name: 'seal verify',
      operands: '[file|-]',
      summary: 'see whether private keys open all that is sealed in a file',
      examples: ['sops-ts seal verify --private-key backup.yaml secret.sealed.yaml'],
    },
    {
      name: 'unseal',
      operands: '[file|-]',
      summary: "open SealedSecrets with the controller's private keys",
      examples: [
        'sops-ts unseal secret.sealed.yaml --private-key backup.yaml',
        'sops-ts unseal secret.sealed.yaml --private-key backup.yaml --encrypt --output secret.enc.yaml',
      ],
    },
  ],
};
