/** Two folders that hold the same: in one runs our main, in the other the real sops, with the keys of a desk. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Desk } from './desk.js';
import { type Ran, run } from './run.js';
import { sopsIn } from './sops.js';

export interface PairOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array | string;
}

export class Pair {
  /** Where ours runs. */
  readonly ours: string;
  /** Where the real sops runs. */
  readonly theirs: string;

  constructor(private readonly desk: Desk) {
    this.ours = desk.path('ours');
    this.theirs = desk.path('theirs');
    this.clear();
  }

  get folders(): readonly [string, string] {
    return [this.ours, this.theirs];
  }

  /** Makes both folders anew. */
  clear(): void {
    for (const folder of this.folders) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
    }
  }

  /** Writes a file into both. */
  lay(name: string, content: Uint8Array | string): void {
    for (const folder of this.folders) writeFileSync(join(folder, name), content);
  }

  async run(words: readonly string[], options: PairOptions = {}): Promise<{ our: Ran; their: Ran }> {
    const env = { ...this.desk.env, ...options.env };
    const stdin = options.stdin ?? '';
    const [our, their] = await Promise.all([
      run(words, { cwd: this.ours, env, stdin }),
      sopsIn(this.theirs, words, { env, stdin }),
    ]);
    return { our, their };
  }
}
