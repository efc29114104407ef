/** Help texts of the commands for sending files elsewhere. */
import type { Task } from './task.js';

export const PLACES: Task = {
  title: 'Other places',
  commands: [
    {
      name: 'publish',
      operands: 'file|folder',
      summary: 'send files to S3, GCS or Vault, as the destination_rules of .sops.yaml say',
      examples: ['sops-ts publish --dry-run secrets/app.yaml', 'sops-ts publish --yes --recursive secrets'],
    },
  ],
};
