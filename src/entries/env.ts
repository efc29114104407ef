/** `node --import sops-ts/env app.js`: the values of an encrypted file are in `process.env` before the program begins. */
import { writeSync } from 'node:fs';
import { loadOnce, whyNotStarted } from '../library/start-up.js';

/** Of the process: in a worker, which Node loads this into as well, `process.stderr` has none. */
const STDERR = 2;

try {
  await loadOnce({ env: process.env, cwd: process.cwd(), pid: process.pid });
} catch (error) {
  writeSync(STDERR, whyNotStarted(error));
  process.exit(1);
}
