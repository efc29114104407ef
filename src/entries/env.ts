/** `node --import sops-ts/env app.js`: the values of an encrypted file are in `process.env` before the program begins. */
import { writeSync } from 'node:fs';
import { loadOnce, whyNotStarted } from '../library/start-up.js';

try {
  await loadOnce({ env: process.env, cwd: process.cwd(), pid: process.pid });
} catch (error) {
  writeSync(process.stderr.fd, whyNotStarted(error));
  process.exit(1);
}
