/** What a start of the program loads: the packages, the built-ins, and the files of its own. */
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import type { Desk } from './desk.js';
import type { Program } from './program.js';

/** Notes what is resolved by `import`; runs in Node's thread for loaders, so it writes to a file. */
const RESOLVER = `
import { appendFileSync } from 'node:fs';
let file;
export function initialize(data) { file = data; }
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  appendFileSync(file, found.url + '\\n');
  return found;
}`;

/** Built-ins that cost time and that no small age file needs. */
export const HEAVY = [
  'http',
  'https',
  'http2',
  'net',
  'tty',
  'tls',
  'dns',
  'child_process',
  'worker_threads',
  'fs/promises',
  'timers/promises',
  'readline',
  'zlib',
  'dgram',
  'cluster',
  'sqlite',
];

/** A private folder that a killed run left, of another test perhaps, has the program look whose it is, which takes more files. */
export const BESIDE_OTHERS = { retry: 5 };

export class LoadWatch {
  readonly #program: Program;
  readonly #desk: Desk;
  /** Words for Node: note what is imported. */
  readonly #imports: readonly string[];
  /** Words for Node: note what is loaded. */
  readonly words: readonly string[];

  constructor(program: Program, desk: Desk) {
    this.#program = program;
    this.#desk = desk;
    const log = desk.write('imported', '');
    const resolver = `data:text/javascript,${encodeURIComponent(RESOLVER)}`;
    const register = desk.write(
      'register.mjs',
      `import { register } from 'node:module'; register(${JSON.stringify(resolver)}, { data: ${JSON.stringify(log)} });`,
    );
    const preload = desk.write(
      'preload.cjs',
      `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(desk.path('required'))},
       JSON.stringify({ files: Object.keys(require.cache), builtins: process.moduleLoadList })));`,
    );
    this.#imports = ['--import', register];
    this.words = ['--require', preload];
  }

  /** The packages a command line loads: files of CommonJS modules and URLs of ES modules but the program's and the test's own. */
  foreignTo(words: readonly string[]): string[] {
    this.#desk.write('imported', '');
    this.#start(words, [...this.#imports, ...this.words]);
    const names = [...this.loads().files, ...this.#desk.text('imported').split('\n')];
    const own = /^node:|^$|\/(?:preload\.cjs|register\.mjs|bin\/sops-ts\.js|dist\/[\w-]+\.cjs)$/;
    return names.filter((name) => !own.test(name));
  }

  /** The built-ins it loads, e.g. `http`, when its output goes to a pipe. */
  builtinsOf(words: readonly string[]): string[] {
    this.#start(words, this.words);
    return this.loads().builtins.flatMap((name) => /^NativeModule ([^/_][^/]*)$/.exec(name)?.[1] ?? []);
  }

  /** The files of the program itself that it loads, e.g. `rest.cjs`. */
  ownFilesOf(words: readonly string[]): string[] {
    this.#start(words, this.words);
    return this.loads().files.flatMap((name) => /\/dist\/([^/]+)$/.exec(name)?.[1] ?? []);
  }

  /** How often the program has Node find out which file a name stands for. */
  lookUpsOf(words: readonly string[]): number {
    const count = this.#desk.write(
      'count.cjs',
      `const module_ = require('node:module'); const find = module_._resolveFilename; let count = 0;
     module_._resolveFilename = function (...given) { count += 1; return find.apply(this, given); };
     process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(this.#desk.path('counted'))}, String(count)));`,
    );
    this.#start(words, ['--require', count]);
    return Number(this.#desk.text('counted'));
  }

  /** What the last run loaded. */
  loads(): { files: string[]; builtins: string[] } {
    return JSON.parse(this.#desk.text('required')) as { files: string[]; builtins: string[] };
  }

  #start(words: readonly string[], before: readonly string[]): void {
    const ran = spawnSync(process.execPath, [...before, this.#program.file, ...words], {
      cwd: this.#desk.folder,
      env: this.#desk.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(ran.status).toBe(0);
  }
}
