/** A cold start loads what the command needs: the program's own file, built-ins, and nothing of the packages. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';

let program: Program;
let desk: Desk;
/** Words for Node: note what is imported, note what is loaded. */
let watchImports: string[];
let watchLoads: string[];

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

beforeAll(() => {
  program = new Program();
  desk = new Desk();
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
  watchImports = ['--import', register];
  watchLoads = ['--require', preload];
});

afterAll(() => {
  program.remove();
  desk.remove();
});

/** The packages a command line loads: files of CommonJS modules and URLs of ES modules but the program's and the test's own. */
function foreignTo(words: readonly string[]): string[] {
  desk.write('imported', '');
  start(words, [...watchImports, ...watchLoads], 'pipe');
  const names = [...loads().files, ...desk.text('imported').split('\n')];
  const own = /^node:|^$|\/(?:preload\.cjs|register\.mjs|bin\/(?:sops-ts|load)\.js|dist\/(?:sops-ts|more|rest)\.cjs)$/;
  return names.filter((name) => !own.test(name));
}

/** The built-ins it loads, e.g. `http`, when its output goes to a pipe. */
function builtinsOf(words: readonly string[]): string[] {
  start(words, watchLoads, 'pipe');
  return loads().builtins.flatMap((name) => /^NativeModule ([^/_][^/]*)$/.exec(name)?.[1] ?? []);
}

/** The files of the program itself that it loads, e.g. `rest.cjs`. */
function ownFilesOf(words: readonly string[]): string[] {
  start(words, watchLoads, 'pipe');
  return loads().files.flatMap((name) => /\/dist\/([^/]+)$/.exec(name)?.[1] ?? []);
}

function start(words: readonly string[], before: readonly string[], output: 'pipe'): void {
  const { file } = program;
  const ran = spawnSync(process.execPath, [...before, file, ...words], {
    cwd: desk.folder,
    env: desk.env,
    stdio: ['ignore', output, 'inherit'],
  });
  expect(ran.status).toBe(0);
}

function loads(): { files: string[]; builtins: string[] } {
  return JSON.parse(desk.text('required')) as { files: string[]; builtins: string[] };
}

