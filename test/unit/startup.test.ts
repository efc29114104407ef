/** A cold start loads what the command needs: the program's own file, built-ins, and nothing of the packages. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decrypt } from '../../src/cli/commands/decrypt.js';
import { makePrivateFolder } from '../../src/exec/private-folder.js';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';
import { fixturePath } from './keys/entries.js';

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
  desk.remove();
});

/** The packages a command line loads: files of CommonJS modules and URLs of ES modules but the program's and the test's own. */
function foreignTo(words: readonly string[]): string[] {
  desk.write('imported', '');
  start(words, [...watchImports, ...watchLoads], 'pipe');
  const names = [...loads().files, ...desk.text('imported').split('\n')];
  const own = /^node:|^$|\/(?:preload\.cjs|register\.mjs|bin\/sops-ts\.js|dist\/[\w-]+\.cjs)$/;
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
  return JSON.parse(desk.text('required')) as {
    files: string[];
    builtins: string[];
  };
}

/** How often the program has Node find out which file a name stands for. */
function lookUpsOf(words: readonly string[]): number {
  const count = desk.write(
    'count.cjs',
    `const module_ = require('node:module'); const find = module_._resolveFilename; let count = 0;
     module_._resolveFilename = function (...given) { count += 1; return find.apply(this, given); };
     process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(desk.path('counted'))}, String(count)));`,
  );
  start(words, ['--require', count], 'pipe');
  return Number(desk.text('counted'));
}

/** Bytes of what every run reads, of what it reads for YAML, of the whole program, and of the packages: to be raised knowingly. */
const BUDGET = { first: 205_000, yaml: 62_000, all: 1_574_000, packages: 2_700_000 };

