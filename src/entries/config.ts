/**
 * `import 'sops-ts/config'`: the same as `sops-ts/env`, done when the import is: modules that are imported after it see the values. With an
 * `await` they would run while it waits, and `require` would refuse it, so another process opens the files.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadOnceBy, whyNotStarted } from '../library/start-up.js';

const OPENER = fileURLToPath(new URL('./load-env.js', import.meta.url));

/** What is said of failures is said by that process. */
function openElsewhere(env: Record<string, string | undefined>): Record<string, string> {
  const words = 'Deno' in globalThis ? ['run', '--allow-all', OPENER] : [OPENER];
  const { stdout, status, error } = spawnSync(process.execPath, words, {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: Number.POSITIVE_INFINITY,
    windowsHide: true,
  });
  if (error) throw error;
  if (status !== 0) process.exit(1);
  return JSON.parse(stdout.toString('utf8')) as Record<string, string>;
}

try {
  loadOnceBy(openElsewhere, { env: process.env, cwd: process.cwd(), pid: process.pid });
} catch (error) {
  process.stderr.write(whyNotStarted(error));
  process.exit(1);
}
