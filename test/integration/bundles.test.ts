/** Programs that import the library, bundled, taken elsewhere and started: the packages of the clouds come along (docs/decisions.md). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build as bundleByEsbuild } from 'esbuild';
import { build as bundleByVite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { BUNDLER_PACKAGES, nft, rollup, webpack } from '../support/bundlers.js';
import { InstalledPackage } from '../support/installed-package.js';
import { MOTO, Moto } from '../support/moto.js';
import { npmTools } from '../support/npm-tools.js';
import { announceSkipped } from '../support/programs.js';

const TOOLS = npmTools(BUNDLER_PACKAGES);

const PROGRAM = `
import { decryptFile } from 'sops-ts';
decryptFile(process.argv[2]).then((data) => console.log(JSON.stringify(data)), (error) => { console.error(error); process.exitCode = 1; });
`;

const MINUTES = 300_000;

let app: InstalledPackage;
let moto: Moto | undefined;
let elsewhere: string;
const files = new Map<string, Readonly<Record<string, string>>>();

beforeAll(async () => {
  app = new InstalledPackage();
  app.put('app.js', PROGRAM);
  elsewhere = mkdtempSync(join(tmpdir(), 'bundles-'));
  encrypt('age.yaml', ['--age', app.recipient], {});
  if (!MOTO) return;
  moto = await Moto.start();
  const aws = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL: moto.url };
  encrypt('kms.yaml', ['--kms', await moto.makeKey()], aws);
});

afterAll(async () => {
  await moto?.stop();
  app.remove();
  rmSync(elsewhere, { recursive: true });
});

function encrypt(name: string, keys: readonly string[], env: Readonly<Record<string, string>>): void {
  const words = ['node_modules/sops-ts/bin/sops-ts.js', 'encrypt', ...keys, '--filename-override', name];
  const { status, stdout, stderr } = app.node(words, env, 'a: 1\n');
  expect(status, stderr).toBe(0);
  app.put(name, stdout);
  files.set(name, env);
}

/** Bundles the program into a folder; the file to start. */
type Bundler = (folder: string) => Promise<string>;

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  'esbuild, ES module': (folder) => esbuild(folder, 'esm'),
  'esbuild, CommonJS': (folder) => esbuild(folder, 'cjs'),
  'vite for servers, nothing left out': async (folder) => {
    const build = { ssr: app.path('app.js'), outDir: folder, emptyOutDir: true };
    await bundleByVite({ root: app.folder, logLevel: 'error', configFile: false, ssr: { noExternal: true }, build });
    return 'app.js';
  },
  ...(TOOLS && {
    'webpack, CommonJS': (folder) => webpack(TOOLS, app.path('app.js'), folder, 'cjs'),
    'webpack, ES module': (folder) => webpack(TOOLS, app.path('app.js'), folder, 'esm'),
    rollup: (folder) => rollup(TOOLS, app.path('app.js'), folder),
    'what @vercel/nft finds, copied': (folder) => nft(TOOLS, app.path('app.js'), folder),
  }),
};

async function esbuild(folder: string, format: 'cjs' | 'esm'): Promise<string> {
  const name = format === 'esm' ? 'app.mjs' : 'app.cjs';
  const result = await bundleByEsbuild({
    entryPoints: [app.path('app.js')],
    bundle: true,
    platform: 'node',
    format,
    outfile: join(folder, name),
    logLevel: 'silent',
  });
  expect([...result.errors, ...result.warnings]).toEqual([]);
  return name;
}

describe.each(Object.keys(BUNDLERS))('bundled by %s', (bundler) => {
  test('what needs age and AWS KMS is decrypted where nothing else is installed', { timeout: MINUTES }, async () => {
    const folder = app.path(`out-${bundler.replaceAll(/\W+/g, '-')}`);
    const file = (await BUNDLERS[bundler]?.(folder)) ?? '';
    const place = join(elsewhere, bundler.replaceAll(/\W+/g, '-'));
    renameSync(folder, place);
    for (const [name, env] of files) {
      const ran = spawnSync(process.execPath, [join(place, file), app.path(name)], {
        cwd: place,
        env: { ...app.env, ...env },
        encoding: 'utf8',
      });
      expect([name, ran.stdout], ran.stderr).toEqual([name, '{"a":1}\n']);
    }
  });
});

test.each(['esm', 'cjs'] as const)(
  'sops-ts/config says in a bundle (%s) what to do, and starts no program',
  async (format) => {
    app.put('config.js', "import 'sops-ts/config';\nconsole.log('started');\n");
    const outfile = app.path(`out-config/${format}.${format === 'esm' ? 'mjs' : 'cjs'}`);
    await bundleByEsbuild({
      entryPoints: [app.path('config.js')],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      logLevel: 'silent',
    });
    const { status, stdout, stderr } = app.node([outfile], { SOPS_FILE: 'age.yaml' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^sops-ts: sops-ts\/config is in a bundle.*\nHave the bundler leave out sops-ts\/config.*\n$/,
    );
  },
);

test('CommonJS requires the library, without a folder of packages beside it', () => {
  app.put(
    'app.cjs',
    "const { decryptFile } = require('sops-ts');\ndecryptFile('age.yaml').then(({ a }) => console.log(a));",
  );
  expect(app.node(['app.cjs'])).toMatchObject({ status: 0, stdout: '1\n' });
});

test('the package has no dependency, and names no module by a variable', () => {
  const folder = app.path('node_modules/sops-ts');
  const manifest: object = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['dependencies']));
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['optionalDependencies']));
  const texts = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.c?js$/.test(name))
    .map((name) => [name, readFileSync(join(folder, 'dist', name), 'utf8')] as const);
  expect(texts.length).toBeGreaterThan(50);
  const imports = texts.flatMap(([name, text]) =>
    [...text.matchAll(/\bimport\((?!["'])[^)]*\)/g)].map(([it]) => `${name}: ${it}`),
  );
  expect(imports).toEqual([]);
});

test('what reads no exports finds the library by main, as Parcel does', () => {
  const { main, types, exports } = JSON.parse(readFileSync(app.path('node_modules/sops-ts/package.json'), 'utf8'));
  expect({ types, default: main }).toEqual(exports['.']);
});

test('it lists what is in it', () => {
  const folder = app.path('node_modules/sops-ts/dist');
  const bill = JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8')) as {
    components: { name: string; version: string }[];
  };
  const names = bill.components.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['@aws-sdk/client-kms', '@azure/identity', 'google-gax', 'openpgp', 'yaml']),
  );
  expect(bill.components.every(({ version }) => /^\d+\.\d+/.test(version))).toBe(true);
  const notices = readFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  expect(bill.components.filter(({ name, version }) => !notices.includes(`${name} ${version}`))).toEqual([]);
  // Those want their own text with the names of the authors, and the Lesser one that which it adds to.
  expect(notices.match(/^Licence: (?!Apache-2\.0$).*/gm)).toBeNull();
  expect(notices).toMatch(/^ *GNU LESSER GENERAL PUBLIC LICENSE$[\s\S]*^ *GNU GENERAL PUBLIC LICENSE$/m);
});

if (!TOOLS) announceSkipped(4, 'npm reaches no registry, so there is no webpack, rollup and nft');
if (!MOTO)
  announceSkipped(Object.keys(BUNDLERS).length, 'moto_server is not installed: bundles were tried with age alone');
