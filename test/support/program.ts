/** The command line program as a file of its own: built as `npm run build` builds it, in a scratch folder that finds node_modules. */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;

/** What esbuild says about one file of the bundle: its imports, with how they are made. */
export interface BundleInput {
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

export class Program {
  private readonly folder: string;
  /** What to start with Node. */
  readonly file: string;
  /** The source files by path from the project's root, e.g. `src/cli/main.ts`. */
  readonly inputs: ReadonlyMap<string, BundleInput>;
  /** Which file of dist/ each of them stands in. */
  readonly places: ReadonlyMap<string, string>;

  constructor() {
    const cache = join(ROOT, 'node_modules', '.cache');
    mkdirSync(cache, { recursive: true });
    this.folder = mkdtempSync(join(cache, 'sops-ts-'));
    cpSync(join(ROOT, 'bin'), join(this.folder, 'bin'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(this.folder, 'package.json'));
    this.file = join(this.folder, 'bin', 'sops-ts.js');
    const metafile = join(this.folder, 'meta.json');
    const build = [join(ROOT, '.ci', 'build.mjs'), join(this.folder, 'dist'), metafile];
    execFileSync(process.execPath, build, { cwd: ROOT });
    const { inputs, places } = JSON.parse(readFileSync(metafile, 'utf8')) as {
      inputs: Record<string, BundleInput>;
      places: Record<string, string>;
    };
    this.inputs = new Map(Object.entries(inputs));
    this.places = new Map(Object.entries(places));
  }

  /** Runs it in a process of its own, with only this environment. `before` are words for Node. */
  run(words: readonly string[], options: ProgramOptions): SpawnSyncReturns<Buffer> {
    const { cwd, env = {}, input, before = [] } = options;
    return spawnSync(process.execPath, [...before, this.file, ...words], {
      cwd,
      env: { PATH: process.env.PATH ?? '', ...env },
      maxBuffer: 2 ** 28,
      ...(input === undefined ? {} : { input }),
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
  readonly before?: readonly string[];
}
