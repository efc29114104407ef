/**
 * Bundles dist/ with esbuild: the library as ES modules, the program as CommonJS.
 *
 * A program of one file takes half as long again to start, as Node reads the source of every command and provider. So the program
 * has parts, each a file that is loaded when something of it is wanted (parts.mjs, single-files.mjs). They are made as ES modules, which can
 * import each other, and turned into CommonJS behind that: the loader of ES modules takes 15 ms of CPU time to start.
 *
 * usage: node .ci/build.mjs                    builds dist/
 *        node .ci/build.mjs FOLDER METAFILE    builds the program alone into FOLDER, and writes down what esbuild says of sources and files
 *        node .ci/build.mjs --modules FOLDER   what the executable is made of, into FOLDER (standalone.mjs)
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { putDerived, withoutTexts } from './derived.mjs';
import { ENTRIES, STARTED } from './entries.mjs';
import { LOAD_FILE } from './load-file.mjs';
import { listShared, offerShared, takeShared } from './single-files.mjs';
import { writeManual } from './manual.mjs';
import { remembered } from './memory.mjs';
import { bundlePackages, leavePackages, packagedFiles, writePapers } from './packages.mjs';
import { EXECUTABLE_PARTS, FIRST, LAST, PARTS } from './parts.mjs';
import { answering, Replacements } from './replacements.mjs';
import { markFunctions, rangesRun } from './run-first.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What runs before any other file is loaded. */
const START = 'src/cli/start/start.ts';
/** What the executable starts with. */
const STANDALONE = 'src/cli/start/standalone.ts';
/** What it has for `node:path`. */
const EXACT_PATH = 'src/cli/start/exact-path.ts';

const COMMON = { absWorkingDir: root, bundle: true, packages: 'external', platform: 'node', target: 'node20', logLevel: 'warning' };
const SMALL = { minify: true, target: 'node20', logLevel: 'warning' };
/** The same for packages, whose licences stand in a file and whose oddities are not ours. */
const SMALL_PACKAGE = { ...SMALL, legalComments: 'none', logLevel: 'error' };

/** The files of the program find the packages beside them. */
const PACKAGES = leavePackages('.');

/** What every source file of the program imports, and how. */
async function survey(derived) {
  const entryPoints = ['src/cli/main.ts', 'src/cli/plugin.ts'];
  const { metafile } = await build({ ...COMMON, entryPoints, format: 'esm', outdir: 'out', plugins: [derived, PACKAGES], write: false, metafile: true });
  return metafile.inputs;
}

function importsOf({ imports }, wanted) {
  return imports.filter(({ kind, external }) => kind === wanted && !external).map(({ path }) => path);
}

/** Some files and all that they import statically. */
function staticClosure(inputs, from) {
  const found = new Set();
  const pending = [...from];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path)) continue;
    if (!inputs[path]) throw new Error(`${path} is not part of the program`);
    found.add(path);
    pending.push(...importsOf(inputs[path], 'import-statement'));
  }
  return found;
}

/** The modules that are taken from a part as a whole, with the part of each. */
function shareOut(inputs, wanted) {
  const entries = new Set(Object.values(inputs).flatMap((input) => importsOf(input, 'dynamic-import')));
  const parts = new Map();
  for (const [part, rooms] of Object.entries(wanted)) {
    const own = staticClosure(inputs, rooms);
    for (const path of entries) if (!parts.has(path) && (own.has(path) || part === LAST)) parts.set(path, part);
    for (const path of rooms) if (!parts.has(path)) parts.set(path, part);
  }
  return parts;
}

/** The name by which a part exports a module. */
function exportName(path) {
  return path.replace(/^src\/|\.ts$/g, '').replaceAll(/\W/g, '_');
}

/** The path from the root of what a source file imports, as it stands there. */
function pathOf(importer, name) {
  return relative(root, resolve(dirname(importer), name)).replaceAll('\\', '/').replace(/\.js$/, '.ts');
}

/**
 * Lets `import('./module.js')` take the module from its part, which is one file for many of them. `own` is the part that is built, with what it
 * has at its end beside its modules; the others are files.
 */
