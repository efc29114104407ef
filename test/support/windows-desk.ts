/** The program as it runs on Windows, with drives in a folder: for what it makes of paths, which the platform told to it alone does not show. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type BuildOptions, buildSync } from 'esbuild';
import { keptFolder } from '../../.ci/memory.mjs';
import type { main as mainOf } from '../../src/cli/main.js';
import { type Ran, Sink } from './run.js';
import { placeOf, useDrives } from './windows/drives.js';

const ROOT = new URL('../..', import.meta.url).pathname;
/** What the program is started by, and knows others beside. */
const SCRIPT = 'C:\\npm\\sops-ts.js';
const REPLACED = ['fs/promises', 'fs', 'os', 'path', 'process'];

/** Packages have Node's own modules, and touch no paths. */
function build(folder: string): void {
  const options: BuildOptions = {
    absWorkingDir: ROOT,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    define: { 'process.platform': '"win32"' },
    logLevel: 'error',
  };
  const alias = Object.fromEntries(
    REPLACED.map((name) => [`node:${name}`, join(ROOT, 'test/support/windows', `${name.replace('/', '-')}.ts`)]),
  );
  buildSync({ ...options, alias, entryPoints: ['src/cli/main.ts'], outfile: join(folder, 'main.mjs') });
}

export class WindowsDesk {
  readonly #drives = mkdtempSync(join(tmpdir(), 'drives-'));

  constructor() {
    for (const name of ['sops-ts.js', 'sops-ts-kustomize.js']) this.write(`C:\\npm\\${name}`, '');
  }

  /** Writes a file by its path on Windows. */
  write(path: string, text: string): void {
    useDrives(this.#drives);
    const place = placeOf(path) as string;
    mkdirSync(dirname(place), { recursive: true });
    // Programs are among them.
    writeFileSync(place, text, { mode: 0o755 });
  }

  read(path: string): string {
    useDrives(this.#drives);
    return readFileSync(placeOf(path) as string, 'utf8');
  }

  /** Runs a command line in a folder. */
  async run(cwd: string, ...words: string[]): Promise<Ran> {
    const program = keptFolder(ROOT, 'windows', ['src', 'test/support/windows'], build);
    const { main } = (await import(join(program, 'main.mjs'))) as { main: typeof mainOf };
    useDrives(this.#drives);
    const [stdin, stdout, stderr] = [Readable.from([]), new Sink(), new Sink()];
    const env = {
      Path: 'C:\\bin',
      USERPROFILE: 'C:\\Users\\me',
      AppData: 'C:\\Users\\me\\AppData\\Roaming',
      Temp: 'C:\\Temp',
    };
    const own = process.argv[1] ?? '';
    try {
      process.argv[1] = SCRIPT;
      const status = await main(words, { stdin, stdout, stderr, env, cwd, platform: 'win32' });
      return { status, stdout: stdout.bytes(), stderr: stderr.bytes().toString('utf8') };
    } finally {
      process.argv[1] = own;
    }
  }

  remove(): void {
    rmSync(this.#drives, { recursive: true });
  }
}
