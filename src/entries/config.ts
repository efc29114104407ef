/**
 * `import 'sops-ts/config'`: the same as `sops-ts/env`, done when the import is: modules that are imported after it see the values. With an
 * `await` they would run while it waits, and `require` would refuse it, so another process opens the files.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SopsError } from '../errors.js';
import { loadOnceBy, whyNotStarted } from '../library/start-up.js';
import { isError } from '../util/realms.js';

/** The file that the other process runs. Bundlers do not take it along, or take it along alone and under another name. */
function opener(): string {
  try {
    const path = fileURLToPath(new URL('./load-env.js', import.meta.url));
    if (basename(path) === 'load-env.js' && existsSync(path)) return path;
  } catch {
    // Made CommonJS, it has no place of its own.
  }
  throw new SopsError('failed', 'sops-ts/config is in a bundle, without the file that it starts', {
    hint: 'Have the bundler leave out sops-ts/config, start with node --import sops-ts/env, or await loadEnv().',
  });
}

/** What is said of failures is said by that process. */
function openElsewhere(env: Record<string, string | undefined>): Record<string, string> {
  const file = opener();
  const words = 'Deno' in globalThis ? ['run', '--allow-all', file] : [file];
  const { stdout, status } = ran(words, env);
  if (status !== 0) process.exit(1);
  return JSON.parse(stdout.toString('utf8')) as Record<string, string>;
}

/** A process that has ended. Throws `failed` where none may be started, as under Node's permissions. */
function ran(words: readonly string[], env: Record<string, string | undefined>): SpawnSyncReturns<Buffer> {
  try {
    const ended = spawnSync(process.execPath, words, {
      env,
      // `SOPS_FILE=/dev/stdin` is read there.
      stdio: ['inherit', 'pipe', 'inherit'],
      maxBuffer: Number.POSITIVE_INFINITY,
      windowsHide: true,
    });
    if (ended.error) throw ended.error;
    return ended;
  } catch (cause) {
    throw new SopsError('failed', `sops-ts/config cannot start the process that opens the files: ${codeOf(cause)}`, {
      hint: 'node --import sops-ts/env and await loadEnv() start none.',
      cause,
    });
  }
}

function codeOf(error: unknown): string {
  return isError(error) && 'code' in error ? String(error.code) : 'unknown error';
}

try {
  loadOnceBy(openElsewhere, { env: process.env, cwd: process.cwd(), pid: process.pid });
} catch (error) {
  process.stderr.write(whyNotStarted(error));
  process.exit(1);
}