function takeFromParts(parts, own, end) {
  return {
    name: 'parts',
    setup(bundler) {
      bundler.onResolve({ filter: /^part:/ }, ({ path }) => {
        const part = path.slice('part:'.length);
        return part === own ? { path: part, namespace: 'part' } : { path: `./${part}.js`, external: true };
      });
      bundler.onLoad({ filter: /.*/, namespace: 'part' }, () => {
        const lines = [...parts].filter(([, of]) => of === own).map(([path]) => `export * as ${exportName(path)} from './${path}';`);
        return { contents: [...lines, end].join('\n'), resolveDir: root };
      });
      bundler.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path: importer }) => {
        const text = withoutTexts(importer, readFileSync(importer, 'utf8'));
        const contents = text.replaceAll(/\bimport\('(\.{1,2}\/[^']+)'\)/g, (whole, name) => {
          const path = pathOf(importer, name);
          if (path.startsWith('src/packages/')) return whole;
          return `import('part:${parts.get(path)}').then((part) => part.${exportName(path)})`;
        });
        return { contents, loader: 'ts' };
      });
    },
  };
}

/**
 * An ES module of the program as CommonJS: its other files and built-ins are required where it imports them dynamically, packages come from
 * their loader. Which file is meant is found once: Node looks a name up anew each time if another file was the first to load it.
 */
async function toCommonJs(text, words) {
  const required = TO_REQUIRE.reduce((changed, [name, pattern, by]) => words.in(changed, name, pattern, by), text);
  const whole = required.includes('loadFile(') ? LOAD_FILE + required : required;
  const { code } = await transform(whole, { target: SMALL.target, logLevel: SMALL.logLevel, format: 'cjs', platform: 'node' });
  return lateBuiltIns(code, words);
}

/** Parts that are imported for what they do alone, of which there need be none. */
const NONE_NOW = 'whole parts';
const TO_REQUIRE = [
  ['packages', /\bimport\("\.\/packages\/([\w-]+)\.js"\)/g, 'loadFile("./packages.cjs").then((load) => load("$1"))'],
  ['files', /\bimport\("(\.\/[^"]+)\.c?js"\)/g, 'loadFile("$1.cjs")'],
  ['built-ins', /\bimport\("(node:[^"]+)"\)/g, 'Promise.resolve().then(() => require("$1"))'],
  ['parts', /\bfrom "(\.\/[^"]+)\.js"/g, 'from "$1.cjs"'],
  [NONE_NOW, /^import "(\.\/[^"]+)\.js"/gm, 'import "$1.cjs"'],
];

/** What Node has not loaded by itself when the program starts, and no file of the program needs for being loaded. */
const LATE = /^var (import_node_(?:child_process|net|os|timers_promises|tty)\d*) = (require\("[^"]+"\));$/gm;

/** Asks for those when they are used: of the runs that load a file few use all of it. */
function lateBuiltIns(text, words) {
  const names = [...text.matchAll(LATE)].map(([, name]) => name);
  const late = words.in(text, 'late built-ins', LATE, 'const $1 = () => $2;');
  // In brackets, since `new` would take the call for its own.
  return names.reduce((changed, name) => changed.replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `(${name}()).`), late);
}

/** The program as ES modules, by the names of its files, and what esbuild says of them. */
async function bundleProgram(wanted = PARTS) {
  const derived = await putDerived(root, { ...COMMON, plugins: [PACKAGES] });
  const inputs = await survey(derived);
  const parts = shareOut(inputs, wanted);
  const built = [];
  const taken = [];
  let left = Object.keys(inputs).filter((path) => path.endsWith('.ts'));
  for (const [part, rooms] of Object.entries(wanted)) {
    const reached = part === LAST ? new Set(left) : staticClosure(inputs, rooms);
    const own = new Set(left.filter((path) => reached.has(path)));
    left = left.filter((path) => !own.has(path));
    const shared = await listShared(own, left, COMMON, [derived]);
    const plugins = [derived, PACKAGES, takeFromParts(parts, part, offerShared(shared)), ...taken];
    // With splitting, a part that imports a module of its own dynamically imports itself; without, each of its modules would be wrapped.
    const form = { entryPoints: [{ in: `part:${part}`, out: part }], format: 'esm', splitting: true, outdir: 'out', write: false, metafile: true };
    built.push(await build({ ...COMMON, ...form, plugins }));
    taken.push(takeShared(own, shared, part, pathOf));
  }
  const texts = new Map(built.flatMap(({ outputFiles }) => outputFiles).map(({ path, text }) => [basename(path, '.js'), text]));
  return { texts, parts, inputs, outputs: built.flatMap(({ metafile }) => filesIn(metafile)) };
}

