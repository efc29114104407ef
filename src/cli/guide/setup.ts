/** Help texts of the commands for this machine. */
import type { Task } from './task.js';

export const SETUP: Task = {
  title: 'This machine',
  commands: [
    {
      name: 'keyservice',
      operands: '',
      summary: 'serve the keys of this machine to others, until it is told to stop',
      examples: ['sops-ts keyservice --network unix --address /tmp/sops.sock --prompt'],
    },
  ],
};
