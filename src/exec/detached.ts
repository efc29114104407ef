/** Starting a program that goes on when this one has ended, and waiting until it is ready. */
import { spawn } from 'node:child_process';
import { readLines } from './lines.js';

export interface DetachedRun {
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Dumps are possible up to the limit that a program is started with: none, unless it sets one itself. */
const WITHOUT_CORE = 'ulimit -S -c 0; exec "$@"';

/**
 * Starts a program in a session of its own, at the root of the file system. Resolves to the line on its standard error that says that it is
 * ready; when it ends without, rejects with what it said. Its standard error is not read any more afterwards.
 */
export async function startDetached(run: DetachedRun, isReady: (line: string) => boolean): Promise<string> {
  const child = spawn('/bin/sh', ['-c', WITHOUT_CORE, 'sh', run.file, ...run.args], {
    cwd: '/',
    env: run.env,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const said: string[] = [];
  const ready = (async () => {
    for await (const line of readLines(child.stderr)) {
      if (isReady(line)) return line;
      said.push(line);
    }
    throw new Error(said.join('\n') || 'it ended at once');
  })();
  try {
    return await Promise.race([ready, failed]);
  } finally {
    child.stderr.destroy();
    child.unref();
  }
}
