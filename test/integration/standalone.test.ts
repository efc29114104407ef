/** The executable (docs/executable.md), built by Bun, where nothing of Node is. */
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { MOTO, Moto } from '../support/moto.js';
import { ROOT } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';

const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  pw: hunter2\n';
const COUNT = 14;

/** How the build ends where npm cannot fetch Bun. */
const NO_BUN = 69;

/** The folder with the executable; undefined where Bun or its package cannot be had, or there is none for this system. */
const RELEASE = built();
if (RELEASE === undefined) announceSkipped(COUNT, 'the executable cannot be built: Bun is not to be had');

function built(): string | undefined {
  if (process.env.SOPS_TS_EXECUTABLE) return process.env.SOPS_TS_EXECUTABLE;
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, '.ci/standalone.mjs')], { encoding: 'utf8' });
  if (status === NO_BUN) return undefined;
  if (status !== 0) throw new Error(`the executable cannot be built: ${stderr}`);
  const name = readdirSync(join(ROOT, 'release')).find((one) => one.endsWith(`-${process.platform}-${process.arch}`));
  return name === undefined ? undefined : join(ROOT, 'release', name);
}

let desk: Desk;
/** On a path that is harder than most. */
let folder: string;

beforeAll(async () => {
  desk = new Desk();
  folder = mkdtempSync(join(tmpdir(), 'bin ü-'));
  if (RELEASE === undefined) return;
  symlinkSync(RELEASE, join(folder, 'sops-ts'));
  for (const name of ['sops', 'ksops', 'vals']) symlinkSync('sops-ts', join(folder, name));
  desk.write('e.yaml', await desk.encrypt('s.yaml', SECRET, '--encrypted-regex', '^(data|stringData)$'));
});