/** The files of the program and its packages as they are written, by path in dist/, what esbuild says of them, and what the packages are made of. */
function makeProgram() {
  return remembered(root, 'program-texts', ['src', 'bin', 'fixtures/vectors'], async () => {
    const { texts, inputs, outputs } = await bundleProgram();
    const words = new Replacements(...TO_REQUIRE.map(([name]) => name).filter((name) => name !== NONE_NOW), 'late built-ins');
    const own = await Promise.all([...texts].map(async ([name, text]) => [`${name}.cjs`, await toCommonJs(text, words)]));
    words.check();
    const packages = await packagedFiles(root, COMMON, SMALL_PACKAGE);
    const ranges = await rangesRun(root, `${FIRST}.cjs`, (place) => writePlainProgram(place, [...own, ...packages.program]));
    const small = async ([path, text], settings) => [path, (await transform(markFunctions(text, ranges.get(path)), settings)).code];
    const files = await Promise.all(own.map((one) => small(one, { ...SMALL, format: 'cjs' })));
    const marked = packages.program.filter(([path]) => ranges.has(path)).map((one) => small(one, SMALL_PACKAGE));
    return { files: [...packages.small, ...(await Promise.all(marked)), ...files, ['start.cjs', await bundleStart(SMALL)]], inputs, outputs, packaged: packages.inputs };
  });
}

/** The program and its packages; writes down what the latter are, and their licences. */
async function buildProgram(folder, metafile) {
  const { files, inputs, outputs, packaged } = await makeProgram();
  for (const [name, text] of files) writeModule(join(folder, name), text);
  if (metafile) writeFileSync(metafile, JSON.stringify({ inputs, outputs }));
  writePapers(root, packaged, folder);
}

/** Writes the program as it is before anything is made small or marked. */
async function writePlainProgram(folder, files) {
  for (const [path, text] of files) writeModule(join(folder, path), text);
  writeModule(join(folder, 'start.cjs'), await bundleStart({}));
}

async function bundleStart(settings) {
  const { outputFiles } = await build({ ...COMMON, ...settings, entryPoints: [START], format: 'cjs', write: false });
  return outputFiles[0].text;
}

/** What esbuild says of the files of the program: their names, the sources in them, and the files that they import statically. */
function filesIn({ outputs }) {
  const nameOf = (path) => path.replace(/^.*\//, '').replace(/\.js$/, '.cjs');
  return Object.entries(outputs).map(([path, output]) => ({
    file: nameOf(path),
    sources: Object.keys(output.inputs).filter((name) => !/^(?:part|shared-[\w-]+):/.test(name)),
    imports: output.imports.filter(({ kind, path: from }) => kind === 'import-statement' && /\.js$/.test(from)).map(({ path: from }) => nameOf(from)),
  }));
}

/** The library. Its packages are chunks, too, small ones beside the files of the program; of ours names stay, as errors show them. */
async function buildLibrary(dist) {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: { ...ENTRIES, ...STARTED },
    splitting: true,
    format: 'esm',
    outdir: dist,
    chunkNames: 'chunks/[name]-[hash]',
    minifyWhitespace: true,
    minifySyntax: true,
    // Node shows the line where an error was made.
    lineLimit: 500,
    plugins: [leavePackages('PACKAGES')],
    write: false,
  });
  const words = new Replacements('packages of the library');
  for (const { path, text } of outputFiles) writeModule(path, words.in(text, 'packages of the library', '"PACKAGES/', /[\\/]chunks[\\/]/.test(path) ? '"./' : '"./chunks/'));
  words.check();
  const { library } = await packagedFiles(root, COMMON, SMALL_PACKAGE);
  for (const [path, text] of library) writeModule(join(dist, path), text);
}

/** All that the executable is made of, as ES modules: its start, the program, the packages. */
async function buildModules(folder) {
  const { texts, parts } = await bundleProgram(EXECUTABLE_PARTS);
  const packages = await bundlePackages(root, COMMON);
  const start = { entryPoints: [STANDALONE], format: 'esm', write: false, metafile: true };
  const { outputFiles, metafile } = await build({ ...COMMON, ...start, plugins: [takeMain, takeFromParts(parts)] });
  checkAlone(metafile.inputs);
  const words = new Replacements('built-ins', 'paths');
  const own = [...texts, ['start', outputFiles[0].text]].map(([name, text]) => [name, withExactPath(withBuiltIns(withoutItself(name, text), words), words)]);
  const paths = await build({ ...COMMON, entryPoints: [EXACT_PATH], format: 'esm', write: false });
  const others = [...packages.texts, ['exact-path', paths.outputFiles[0].text]].map(([name, text]) => [name, withBuiltIns(text, words)]);
  words.check();
  const all = [...own, ...others];
  const named = namedBuiltIns(all.map(([, text]) => text));
  for (const [name, text] of all) writeModule(join(folder, `${name}.js`), name === 'start' ? text + named : text);
  writePapers(root, packages.inputs, folder);
}

