/** Help texts of the commands for manifests that point to secret stores. */
import type { Task } from './task.js';

export const SECRET_STORES: Task = {
  title: 'Secret stores in clusters',
  families: { emit: 'print manifests that point to a store, without any value' },
  commands: [
    {
      name: 'emit external-secret',
      operands: '[file|-]',
      summary: 'print the ExternalSecret that makes the Secret of a file',
      examples: [
        'sops-ts emit external-secret secret.enc.yaml --store vault --to team/app',
        'sops-ts emit external-secret app.env --name app --store aws --cluster-store --provider aws --per-key',
      ],
    },
    {
      name: 'emit push-secret',
      operands: '[file|-]',
      summary: 'print the PushSecret that sends a Secret with the keys of a file',
      examples: ['sops-ts emit push-secret secret.enc.yaml --store vault --to team/app'],
    },
    {
      name: 'emit secret-store',
      operands: '[file]',
      summary: 'print the SecretStore for a place, or for where a file is published',
      examples: [
        'sops-ts emit secret-store --name vault --provider vault --server https://vault:8200 --role app',
        'sops-ts emit secret-store --name aws --provider aws --region eu-central-1 --service-account app',
      ],
    },
    {
      name: 'emit secret-provider-class',
      operands: '[file|-]',
      summary: 'print the SecretProviderClass that mounts the keys of a file',
      examples: [
        'sops-ts emit secret-provider-class app.env --name app --provider aws --region eu-central-1 --to app --sync',
      ],
    },
  ],
};
