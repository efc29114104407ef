/** Help texts of the commands for running programs. */
import type { Task } from './task.js';

export const PROGRAMS: Task = {
  title: 'Programs',
  commands: [
    {
      name: 'exec-env',
      operands: "file 'command' | file... -- program [argument...]",
      summary: 'run a program with the values of files in its environment',
      examples: [
        "sops-ts exec-env secrets.env 'echo $TOKEN | login'",
        'sops-ts exec-env base.env db.yaml -- node server.js "x y"   # no shell; db: {host: x} gives db_host',
      ],
    },
    {
      name: 'exec-file',
      operands: "file 'command' | file -- program [argument...]",
      summary: "run a program with a file's plaintext in a pipe that {} names",
      examples: ["sops-ts exec-file secrets.json 'jq .token {}'", 'sops-ts exec-file app.yaml -- server --config {}'],
    },
  ],
};
