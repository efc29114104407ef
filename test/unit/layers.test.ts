/** Holds the code to the layers of the design: a folder imports only from lower ones and from its own. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { circlesIn } from '../support/circles.js';

const SOURCE = new URL('../../src', import.meta.url).pathname;

/** The table of docs/architecture.md#layers: what has a dash in place of a number may be imported by all. */
const LAYERS: ReadonlyMap<string, number> = new Map(
  [...readFileSync(join(SOURCE, '../docs/architecture.md'), 'utf8').matchAll(/^\| (\d+|–) \| `([\w.]+)\/?` \|/gm)].map(
    ([, number = '', folder = '']) => [folder.replace(/\.ts$/, ''), number === '–' ? -1 : Number(number)],
  ),
);

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sourceFiles(path) : path.endsWith('.ts') ? [path] : [];
  });
}

/** The top folder (or file, without its ending) of a path below src. */
function roomOf(path: string): string {
  return (path.split('/')[0] ?? '').replace(/\.(ts|js)$/, '');
}

function importsOf(text: string): string[] {
  const found = text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)'([^']+)'/g);
  return [...found].map((match) => match[1] ?? '');
}

/** Whether a room may import from another: from itself and from lower layers; everything may fail with an error. */
function mayImport(from: string, room: string): boolean {
  return room === from || room === 'errors' || (LAYERS.get(room) ?? 99) < (LAYERS.get(from) ?? -1);
}

/** The imports that go upwards or sideways, one sentence each. */
function breachesOfLayers(path: string, text: string): string[] {
  return importsOf(text).flatMap((target) => {
    if (!target.startsWith('.')) return [];
    const place = posix.normalize(posix.join(dirname(path), target));
    if (place === '../package.json' || mayImport(roomOf(path), roomOf(place))) return [];
    return [`${path} imports ${target}`];
  });
}

/** Wraps the age-encryption package; a test of start-up sees that it is loaded when needed only. */
const LOADED_LAZILY = 'keys/age/age-package.ts';

/** The module itself; what works on descriptors, on the system's own files, or on names of its own that programs are given. */
const PATHS_OF_ITS_OWN = [
  'util/files/fs.ts',
  'util/files/fs-promises.ts',
  'util/files/native-path.ts',
  'util/locks/processes.ts',
  'services/http/system-roots.ts',
  'services/http/tls-roots.ts',
  'exec/',
  'keys/gpg-agent.ts',
  'keyservice/server.ts',
  'operations/write/edit-file.ts',
  'operations/programs/exec-file.ts',
  // They are loaded before the program, and with nothing of it.
  'cli/start/compile-cache.ts',
  'cli/start/start.ts',
  'cli/start/own-process.ts',
  'cli/plugin.ts',
  'cli/terminal/streams.ts',
  'cli/terminal/terminal.ts',
  // They write to standard error alone.
  'entries/',
];

/** What a file does that the run alone may do: find or trust a configuration, or keep something by host. */
function breachesOfRun(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const breaches: string[] = [];
  const mayLoad = path.startsWith('run/') || path === 'config/config.ts';
  if (!mayLoad && /\b(?:loadConfig|trustConfig)\b/.test(code))
    breaches.push(`${path} gets a configuration without a run`);
  if (/\bWeakMap\s*<\s*(?:Host|Session|Run)\b/.test(code)) breaches.push(`${path} keeps something by host`);
  if (path !== 'util/host/session.ts' && /\.\.\.(?:\w+\.)*host\b(?!\.)/.test(code))
    breaches.push(`${path} copies a host`);
  return breaches;
}

