/** The package as npm packs it, in a folder of somebody who has installed it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LibraryDesk } from './library-desk.js';
import { ROOT } from './program.js';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class InstalledPackage extends LibraryDesk {
  constructor() {
    super();
    // `npm run test:integration` has built dist/; the scripts would build it again while other tests use it.
    const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', this.folder];
    execFileSync('npm', args, { cwd: ROOT, env: { ...process.env, npm_config_cache: this.path('cache') } });
    const [packed = ''] = readdirSync(this.folder).filter((name) => name.endsWith('.tgz'));
    mkdirSync(this.path('node_modules/@types'), { recursive: true });
    execFileSync('tar', ['xzf', this.path(packed), '-C', this.folder]);
    renameSync(this.path('package'), this.path('node_modules/sops-ts'));
    this.put('package.json', '{"type": "module"}');
  }

  /** Puts a file anywhere in the folder. */
  put(name: string, text: string | Uint8Array): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Gives the folder the types of Node, which are not part of the package. */
  addNodeTypes(): void {
    for (const name of ['@types/node', 'undici-types'])
      symlinkSync(join(ROOT, 'node_modules', name), this.path(`node_modules/${name}`));
  }

  /** Starts Node in the folder, with the desk's key. */
  node(words: readonly string[], env: Readonly<Record<string, string>> = {}, input = ''): Ended {
    return spawnSync(process.execPath, words, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      encoding: 'utf8',
      input,
    });
  }

  /** What the compiler says of the folder's files; nothing when it is content. */
  compile(files: readonly string[], settings: object = {}): string {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: [],
      ...settings,
    };
    this.put('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    return this.node([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.']).stdout;
  }
}
