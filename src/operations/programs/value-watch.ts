/** Looks for changes of what a program got: of files each second, of secrets as often as the user says. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import type { KeptValues } from './kept-run.js';
import type { ResolvedVariables } from './variables.js';

const STEP_MILLISECONDS = 1000;

export class ValueWatch {
  readonly #files: ReadonlyMap<string, string>;
  /** By the name of the file; of one that is not there, what it was. */
  readonly #digests = new Map<string, string | undefined>();
  readonly #every: number;

  /** What the files hold now is what others are compared with. */
  constructor(files: readonly string[], every: number, { cwd }: Host) {
    this.#files = new Map(files.map((file) => [file, resolve(cwd, file)]));
    this.#every = every;
    for (const [file, path] of this.#files) this.#digests.set(file, digestOf(path));
  }

  /** Values that are also looked after. */
  over(values: KeptValues, secret: ResolvedVariables['changed'] | undefined): KeptValues {
    return {
      ended: values.ended,
      close: () => values.close(),
      changed: (signal) => this.#changed(secret, signal),
    };
  }

  async #changed(secret: ResolvedVariables['changed'] | undefined, signal: AbortSignal): Promise<string> {
    for (let passed = STEP_MILLISECONDS; ; passed += STEP_MILLISECONDS) {
      await sleep(Math.min(STEP_MILLISECONDS, this.#every), undefined, { signal });
      const file = this.#changedFile();
      if (file !== undefined) return `${file} has changed`;
      if (passed < this.#every || !secret) continue;
      passed = 0;
      const found = await secret();
      if (found !== undefined) return `${found} has changed`;
    }
  }

  /** A file that is not there is about to be written anew, or will be missed when it is needed. */
  #changedFile(): string | undefined {
    for (const [file, path] of this.#files) {
      const digest = digestOf(path);
      if (digest === undefined || digest === this.#digests.get(file)) continue;
      this.#digests.set(file, digest);
      return file;
    }
    return undefined;
  }
}

function digestOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}
