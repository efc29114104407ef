/** The command line program as a file of its own: built as `npm run build` builds it, in a scratch folder that finds node_modules. */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;

/** What esbuild says about one file of the bundle: its imports, with how they are made. */
export interface BundleInput {
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

/** A file of dist/. */
export interface BundleFile {
  readonly file: string;
  /** The source files in it. */
  readonly sources: readonly string[];
  /** The other files that are loaded with it. */
  readonly imports: readonly string[];
}

export class Program {
  private readonly folder: string;
  /** What to start with Node. */
  readonly file: string;
  /** The source files by path from the project's root, e.g. `src/cli/main.ts`. */
  readonly inputs: ReadonlyMap<string, BundleInput>;
  /** The files of dist/ by name, e.g. `sops-ts.cjs`. */
  readonly files: ReadonlyMap<string, BundleFile>;

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
    const { inputs, outputs } = JSON.parse(readFileSync(metafile, 'utf8')) as {
      inputs: Record<string, BundleInput>;
      outputs: readonly BundleFile[];
    };
    this.inputs = new Map(Object.entries(inputs));
    this.files = new Map(outputs.map((one) => [one.file, one]));
  }

  /** What is loaded with a file of dist/: the files, itself included, and the sources in them. */
  loadedWith(file: string): { files: Set<string>; sources: Set<string> } {
    const files = new Set<string>();
    const sources = new Set<string>();
    const pending = [file];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (files.has(next)) continue;
      const found = this.files.get(next);
      if (!found) throw new Error(`${next} is no file of the program`);
      files.add(next);
      for (const source of found.sources) sources.add(source);
      pending.push(...found.imports);
    }
    return { files, sources };
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