/** Built-ins that cost time and that no small age file needs. */
const HEAVY = [
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

describe('decrypting a small age file', () => {
  test.each([
    ['yaml', 'a: 1\nb: [x, "y"]\n'],
    ['json', '{"a": 1}\n'],
    ['env', 'A=1\n'],
    ['ini', '[s]\na = 1\n'],
    ['bin', 'bytes'],
  ])('%s loads no package', async (ending, text) => {
    desk.write(`p.${ending}`, await desk.encrypt(`p.${ending}`, text));
    expect(foreignTo(['decrypt', `p.${ending}`])).toEqual([]);
  });

  test('loads no heavy built-in', async () => {
    desk.write('p.yaml', await desk.encrypt('p.yaml', 'a: 1\n'));
    const builtins = builtinsOf(['decrypt', 'p.yaml']);
    expect(builtins).toContain('crypto');
    expect(builtins.filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  test('the check sees what is loaded: a rule in RE2 syntax needs its engine', async () => {
    desk.write('rule.yaml', await desk.encrypt('rule.yaml', 'a: 1\n', '--encrypted-regex', '^a$'));
    expect(foreignTo(['decrypt', 'rule.yaml']).join()).toContain('node_modules/re2js/');
  });
});

describe('encrypting for an age recipient', () => {
  test('loads no package', () => {
    desk.write('plain.yaml', 'a: 1\n');
    expect(foreignTo(['encrypt', 'plain.yaml'])).toEqual([]);
  });
});

describe('the version', () => {
  test('loads no package', () => {
    expect(foreignTo(['--version'])).toEqual([]);
  });
});

describe('the bundle', () => {
  /** Source files and packages that are loaded together with some files. */
  function reachable(from: readonly string[]): { files: Set<string>; packages: Set<string> } {
    const files = new Set<string>();
    const packages = new Set<string>();
    const pending = [...from];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (files.has(next)) continue;
      files.add(next);
      const input = program.inputs.get(next);
      if (!input) throw new Error(`${next} is not part of the program`);
      for (const { path, kind, external } of input.imports) {
        if (kind !== 'import-statement' && kind !== 'require-call') continue;
        if (!external) pending.push(path);
        else if (!path.startsWith('node:')) packages.add(path);
      }
    }
    return { files, packages };
  }

  test('main alone brings no command, format or provider', () => {
    const { files, packages } = reachable(['src/cli/main.ts']);
    expect([...packages]).toEqual([]);
    const lazy =
      /^src\/(?:operations|formats|keys|cipher|datakey|keyservice|remotes|kubernetes|git|exec)\/|^src\/cli\/commands\/(?!registry|command\.)/;
    expect([...files].filter((file) => lazy.test(file) && !/\/(?:registry|store|provider)\.ts$/.test(file))).toEqual(
      [],
    );
  });

  test('what decrypting a small age file needs brings no package, and no other command, provider or place', () => {
    const needed = [
      'src/cli/main.ts',
      'src/cli/commands/decrypt.ts',
      'src/formats/yaml/yaml.ts',
      'src/formats/json/json.ts',
      'src/formats/dotenv.ts',
      'src/formats/ini/ini.ts',
      'src/formats/binary.ts',
      'src/keys/age/age.ts',
    ];
    const { files, packages } = reachable(needed);
    expect([...packages]).toEqual([]);
    const others =
      /^src\/(?:keys\/(?:pgp|aws|gcp|azure|hc-|hckms|vault|cloud)|remotes\/|kubernetes\/|git\/|keyservice\/(?:grpc|server))|^src\/keys\/age\/(?:ssh|plugin)\/|age-package|^src\/cli\/(?:help|terminal|guide)/;
    expect([...files].filter((file) => others.test(file) && !file.endsWith('/registry.ts'))).toEqual([]);
    const commands = [...files].filter((file) => file.startsWith('src/cli/commands/'));
    expect(
      commands.filter((file) =>
        /\/(?:encrypt|edit|rotate|set|unset|updatekeys|publish|exec-env|exec-file)\.ts$/.test(file),
      ),
    ).toEqual([]);
  });

  test('holds no package: those are found beside it when they are needed', () => {
    expect([...program.inputs.keys()].filter((file) => !file.startsWith('src/'))).toEqual(['package.json']);
  });
});

describe('the files of the program', () => {
  test.each([
    ['yaml', 'a: 1\n', ['sops-ts.cjs']],
    ['json', '{"a": 1}\n', ['sops-ts.cjs', 'more.cjs']],
    ['env', 'A=1\n', ['sops-ts.cjs', 'more.cjs']],
    ['ini', '[s]\na = 1\n', ['sops-ts.cjs', 'more.cjs']],
    ['bin', 'bytes', ['sops-ts.cjs', 'more.cjs']],
  ])('decrypting a small age file (%s) needs few of them', async (ending, text, files) => {
    desk.write(`q.${ending}`, await desk.encrypt(`q.${ending}`, text));
    expect(ownFilesOf(['decrypt', `q.${ending}`])).toEqual(files);
  });

  test('the version needs the first two', () => {
    expect(ownFilesOf(['--version'])).toEqual(['sops-ts.cjs', 'more.cjs']);
  });

  test('what is cold in the first file comes from the second when it is called', () => {
    desk.write('flow.yaml', '{a: 1, b: [x, {c: d}]}\n');
    expect(ownFilesOf(['filestatus', 'flow.yaml'])).toContain('more.cjs');
  });

  test('encrypting needs all but those of the plug-in and of packages', () => {
    desk.write('plain.yaml', 'a: 1\n');
    const files = ownFilesOf(['encrypt', 'plain.yaml']).toSorted();
    expect(files).toEqual(['more.cjs', 'rest.cjs', 'sops-ts.cjs']);
  });

  test('the first holds no other format, no configuration, no other command and no other provider', () => {
    const first = [...program.places].flatMap(([name, file]) => (file === 'sops-ts.cjs' ? [name] : []));
    const unwanted =
      /^src\/(?:formats\/(?:json|ini|dotenv|binary)|config\/(?:read|parse|decode)|util\/(?:atomic-write|overwrite|http)|keys\/(?!age\/)[^/]+\/|cli\/commands\/(?!decrypt|registry|command|document-flags))/;
    expect(first.filter((name) => unwanted.test(name))).toEqual([]);
    expect(first).toContain('src/formats/yaml/yaml.ts');
  });

  test('every module stands in one of them', () => {
    const sources = [...program.inputs.keys()].filter((name) => name.startsWith('src/'));
    expect([...program.places.keys()].toSorted()).toEqual(sources.toSorted());
  });
});

describe('the plug-in of kustomize', () => {
  test('loads its own file and those of a small decryption, and no package', async () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n';
    desk.write('s.enc.yaml', await desk.encrypt('s.yaml', secret));
    desk.write('gen.yaml', 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [s.enc.yaml]\n');
    const script = program.file.replace(/sops-ts\.js$/, 'sops-ts-kustomize.js');
    const options = { cwd: desk.folder, env: desk.env };
    expect(spawnSync(process.execPath, [...watchLoads, script, 'gen.yaml'], options).status).toBe(0);
    const names = loads().files.map((file) => file.split('/').at(-1));
    expect(names.toSorted()).toEqual([
      'kustomize.cjs',
      'load.js',
      'more.cjs',
      'preload.cjs',
      'sops-ts-kustomize.js',
      'sops-ts.cjs',
    ]);
  });
});

describe('the code compiled by the build', () => {
  const FILES = ['kustomize.cjs', 'more.cjs', 'rest.cjs', 'sops-ts.cjs'];

  /** That of the first file. */
  const code = (): string => {
    const dist = join(dirname(program.file), '..', 'dist');
    const names = readdirSync(dist).filter((name) => /\.cjs\../.test(name));
    expect(names).toEqual(FILES.map((file) => `${file}.${process.version}-${process.platform}-${process.arch}`));
    return join(dist, names.at(-1) ?? '');
  };

  /** Runs the program, and tells of each file whether V8 took the code it was given (`taken`, `rejected`), if it was given any. */
  function watched(words: readonly string[], printed: unknown): string[] {
    const watch = desk.write(
      'watch.cjs',
      `const vm = require('node:vm');
       vm.Script = class extends vm.Script {
         constructor(source, options) {
           super(source, options);
           const word = this.cachedDataRejected ? 'rejected' : 'taken';
           const line = require('node:path').basename(options.filename) + ' ' + word + '\\n';
           if (options.cachedData) require('node:fs').appendFileSync(${JSON.stringify(desk.path('scripts'))}, line);
         }
       };`,
    );
    desk.write('scripts', '');
    const ran = program.run(words, { cwd: desk.folder, env: desk.env, before: ['--require', watch] });
    expect([ran.status, ran.stdout.toString(), ran.stderr.toString()]).toEqual([0, printed, '']);
    return desk.text('scripts').split('\n').slice(0, -1);
  }

  async function decryptWatched(): Promise<string[]> {
    desk.write('q.yaml', await desk.encrypt('q.yaml', 'a: 1\n'));
    return watched(['decrypt', 'q.yaml'], 'a: 1\n');
  }

  /** Changes a file for the time of a test. */
  async function withChanged(
    file: string,
    change: (bytes: Buffer) => Uint8Array,
    look: () => Promise<void>,
  ): Promise<void> {
    const before = readFileSync(file);
    writeFileSync(file, change(before));
    try {
      await look();
    } finally {
      writeFileSync(file, before);
    }
  }

  test('is used', async () => {
    expect(await decryptWatched()).toEqual(['sops-ts.cjs taken']);
  });

  test('is used of every file that a command needs', () => {
    desk.write('plain.json', '{"a": 1}\n');
    const lines = watched(['encrypt', 'plain.json'], expect.stringContaining('ENC['));
    expect(lines.toSorted()).toEqual(['more.cjs taken', 'rest.cjs taken', 'sops-ts.cjs taken']);
  });

  test('does not keep packages from being imported', async () => {
    desk.write('rule.yaml', await desk.encrypt('rule.yaml', 'a: 1\n', '--encrypted-regex', '^a$'));
    expect(watched(['decrypt', 'rule.yaml'], 'a: 1\n')).toEqual(['sops-ts.cjs taken']);
  });

  test('is not used for another text, even of the same length', async () => {
    const file = code().replace(/\.cjs\..*$/, '.cjs');
    const change = (bytes: Buffer) =>
      Buffer.from(bytes.toString('utf8').replace('Error decrypting tree', 'Error DECRYPTING tree'));
    await withChanged(file, change, async () => {
      expect(await decryptWatched()).toEqual([]);
      desk.write('q.yaml', desk.text('q.yaml').replace('ENC[', 'ENX['));
      const { stderr } = program.run(['decrypt', 'q.yaml'], { cwd: desk.folder, env: desk.env });
      expect(stderr.toString()).toContain('Error DECRYPTING tree');
    });
  });

  test('is refused by V8, and harms nothing, when it is for another one', async () => {
    const change = (bytes: Buffer) => Buffer.from(bytes).fill(0x5a, 32, 64);
    await withChanged(code(), change, async () => expect(await decryptWatched()).toEqual(['sops-ts.cjs rejected']));
  });

  test('need not be there', async () => {
    const file = code();
    const before = readFileSync(file);
    rmSync(file);
    try {
      expect(await decryptWatched()).toEqual([]);
    } finally {
      writeFileSync(file, before);
    }
  });

  test('leaves one of each module, also for the files that are loaded later', () => {
    const env = { ...desk.env, SOPS_AGE_KEY: '' };
    const ran = program.run(['rotate', 'absent.yaml'], { cwd: desk.folder, env });
    // An error of another copy of its class would be a defect, with another status.
    expect([ran.status, ran.stderr.toString()]).toEqual([
      2,
      expect.stringMatching(/^Error reading file: absent\.yaml/),
    ]);
  });
});