/** Lets the start of the executable import the program statically, though it stands in a part: that is one turn of the event loop less. */
const takeMain = {
  name: 'main',
  setup(whole) {
    const bundler = answering(whole);
    bundler.onResolve({ filter: /^\.\.\/main\.js$/ }, ({ path, kind }) => (kind === 'import-statement' ? { path, namespace: 'main' } : undefined));
    bundler.onLoad({ filter: /.*/, namespace: 'main' }, () => ({ contents: "import { cli_main } from './sops-ts.js'; export const { main, processStreams } = cli_main;" }));
    bundler.onResolve({ filter: /.*/, namespace: 'main' }, ({ path }) => ({ path, external: true }));
  },
};

/** The start of the executable must hold no module that stands in a part: with two of it, errors of one are none for the other. */
function checkAlone(inputs) {
  const twice = Object.keys(inputs).filter((path) => path.startsWith('src/') && dirname(path) !== dirname(STANDALONE));
  if (twice.length > 0) throw new Error(`these stand in the start of the executable and in a part of it: ${twice.join(', ')}`);
}

/** What a module imports of Node: a name, all of it, or some names. */
const BUILT_IN_IMPORT = /^import (?:(\w+)|\* as (\w+)|\{([^}]*)\}) from "(node:[\w/]+)";\n/gm;

/** Takes built-ins without Bun's loader, which makes an ES module of each first: half a millisecond for those that every run needs. */
function withBuiltIns(text, words) {
  const taken = [];
  const rest = words.in(text, 'built-ins', BUILT_IN_IMPORT, (_, whole, all, names, from) => {
    const left = whole ?? all ?? `{${names.replaceAll(' as ', ': ')}}`;
    taken.push(`const ${left} = process.getBuiltinModule("${from}");\n`);
    return '';
  });
  return taken.join('') + rest;
}

/** Takes the paths of src/cli/start/exact-path.ts in place of Bun's own. */
function withExactPath(text, words) {
  const exact = words.in(text, 'paths', 'process.getBuiltinModule("node:path")', 'exactPath');
  return exact === text ? text : `import { exactPath } from "./exact-path.js";\n${exact}`;
}

/**
 * Names the built-ins that some texts take, in a function that nobody calls: Bun's compiler puts into the executable, compiled, those
 * that stand in an import. It reads the source of any other when it is taken, which for `node:http2` takes 9 ms.
 */
function namedBuiltIns(texts) {
  const names = new Set(texts.flatMap((text) => [...text.matchAll(/getBuiltinModule\("(?:node:)?([\w/]+)"\)/g)].map(([, name]) => name)));
  return `export const builtIns = () => [${[...names].sort().map((name) => `import("node:${name}")`).join(', ')}];\n`;
}

/** A module that imports none of its own parts dynamically: Bun's bundler makes a call of that which is defined nowhere. */
function withoutItself(name, text) {
  return text.replaceAll(new RegExp(`import\\("\\./${name}\\.js"\\)\\.then\\(\\((\\w+)\\) => \\1\\.(\\w+)\\)`, 'g'), (_, _part, exported) => {
    const local = new RegExp(`^  (\\w+) as ${exported},?$`, 'm').exec(text)?.[1];
    if (local === undefined) throw new Error(`${name} does not export ${exported}`);
    return `Promise.resolve().then(() => ${local})`;
  });
}

function writeModule(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const [folder, metafile] = process.argv.slice(2);
if (folder === '--modules') {
  await buildModules(resolve(metafile));
} else if (folder) {
  await buildProgram(resolve(folder), metafile);
} else {
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  await buildProgram(dist);
  await buildLibrary(dist);
  await writeManual(root, COMMON, dist);
  // Editors find it in the package, without running anything.
  writeFileSync(join(dist, 'sops-config.schema.json'), execFileSync(process.execPath, [join(root, 'bin/sops-ts.js'), 'config', 'schema']));
}
