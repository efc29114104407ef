/** The command line program as a file of its own: built as `npm run build` builds it, in a folder that finds node_modules. */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keptFolder } from '../../.ci/memory.mjs';

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

/** What the program is made of, beside the tools: whoever finds it built from the same does not build it again, which takes seconds. */
const PARTS = ['src', 'bin'];

/** Where it stands, built in a folder that the others of this machine use, too. */
function builtFolder(): string {
  return keptFolder(ROOT, 'program', PARTS, (folder) => {
    cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    execFileSync(process.execPath, [join(ROOT, '.ci', 'build.mjs'), join(folder, 'dist'), join(folder, 'meta.json')], {
      cwd: ROOT,
    });
  });
}

export class Program {
  /** What to start with Node. */
  readonly file: string;
  /** The source files by path from the project's root, e.g. `src/cli/main.ts`. */
  readonly inputs: ReadonlyMap<string, BundleInput>;
  /** The files of dist/ by name, e.g. `sops-ts.cjs`. */
  readonly files: ReadonlyMap<string, BundleFile>;

  constructor() {
    const folder = builtFolder();
    this.file = join(folder, 'bin', 'sops-ts.js');
    const { inputs, outputs } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as {
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
      if (!found) throw new Error(`${next} is not a file of the program`);
      files.add(next);
      for (const source of found.sources) sources.add(source);
      pending.push(...found.imports);
    }
    return { files, sources };
  }

  /** Runs it in a process of its own, with only this environment. `before` are words for Node. */
  run(words: readonly string[], options: ProgramOptions): SpawnSyncReturns<Buffer> {
    const { cwd, env = {}, input, before = [], timeout, killSignal = 'SIGKILL', start } = options;
    const file = start === undefined ? this.file : join(dirname(this.file), start);
    return spawnSync(process.execPath, [...before, file, ...words], {
      cwd,
      env: { PATH: process.env.PATH ?? '', ...env },
      maxBuffer: 2 ** 28,
      ...(input === undefined ? {} : { input }),
      ...(timeout === undefined ? {} : { timeout, killSignal }),
    });
  }
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string | undefined;
  readonly before?: readonly string[];
  /** Another start file in the same folder, such as that of the plug-in of kustomize. */
  readonly start?: string | undefined;
  /** Milliseconds after which it is killed, by `killSignal` instead of SIGKILL. */
  readonly timeout?: number;
  readonly killSignal?: NodeJS.Signals | undefined;
}
