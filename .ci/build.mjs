/**
 * Bundles dist/ with esbuild: the library as ES modules, the program as CommonJS files.
 *
 * The loader of ES modules takes 15 ms of CPU time to start, and reading the source of every command and provider another
 * 10. So the program has a first file with what decrypting a YAML file with an age key runs, and further ones, which are
 * required when more is asked for. A module stands in one of them, never in two, so that there is one of each class and registry.
 *
 * usage: node .ci/build.mjs                    builds dist/
 *        node .ci/build.mjs FOLDER METAFILE    builds the program alone into FOLDER, and says what imports what and
 *                                              which file holds what
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/**
 * The files of the program but the last, which holds all other modules: each by the rooms that need it; what these import
 * statically comes with them, unless it stands in a file before.
 */
const FIRST = {
  file: 'sops-ts.cjs',
  rooms: [
    'src/cli/main.ts',
    'src/cli/commands/decrypt.ts',
    'src/formats/yaml/yaml.ts',
    'src/keys/age/age.ts',
  ],
};
/** Decrypting with an age key beyond the usual: other formats, `.sops.yaml`, writing a file, and what is cold (below). */
const SECOND = {
  file: 'more.cjs',
  rooms: [
    'src/formats/json/json.ts',
    'src/formats/dotenv.ts',
    'src/formats/ini/ini.ts',
    'src/formats/binary.ts',
    'src/config/read.ts',
    'src/util/atomic-write.ts',
    'src/cli/version.ts',
  ],
};
/** The plug-in of kustomize, which has a start file of its own. */
const PLUGIN = { file: 'kustomize.cjs', rooms: ['src/cli/plugin.ts'] };
/**
 * Modules that the first file imports statically and seldom runs: they stand in the second, which is required when one of their
 * functions is called. They may export functions only.
 */
const COLD = new Set([
  'src/cipher/batch.ts',
  'src/formats/yaml/block-edit.ts',
  'src/formats/yaml/emit.ts',
  'src/formats/yaml/emit-flow.ts',
  'src/formats/yaml/entry-splice.ts',
  'src/formats/yaml/flow-reader.ts',
  'src/datakey/recovery-report.ts',
  'src/datakey/shamir.ts',
  'src/keys/age/recipients.ts',
]);
const LAST = { file: 'rest.cjs' };
/**
 * Modules that import packages, which code that V8 has kept cannot (it throws): this file is not compiled. It is required when one of
 * their functions is called, from wherever; they may export functions only.
 */
const IMPORTERS = {
  file: 'packages.cjs',
  names: [
    'src/util/import-sdk.ts',
    'src/util/re2.ts',
    'src/keys/age/age-package.ts',
    'src/keys/age/format/portable-aead.ts',
  ],
};

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
};
const PROGRAM = { ...COMMON, format: 'cjs', minifyWhitespace: true, minifySyntax: true };

/** What every source file of the program imports, and how; and the names that it exports. */
async function survey() {
  const { metafile } = await build({ ...PROGRAM, entryPoints: ['src/cli/main.ts'], write: false, metafile: true });
  const names = Object.keys(metafile.inputs).filter(isOurs);
  const alone = { entryPoints: names, bundle: false, packages: undefined, format: 'esm', outdir: 'out', outbase: '.' };
  const { metafile: single } = await build({ ...PROGRAM, ...alone, write: false, metafile: true });
  const outputs = Object.values(single.outputs);
  return {
    inputs: metafile.inputs,
    exports: new Map(outputs.map((output) => [output.entryPoint, output.exports])),
  };
}

function isOurs(name) {
  return name.startsWith('src/');
}

/** The files that some files import statically, themselves included, but not `without`. */
function staticClosure(inputs, from, without = new Set()) {
  const found = new Set();
  const pending = [...from];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path) || without.has(path)) continue;
    if (!inputs[path]) throw new Error(`${path} is not part of the program`);
    found.add(path);
    pending.push(...importsOf(inputs[path], 'import-statement'));
  }
  return found;
}

function importsOf({ imports }, ...kinds) {
  return imports.filter(({ kind, external }) => kinds.includes(kind) && !external).map((one) => one.path);
}

/** Shares the modules out: the name of the file for each. */
function assign(inputs) {
  const places = new Map();
  const parts = [
    IMPORTERS,
    { file: FIRST.file, names: staticClosure(inputs, FIRST.rooms, COLD) },
    { file: SECOND.file, names: staticClosure(inputs, [...SECOND.rooms, ...COLD]) },
    { file: PLUGIN.file, names: staticClosure(inputs, PLUGIN.rooms) },
  ];
  for (const { file, names } of parts) {
    for (const name of names) if (isOurs(name) && !places.has(name)) places.set(name, file);
  }
  for (const name of Object.keys(inputs)) if (isOurs(name) && !places.has(name)) places.set(name, LAST.file);
  return places;
}

/** The modules of a file that another file imports, or that its own imports dynamically. */
function handedOut(inputs, places, file) {
  const wanted = new Set();
  for (const [name, input] of Object.entries(inputs)) {
    const paths = importsOf(input, 'dynamic-import');
    if (places.get(name) !== file) paths.push(...importsOf(input, 'import-statement'));
    for (const path of paths) if (places.get(path) === file) wanted.add(path);
  }
  return wanted;
}