/** What takes as many bytes as it may, or more. */
function beyondBudget(sizes: Readonly<Record<keyof typeof BUDGET, number>>): string[] {
  return (['first', 'yaml', 'all', 'packages'] as const)
    .filter((part) => !(sizes[part] < BUDGET[part]))
    .map((part) => `${part}: ${sizes[part]} of ${BUDGET[part]}`);
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

test('the program finds its own files once, however many files it works on', async () => {
  const text = await desk.encrypt('m.yaml', 'a: 1\n');
  const names = Array.from({ length: 12 }, (_, at) => `m${at}.yaml`);
  for (const name of names) desk.write(name, text);
  const words = (count: number): string[] => ['decrypt', ...names.slice(0, count)];
  const ofTwo = lookUpsOf(words(2));
  expect(ofTwo).toBeGreaterThan(0);
  // A run of another test beside this one adds two or three to either, and one for each file would add ten.
  expect(lookUpsOf(words(12)) - ofTwo).toBeLessThan(10);
});

/** A private folder that a killed run left, of another test perhaps, has the program look whose it is, which takes more files. */
const BESIDE_OTHERS = { retry: 5 };

test.runIf(process.platform === 'linux')(
  'the program loads no more while another run keeps plaintext for its program',
  BESIDE_OTHERS,
  async () => {
    desk.write('kept.yaml', await desk.encrypt('kept.yaml', 'a: 1\n'));
    const host = {
      env: {},
      cwd: desk.folder,
      platform: process.platform,
      askSecret: async () => '',
      warn: () => undefined,
    };
    const { remove } = makePrivateFolder({ pid: process.pid, userId: process.geteuid?.() }, host);
    try {
      expect(ownFilesOf(['decrypt', 'kept.yaml'])).toEqual(['start.cjs', 'sops-ts.cjs', 'yaml.cjs']);
    } finally {
      remove();
    }
  },
);

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

  test('loads no heavy built-in', BESIDE_OTHERS, async () => {
    desk.write('p.yaml', await desk.encrypt('p.yaml', 'a: 1\n'));
    const builtins = builtinsOf(['decrypt', 'p.yaml']);
    expect(builtins).toContain('crypto');
    expect(builtins.filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  test('the check sees what is loaded: a rule in RE2 syntax needs its engine', async () => {
    desk.write('rule.yaml', await desk.encrypt('rule.yaml', 'a: 1\n', '--encrypted-regex', '^a+$'));
    expect(foreignTo(['decrypt', 'rule.yaml']).join()).toContain('/dist/packages/re2js.cjs');
    desk.write('names.yaml', await desk.encrypt('names.yaml', 'a: 1\n', '--encrypted-regex', '^(data|a)$'));
    expect(foreignTo(['decrypt', 'names.yaml'])).toEqual([]);
  });
});

describe('encrypting for an age recipient', () => {
  test('loads no package, and no heavy built-in', BESIDE_OTHERS, () => {
    desk.write('plain.yaml', 'a: 1\n');
    expect(foreignTo(['encrypt', 'plain.yaml'])).toEqual([]);
    expect(builtinsOf(['encrypt', 'plain.yaml']).filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  test(
    'needs one file beside the first, another for a configuration, and another for writing into a file',
    BESIDE_OTHERS,
    () => {
      desk.write('plain.json', '{"a": 1}');
      const [start, program_, encrypt, write] = ['start.cjs', 'sops-ts.cjs', 'encrypt.cjs', 'write.cjs'];
      expect(ownFilesOf(['encrypt', 'plain.json'])).toEqual([start, program_, encrypt]);
      expect(ownFilesOf(['encrypt', '--output', 'made.json', 'plain.json'])).toEqual([start, program_, encrypt, write]);
      expect(ownFilesOf(['encrypt', '-i', 'plain.json'])).toEqual([start, program_, encrypt, write]);
      expect(ownFilesOf(['decrypt', '-i', 'plain.json'])).toEqual([start, program_, write]);
      desk.write('.sops.yaml', `creation_rules: [{ age: ${desk.recipient} }]\n`);
      desk.write('plain.json', '{"a": 1}');
      expect(ownFilesOf(['encrypt', 'plain.json']).toSorted()).toEqual(
        ['config.cjs', 'yaml.cjs', start, program_, encrypt].toSorted(),
      );
      rmSync(desk.path('.sops.yaml'));
    },
  );

  test('and changing a file needs a third, and not all the rest', BESIDE_OTHERS, async () => {
    desk.write('c.yaml', await desk.encrypt('c.yaml', 'a: 1\n'));
    const files = ['change.cjs', 'config.cjs', 'encrypt.cjs', 'sops-ts.cjs', 'start.cjs', 'write.cjs', 'yaml.cjs'];
    expect(ownFilesOf(['set', 'c.yaml', '["a"]', '2']).toSorted()).toEqual(files);
    expect(ownFilesOf(['rotate', '-i', 'c.yaml']).toSorted()).toEqual(files);
  });
});

describe('the version', () => {
  test('loads no package', () => {
    expect(foreignTo(['--version'])).toEqual([]);
  });
});

test(
  'looking at a file, changing who reads it, several files and keys of SSH need more, but not all the rest',
  BESIDE_OTHERS,
  async () => {
    mkdirSync(desk.path('home/.ssh'), { recursive: true });
    desk.write('home/.ssh/id_ed25519', readFileSync(fixturePath('identities/ssh-ed25519')));
    const recipient = readFileSync(fixturePath('identities/ssh-ed25519.pub'), 'utf8').trim();
    desk.write('ssh.yaml', await desk.encrypt('ssh.yaml', 'a: 1\n', '--age', recipient));
    desk.write('own.yaml', await desk.encrypt('own.yaml', 'a: 1\n'));
    desk.write('rules.yaml', `creation_rules: [{ age: ${desk.recipient} }]\n`);
    const lines = [
      'decrypt ssh.yaml',
      'get own.yaml a',
      'list own.yaml',
      'filestatus own.yaml',
      'decrypt own.yaml ssh.yaml',
      'check own.yaml',
      'updatekeys --config rules.yaml -y own.yaml',
    ];
    for (const line of lines) expect(ownFilesOf(line.split(' ')), line).not.toContain('rest.cjs');
  },
);

describe('the files of the program', () => {
  /** The parts that are loaded, without the files in which esbuild puts what several of them need. */
  const partsOf = (words: readonly string[]): string[] =>
    ownFilesOf(words).filter((name) => !name.startsWith('shared-'));

  test.each([
    ['yaml', 'a: 1\n', ['start.cjs', 'sops-ts.cjs', 'yaml.cjs']],
    ['json', '{"a": 1}\n', ['start.cjs', 'sops-ts.cjs']],
    ['env', 'A=1\n', ['start.cjs', 'sops-ts.cjs', 'formats.cjs']],
    ['ini', '[s]\na = 1\n', ['start.cjs', 'sops-ts.cjs', 'formats.cjs']],
    ['bin', 'bytes', ['start.cjs', 'sops-ts.cjs', 'formats.cjs']],
  ])('decrypting a small age file (%s) needs few of them', BESIDE_OTHERS, async (ending, text, files) => {
    desk.write(`q.${ending}`, await desk.encrypt(`q.${ending}`, text));
    expect(partsOf(['decrypt', `q.${ending}`])).toEqual(files);
  });

  test('git, which starts it for every blob of a history, needs no more', BESIDE_OTHERS, async () => {
    desk.write('blob.yaml', await desk.encrypt('blob.yaml', 'a: 1\n'));
    expect(partsOf(['git', 'textconv', 'blob.yaml'])).toEqual(['start.cjs', 'sops-ts.cjs', 'yaml.cjs']);
    expect(foreignTo(['git', 'textconv', 'blob.yaml'])).toEqual([]);
    expect(builtinsOf(['git', 'textconv', 'blob.yaml']).filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  test('the version needs one more', () => {
    expect(partsOf(['--version'])).toEqual(['start.cjs', 'sops-ts.cjs', 'formats.cjs']);
  });

  test('the first brings no format but JSON, no configuration, no other command and no other provider', () => {
    const { sources } = program.loadedWith('sops-ts.cjs');
    const unwanted =
      /^src\/(?:formats\/(?:yaml|ini|dotenv|binary)|config\/(?:read|parse|decode)|util\/(?:atomic-write|overwrite|http)|keys\/(?!age\/)[^/]+\/|cli\/commands\/(?!decrypt|git-textconv|registry|table|command|document-flags|shared-flags))/;
    expect([...sources].filter((name) => unwanted.test(name))).toEqual([]);
    expect([...sources]).toContain('src/formats/json/json.ts');
  });

  test('one is loaded for a small file, and the others take from it what they share', () => {
    expect([...program.loadedWith('sops-ts.cjs').files]).toEqual(['sops-ts.cjs']);
    expect([...program.loadedWith('yaml.cjs').files]).toEqual(['yaml.cjs', 'sops-ts.cjs']);
    expect([...program.loadedWith('encrypt.cjs').files]).toEqual(['encrypt.cjs', 'sops-ts.cjs']);
    expect([...program.loadedWith('exec.cjs').files]).toEqual(['exec.cjs', 'sops-ts.cjs', 'write.cjs']);
  });

  test('no run but help and completion reads what they say of commands and flags', () => {
    const dist = join(dirname(program.file), '..', 'dist');
    const said = [decrypt.about.summary, String(decrypt.about.examples[0]), String(decrypt.flags.inPlace.text.help)];
    const holders = said.map((text) =>
      readdirSync(dist).filter(
        (name) => name.endsWith('.cjs') && readFileSync(join(dist, name), 'utf8').includes(text),
      ),
    );
    expect(holders).toEqual(said.map(() => ['rest.cjs']));
  });

  test('V8 is told to compile at once what decrypting a small file runs', () => {
    const text = readFileSync(join(dirname(program.file), '..', 'dist', 'sops-ts.cjs'), 'utf8');
    const [marked, unmarked] = [/=\((?:async )?function\(/g, /(?:^|[;}])(?:async )?function [\w$]+\(/gm].map(
      (pattern) => text.match(pattern)?.length ?? 0,
    );
    expect(marked).toBeGreaterThan(200);
    expect(unmarked).toBeGreaterThan(200);
  });

  test('every module stands in one of them', () => {
    const sources = [...program.inputs.keys()].filter((name) => name.startsWith('src/'));
    const standing = [...program.files.values()].flatMap((file) => file.sources);
    expect(standing.filter((name) => name.startsWith('src/')).toSorted()).toEqual(sources.toSorted());
  });

  test('doctor tells the versions of the packages in them', () => {
    const ran = program.run(['doctor', '--verbose'], {
      cwd: desk.folder,
      env: desk.env,
    });
    const told = [...ran.stdout.toString().matchAll(/package (\S+): (.*)$/gm)].map(([, name, version]) => [
      name,
      version,
    ]);
    expect(told.map(([name]) => name)).toContain('@azure/identity');
    expect(told.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version ?? ''))).toEqual([]);
  });

  test('of each module there is one, also for the files that are loaded later', () => {
    const ran = program.run(['rotate', 'absent.yaml'], {
      cwd: desk.folder,
      env: { ...desk.env, SOPS_AGE_KEY: '' },
    });
    // An error of another copy of its class would be a defect, with another status.
    expect([ran.status, ran.stderr.toString()]).toEqual([
      2,
      expect.stringMatching(/^Error reading file: absent\.yaml/),
    ]);
  });

  test('have what keys of services need in a file beside the last part, which has all else', () => {
    const { files } = program.loadedWith('services.cjs');
    expect([...files]).toContain('services.cjs');
    expect([...files]).not.toContain('rest.cjs');
    expect(readFileSync(join(dirname(program.file), '..', 'dist', 'services.cjs'), 'utf8')).toContain('("aws-kms")');
  });

  test('are no larger than start-up bears, and hold no code of V8', () => {
    const dist = join(dirname(program.file), '..', 'dist');
    const sizes = sizesIn(dist);
    const bytes = (names: Iterable<string>): number =>
      [...names].reduce((sum, name) => sum + (sizes.get(name) ?? NaN), 0);
    const others = ['THIRD-PARTY-NOTICES.txt', 'packages', 'sbom.cdx.json'];
    expect([...sizes.keys()].filter((name) => !name.endsWith('.cjs'))).toEqual(others);
    for (const name of others) sizes.delete(name);
    const packages = [...sizesIn(join(dist, 'packages')).values()].reduce((sum, size) => sum + size, 0);
    const [first, yaml] = [bytes(['sops-ts.cjs']), bytes(['yaml.cjs'])];
    expect(beyondBudget({ first, yaml, all: bytes(sizes.keys()), packages })).toEqual([]);
  });

  test('that are larger are found, and so is what has no size', () => {
    const within = { first: BUDGET.first - 1, yaml: 1, all: BUDGET.all - 1, packages: BUDGET.packages - 1 };
    expect(beyondBudget(within)).toEqual([]);
    expect(beyondBudget({ ...within, first: BUDGET.first })).toEqual([`first: ${BUDGET.first} of ${BUDGET.first}`]);
    expect(beyondBudget({ ...within, all: NaN })).toEqual([`all: NaN of ${BUDGET.all}`]);
  });
});

/** The sizes of what is in a folder, by name. */
function sizesIn(folder: string): Map<string, number> {
  return new Map(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]));
}

describe('the plug-in of kustomize', () => {
  test('loads its own file and those of a small decryption, and no package', async () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n';
    desk.write('s.enc.yaml', await desk.encrypt('s.yaml', secret));
    desk.write('gen.yaml', 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [s.enc.yaml]\n');
    const script = program.file.replace(/sops-ts\.js$/, 'sops-ts-kustomize.js');
    const options = { cwd: desk.folder, env: desk.env };
    expect(spawnSync(process.execPath, [...watchLoads, script, 'gen.yaml'], options).status).toBe(0);
    const names = loads().files.flatMap((file) => file.split('/').at(-1) ?? []);
    expect(names.filter((name) => !name.startsWith('shared-')).toSorted()).toEqual([
      'kustomize.cjs',
      'preload.cjs',
      'sops-ts-kustomize.js',
      'sops-ts.cjs',
      'start.cjs',
      'yaml.cjs',
    ]);
  });
});
