/** Help texts of the commands for Flux. */
import type { Task } from './task.js';

export const FLUX: Task = {
  title: 'Flux',
  families: { flux: 'make the Secret that Flux decrypts with, find what it would not decrypt' },
  commands: [
    {
      name: 'flux secret',
      operands: '[name=]file...',
      summary: "print the Secret that Flux's controller decrypts with, from files of keys",
      examples: [
        'sops-ts flux secret --namespace flux-system age.txt | kubectl apply -f -',
        'sops-ts flux secret age.txt team.asc sops.vault-token=token --encrypt --output sops-keys.enc.yaml',
      ],
    },
    {
      name: 'flux check',
      operands: '[folder]',
      summary: 'find what Flux would not decrypt, and what cannot be told; exit with 1 if there is anything',
      examples: [
        'sops-ts flux check clusters/prod',
        'sops-ts flux check --secret sops-keys.enc.yaml clusters/prod   # do its keys open everything?',
      ],
    },
  ],
};