/** Takes modules of other files from those, whose export `modules` has a function for each. */
function elsewhere(places, exports, file) {
  return {
    name: `beside-${file}`,
    setup(bundler) {
      bundler.onResolve({ filter: /^\.{1,2}\// }, async ({ path, importer, resolveDir, namespace, kind }) => {
        if (namespace === 'elsewhere') return { path, external: true };
        if (importer === '' || importer === '<stdin>') return undefined;
        const target = relative(root, resolve(resolveDir, path)).replace(/\.js$/, '.ts');
        const place = places.get(target);
        // The first file is run as a whole: a module of its own is there when an import of it is reached.
        const isOwn = place === file && !(file === FIRST.file && kind === 'dynamic-import');
        return place === undefined || isOwn ? undefined : { path: target, namespace: 'elsewhere' };
      });
      // Built-ins are required: the loader of ES modules would be started for them.
      bundler.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path, namespace: 'builtin' } : undefined,
      );
      bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)});`,
      }));
      bundler.onLoad({ filter: /.*/, namespace: 'elsewhere' }, ({ path }) => {
        const place = places.get(path);
        const from = place === file ? 'program.exports' : `require('./${place}')`;
        const take = `${from}.modules[${JSON.stringify(path)}]()`;
        const names = exports.get(path);
        // The first file takes a module whole, as it seldom takes anything; the others take what it exports one by one, since asking
        // the whole for a function at each call shows in loops.
        const takeNow = file === FIRST.file ? `module.exports = ${take};` : `export const { ${names.join(', ')} } = ${take};`;
        const isLate = place === IMPORTERS.file || (file === FIRST.file && COLD.has(path));
        return { contents: isLate ? callLater(take, names) : takeNow, resolveDir: root };
      });
    },
  };
}

/** A module with the same functions as another, which it takes when one of them is called. */
function callLater(take, names) {
  const functions = names.map((name) => `export const ${name} = (...args) => load().${name}(...args);`);
  return `let loaded; const load = () => (loaded ??= ${take}); ${functions.join(' ')}`;
}

/** Makes sure that a file imports nothing at run time. */
function checkImports(file) {
  const found = /\bimport\([^)]*\)/.exec(readFileSync(file, 'utf8'));
  if (found) throw new Error(`${file} has ${found[0]}: its module belongs into ${IMPORTERS.file}`);
}

/** Makes sure that what is taken late exports functions only: anything else would have to be there from the start. */
function checkLate() {
  for (const name of [...COLD, ...IMPORTERS.names]) {
    const other = /^export (?!(?:async )?function\b|interface\b|type\b).*/m.exec(readFileSync(join(root, name), 'utf8'));
    if (other) throw new Error(`${name} is taken late, but exports more than functions: ${other[0]}`);
  }
}

/** The text of the first file's entry: runs all its modules in one scope, without a function around each. */
function runAll(names, exports) {
  const imports = [];
  const rows = [];
  for (const [at, name] of [...names].entries()) {
    const members = exports.get(name).map((member) => [member, `${member}_${at}`]);
    const bindings = members.map(([member, own]) => `${member} as ${own}`);
    imports.push(`import { ${bindings.join(', ')} } from ${JSON.stringify(`./${name}`)};`);
    rows.push(`${JSON.stringify(name)}: () => ({ ${members.map(([member, own]) => `${member}: ${own}`).join(', ')} })`);
  }
  const start = "export { main, processStreams } from './src/cli/main.ts';";
  return `${start}${imports.join('')}export const modules = { ${rows.join(', ')} };`;
}

/** The text of an entry that runs a module when it is asked for. */
function runEach(names) {
  const rows = [...names].map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(`./${name}`)})`);
  return `export const modules = { ${rows.join(', ')} };`;
}

async function buildProgram(folder, metafile) {
  checkLate();
  const { inputs, exports } = await survey();
  const places = assign(inputs);
  for (const { file } of [FIRST, SECOND, PLUGIN, LAST, IMPORTERS]) {
    const names = handedOut(inputs, places, file);
    await build({
      ...PROGRAM,
      stdin: { contents: file === FIRST.file ? runAll(names, exports) : runEach(names), resolveDir: root },
      outfile: join(folder, file),
      plugins: [elsewhere(places, exports, file)],
      ...(file === FIRST.file ? { banner: { js: 'const program=module;' } } : {}),
    });
  }
  for (const { file } of [FIRST, SECOND, PLUGIN, LAST]) checkImports(join(folder, file));
  // In a process of its own: what is compiled must be the program's code alone.
  execFileSync(process.execPath, [join(root, '.ci', 'compile.cjs'), folder], { stdio: 'inherit' });
  if (metafile) writeFileSync(metafile, JSON.stringify({ inputs, places: Object.fromEntries(places) }));
}

const [folder, metafile] = process.argv.slice(2);
if (folder) {
  mkdirSync(folder, { recursive: true });
  await buildProgram(folder, metafile);
} else {
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  await buildProgram(dist);
  const library = { entryPoints: ['src/index.ts'], splitting: true, format: 'esm', outdir: 'dist' };
  await build({ ...COMMON, ...library, chunkNames: 'chunks/[name]-[hash]' });
}