afterAll(() => {
  desk.remove();
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** Starts it by a name, with no other program on PATH. */
function start(
  name: string,
  words: readonly string[],
  { env = {}, cwd, input = '' }: Started = {},
): SpawnSyncReturns<string> {
  return spawnSync(join(folder, name), words, {
    cwd: cwd ?? desk.folder,
    env: { ...desk.env, PATH: folder, ...env },
    encoding: 'utf8',
    input,
  });
}

const GENERATOR = {
  apiVersion: 'viaduct.ai/v1',
  kind: 'ksops',
  metadata: { name: 'g', annotations: { 'config.kubernetes.io/local-config': 'true' } },
  files: ['e.yaml'],
};
/** What kustomize sends a generator. */
const KRM = JSON.stringify({ kind: 'ResourceList', items: [GENERATOR], functionConfig: GENERATOR });

describe.skipIf(RELEASE === undefined)('by its name it is', () => {
  test('sops-ts', () => {
    expect(start('sops-ts', ['decrypt', 'e.yaml'])).toMatchObject({ status: 0, stdout: SECRET, stderr: '' });
    expect(start('sops-ts', ['--version']).stdout).toMatch(/^sops 3\.13\.2 \(sops-ts \d/);
    expect(start('sops-ts', ['help', 'init']).stdout).toMatch(/^Usage: sops-ts init/);
  });

  test('sops, by a link, a copy, PATH, another first word, and words', () => {
    const sops = /^Usage: sops encrypt/;
    const words = ['help', 'encrypt'];
    expect(start('sops', words).stdout).toMatch(sops);
    mkdirSync(desk.path('copy'));
    copyFileSync(RELEASE ?? '', desk.path('copy/sops'));
    const env = { ...desk.env, PATH: `${desk.path('copy')}:/usr/bin:/bin` };
    expect(execFileSync('sh', ['-c', 'sops help encrypt'], { env, encoding: 'utf8' })).toMatch(sops);
    const named = spawnSync(RELEASE ?? '', words, { argv0: 'sops', env, encoding: 'utf8' });
    expect(named.stdout).toMatch(sops);
    expect(start('sops-ts', ['as', 'sops', ...words]).stdout).toMatch(sops);
  });

  test('ksops, a generator of kustomize', () => {
    for (const ran of [start('ksops', [], { input: KRM }), start('sops-ts', ['as', 'ksops'], { input: KRM })]) {
      expect(ran.status, ran.stderr).toBe(0);
      expect(ran.stdout).toContain('pw: hunter2');
    }
  });

  test('vals', () => {
    desk.write('refs.yaml', 'pw: ref+echo://one/two#/one\n');
    expect(start('vals', ['eval', '-f', 'refs.yaml'])).toMatchObject({ status: 0, stdout: 'pw: two\n' });
  });
});

describe.skipIf(RELEASE === undefined)('where it is started', () => {
  test('it takes less than 130 MB', () => {
    expect(statSync(RELEASE ?? '').size).toBeLessThan(130_000_000);
  });

  test('files of the folder that would make Bun run code do not', () => {
    const hostile = desk.path('hostile');
    mkdirSync(join(hostile, 'node_modules/yaml'), { recursive: true });
    const evil = 'console.log("EVIL"); process.exit(3);';
    const files = {
      'bunfig.toml': 'preload = ["./evil.ts"]\n',
      'evil.ts': evil,
      '.env': 'SOPS_AGE_KEY=none\nSOPS_AGE_KEY_FILE=none\nBUN_OPTIONS=--preload=./evil.ts\n',
      'package.json': '{"name": "x", "imports": {"#x": "./evil.ts"}}',
      'tsconfig.json': '{"compilerOptions": {"paths": {"yaml": ["./evil.ts"]}}}',
      'node_modules/yaml/index.js': evil,
    };
    for (const [name, text] of Object.entries(files)) desk.write(`hostile/${name}`, text);
    expect(start('sops-ts', ['decrypt', '../e.yaml'], { cwd: hostile })).toMatchObject({ status: 0, stdout: SECRET });
  });

  test('nothing need be there: no home, no name, no folder for what is kept', () => {
    const env = { HOME: '', XDG_CACHE_HOME: '', SOPS_AGE_KEY: desk.identity, SOPS_AGE_KEY_FILE: '' };
    expect(start('sops-ts', ['decrypt', 'e.yaml'], { env })).toMatchObject({ status: 0, stdout: SECRET });
  });

  test('names of files may have bytes that are not UTF-8', () => {
    const env = { ...desk.env, PATH: `${folder}:/usr/bin:/bin` };
    const script = `f=$(printf 'in/\\377é.yaml'); mkdir in; cp e.yaml "$f"; sops-ts set "$f" stringData.pw --text new && sops-ts decrypt "$f"; ls in | wc -l; sops-ts decrypt in`;
    const ran = spawnSync('sh', ['-c', script], { cwd: desk.folder, env, encoding: 'utf8' });
    const text = SECRET.replace('hunter2', 'new');
    expect([ran.stderr, ran.stdout]).toEqual(['', `${text}1\n${text}`]);
  });

  test('a slow reader gets all of a large output', () => {
    const text = `a: ${'x'.repeat(400_000)}\n`;
    desk.write(
      'large.yaml',
      start('sops-ts', ['encrypt', '--age', desk.recipient, '--filename-override', 'l.yaml'], { input: text }).stdout,
    );
    const env = { ...desk.env, PATH: `${folder}:/usr/bin:/bin` };
    const got = execFileSync('sh', ['-c', 'sops-ts decrypt large.yaml | (sleep 1; cat)'], {
      cwd: desk.folder,
      env,
      maxBuffer: 2 ** 24,
    });
    expect(got.toString()).toBe(text);
  });

  test('a signal reaches the program that it runs', async () => {
    desk.write('app.env', await desk.encrypt('app.env', 'A=1\n'));
    const words = ['exec-env', 'app.env', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'];
    const child = spawn(join(folder, 'sops-ts'), words, {
      cwd: desk.folder,
      env: { ...desk.env, PATH: '/usr/bin:/bin' },
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(7);
  });

  test('what it sets up for later starts the executable again', () => {
    expect(start('sops-ts', ['kustomize', 'install', desk.path('plugins')]).status).toBe(0);
    const [launcher] = readdirSync(desk.path('plugins'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('sops-ts-kustomize'),
    );
    const text = desk.text(`plugins/${launcher}`);
    expect(text).toContain(`exec '${RELEASE}' 'as' 'sops-ts-kustomize' "$@"`);
    const ran = spawnSync(desk.path(`plugins/${launcher}`), [], {
      cwd: desk.folder,
      env: desk.env,
      input: KRM,
      encoding: 'utf8',
    });
    expect(ran.stdout, ran.stderr).toContain('pw: hunter2');
  });
});

describe.skipIf(RELEASE === undefined)('every kind of file and key', () => {
  test.each(['yaml', 'json', 'env', 'ini', 'toml', 'bin'])('%s comes back', (ending) => {
    const texts: Readonly<Record<string, string>> = {
      json: '{"a": "1"}\n',
      env: 'A=1\n',
      ini: '[s]\na = 1\n',
      toml: 'a = "1"\n',
    };
    const text = texts[ending] ?? 'a: 1\n';
    const sealed = start('sops-ts', ['encrypt', '--age', desk.recipient, '--filename-override', `x.${ending}`], {
      input: text,
    });
    desk.write(`x.${ending}`, sealed.stdout);
    expect(start('sops-ts', ['decrypt', `x.${ending}`])).toMatchObject({ status: 0, stdout: text });
  });

  test.skipIf(!MOTO)('AWS KMS, whose SDK is inside', async () => {
    const moto = await Moto.start();
    try {
      const env = {
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
        AWS_ENDPOINT_URL: moto.url,
        SOPS_AGE_KEY_FILE: '',
      };
      const words = ['encrypt', '--kms', await moto.makeKey(), '--filename-override', 'k.yaml'];
      const sealed = start('sops-ts', words, { env, input: 'a: 1\n' });
      expect(sealed.status, sealed.stderr).toBe(0);
      desk.write('k.yaml', sealed.stdout);
      expect(start('sops-ts', ['decrypt', 'k.yaml'], { env })).toMatchObject({
        status: 0,
        stdout: 'a: 1\n',
        stderr: '',
      });
    } finally {
      await moto.stop();
    }
  });
});

/** How files of each system begin; of Linux's the processor stands behind. */
const HEADERS: Readonly<Record<string, RegExp>> = {
  'linux-arm64': /^7f454c460201.{20}0200b700/,
  'windows-x64.exe': /^4d5a/,
  'darwin-arm64': /^cffaedfe0c000001/,
};
const QEMU = findTool('qemu-aarch64', 'QEMU_BIN', ['--version']);
/** The libraries of that system, as Debian's `libc6-arm64-cross` has them. */
const LIBRARIES = '/usr/aarch64-linux-gnu';
const MAKES_OTHERS = RELEASE !== undefined && process.platform === 'linux' && process.arch === 'x64';
const RUNS_ARM = MAKES_OTHERS && QEMU !== undefined && existsSync(LIBRARIES);
if (!RUNS_ARM) announceSkipped(1, 'there is no qemu-aarch64 with libraries');

test('its start names every built-in that a module takes, so that Bun compiles it into the executable', () => {
  const modules = mkdtempSync(join(tmpdir(), 'modules-'));
  try {
    execFileSync(process.execPath, [join(ROOT, '.ci/build.mjs'), '--modules', modules]);
    const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
    const texts = files.map((name) => readFileSync(join(modules, name), 'utf8')).join('\n');
    const taken = [...texts.matchAll(/getBuiltinModule\(['"](?:node:)?([\w/]+)['"]\)/g)].map(([, name]) => name);
    const start = readFileSync(join(modules, 'start.js'), 'utf8');
    const named = [...start.matchAll(/import\("node:([\w/]+)"\)/g)].map(([, name]) => name);
    expect(named).toEqual([...new Set(taken)].toSorted());
    expect(named).toContain('http2');
  } finally {
    rmSync(modules, { recursive: true });
  }
});

describe.skipIf(!MAKES_OTHERS)('for other systems', () => {
  const place = (target: string): string => {
    const names = readdirSync(join(ROOT, 'release'));
    return join(ROOT, 'release', names.find((name) => name.endsWith(`-${target}`)) ?? 'none');
  };

  test('it is made here, too', { timeout: 600_000 }, () => {
    const targets = Object.keys(HEADERS).flatMap((target) => ['--target', target.replace('.exe', '')]);
    const env = { ...process.env, BUN_INSTALL_CACHE_DIR: desk.path('fetched') };
    const made = spawnSync(process.execPath, [join(ROOT, '.ci/standalone.mjs'), ...targets], { encoding: 'utf8', env });
    expect(made.status, made.stderr).toBe(0);
    // What Bun fetches by itself is held to no digest.
    expect(existsSync(desk.path('fetched'))).toBe(false);
    for (const [target, header] of Object.entries(HEADERS)) {
      const bytes = Buffer.alloc(20);
      const descriptor = openSync(place(target), 'r');
      readSync(descriptor, bytes);
      closeSync(descriptor);
      expect(bytes.toString('hex'), target).toMatch(header);
    }
  });

  test.skipIf(!RUNS_ARM)('that for arm64 opens a file under qemu', { timeout: 300_000 }, () => {
    const words = ['-L', LIBRARIES, place('linux-arm64'), 'decrypt', 'e.yaml'];
    const ran = spawnSync(QEMU ?? '', words, { cwd: desk.folder, env: desk.env, encoding: 'utf8' });
    expect(ran, ran.stderr).toMatchObject({ status: 0, stdout: SECRET });
  });
});
