/** Opens the files of the start-up loader for a process that waits (config.ts), and prints the variables to set as JSON. */
import { writeSync } from 'node:fs';
import { variablesToSet, whyNotStarted } from '../library/start-up.js';

try {
  const variables = await variablesToSet({ env: process.env, cwd: process.cwd(), pid: process.pid });
  process.stdout.write(JSON.stringify(variables));
} catch (error) {
  writeSync(process.stderr.fd, whyNotStarted(error));
  process.exitCode = 1;
}