describe('layers', () => {
  const files = sourceFiles(SOURCE).map((path) => ({
    path: path.slice(SOURCE.length + 1),
    text: readFileSync(path, 'utf8'),
  }));

  test('every folder has a layer', () => {
    expect(files.length).toBeGreaterThan(20);
    for (const { path } of files) expect(LAYERS.has(roomOf(path)), path).toBe(true);
  });

  test('no import goes upwards or sideways', () => {
    expect(files.flatMap(({ path, text }) => breachesOfLayers(path, text))).toEqual([]);
  });

  test.each([
    ['keys/age/a.ts', "import { run } from '../../run/run.js';", 1],
    ['keys/a.ts', "import type { Run } from '../run/run.js';", 1],
    ['util/a.ts', "const late = () => import('../cli/main.js');", 1],
    ['kubernetes/a.ts', "export { address } from '../references/address.js';", 1],
    ['keys/a.ts', "import { s3 } from '../remotes/s3.js';", 1],
    ['tree/a.ts', "import { absent } from '../absent/room.js';", 1],
    ['keys/a.ts', "import { one } from '../util/one.js';\nimport { b } from './b.js';\nimport 'node:fs';", 0],
    ['util/a.ts', "import { SopsError } from '../errors.js';\nimport('../packages/yaml.js');", 0],
  ])('that is seen in %s: %s', (path, text, count) => {
    expect(breachesOfLayers(path, text)).toHaveLength(count);
  });

  test('the tree uses no packages, and the cipher none but node:crypto', () => {
    for (const { path, text } of files) {
      const packages = importsOf(text).filter((target) => !target.startsWith('.') || target.includes('/packages/'));
      if (path.startsWith('tree/')) expect(packages, path).toEqual([]);
      if (path.startsWith('cipher/'))
        expect(
          packages.filter((name) => name !== 'node:crypto'),
          path,
        ).toEqual([]);
    }
  });

  test('providers do not import each other, nor a cloud SDK statically', () => {
    for (const { path, text } of files.filter((file) => file.path.startsWith('keys/'))) {
      const [, own] = path.split('/');
      for (const match of text.matchAll(/^import .*from '([^']+)'/gm)) {
        const target = match[1] ?? '';
        if (!target.startsWith('.') && path !== LOADED_LAZILY) expect(target, path).toMatch(/^node:/);
        const other = posix.normalize(posix.join(dirname(path), target)).split('/');
        if (path.split('/').length > 2 && other[0] === 'keys' && other.length > 2) expect(other[1], path).toBe(own);
      }
    }
  });

  test('nothing below the command line touches process or console', () => {
    for (const { path, text } of files) {
      // What a library takes by default when its caller says nothing.
      if (path.startsWith('cli/') || path === 'library/call.ts' || path.startsWith('entries/')) continue;
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      expect(/\bconsole\.|\bprocess\.\w/.test(code), path).toBe(false);
    }
  });

  test('paths go to the system through the module that takes those of any bytes', () => {
    const own = new Set(files.filter(({ text }) => /from 'node:fs(?:\/promises)?'/.test(text)).map(({ path }) => path));
    expect([...own].filter((path) => !PATHS_OF_ITS_OWN.some((part) => path.startsWith(part))).sort()).toEqual([]);
  });

  test('configurations come from the run alone, and memory from the session', () => {
    expect(files.flatMap(({ path, text }) => breachesOfRun(path, text))).toEqual([]);
  });

  test.each([
    ['operations/a.ts', "import { loadConfig } from '../config/config.js';", 1],
    ['kubernetes/a.ts', 'trustConfig(config, host);', 1],
    ['keys/a.ts', 'const clients = new WeakMap<Host, Client>();', 1],
    ['keys/a.ts', 'const clients = new WeakMap< Session, Client>();', 1],
    ['operations/a.ts', 'const quiet = { ...host, warn };', 1],
    ['operations/a.ts', 'const quiet = { ...this.host, warn };', 1],
    ['operations/a.ts', 'const env = { ...host.env, A: 1 };', 0],
    ['operations/a.ts', '/** See loadConfig. */', 0],
    ['run/a.ts', 'trustConfig(await loadConfig(request), session);', 0],
  ])('that is seen in %s: %s', (path, text, count) => {
    expect(breachesOfRun(path, text)).toHaveLength(count);
  });

  test('no files go in circles', () => {
    expect(circlesIn(files, 'all')).toEqual([]);
  });

  test('a circle is seen, with what closes it', () => {
    const circle = [
      { path: 'a/one.ts', text: "import { two } from './two.js';\n" },
      { path: 'a/two.ts', text: "import {\n  three,\n} from '../b/three.js';\n" },
      { path: 'b/three.ts', text: "import type { One } from '../a/one.js';\nimport { two } from './four.js';\n" },
      { path: 'b/four.ts', text: "const one = () => import('../a/one.js');\n" },
    ];
    expect(circlesIn(circle, 'loading')).toEqual([]);
    expect(circlesIn(circle, 'types')).toEqual([['a/one.ts', 'a/two.ts', 'b/three.ts']]);
    expect(circlesIn(circle, 'all')).toEqual([['a/one.ts', 'a/two.ts', 'b/four.ts', 'b/three.ts']]);
  });

  test('every module has a name in kebab case, and says first what it is for', () => {
    const named = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/;
    expect(files.filter(({ path }) => !named.test(path)).map(({ path }) => path)).toEqual([]);
    expect(files.filter(({ text }) => !/^\/\*\*\s[\s*]*[^\s*]/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
