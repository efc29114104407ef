/**
 * Bundles dist/ with esbuild: the library as ES modules, the program as two CommonJS files.
 *
 * The loader of ES modules takes 15 ms of CPU time to start, and reading the source of every command and provider another
 * 10. So sops-ts.cjs holds what starting and decrypting with an age key need, and rest.cjs, which it requires when more
 * is asked for, all else. A module stands in one of the two, never in both, so that there is one of each class and registry.
 *
 * usage: node .ci/build.mjs                    builds dist/
 *        node .ci/build.mjs FOLDER METAFILE    builds the program alone into FOLDER, and says what imports what
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The rooms that a quick start enters; what they import statically comes with them. */
const QUICK = [
  'src/cli/main.ts',
  'src/cli/commands/decrypt.ts',
  'src/formats/yaml/yaml.ts',
  'src/formats/json/json.ts',
  'src/formats/dotenv.ts',
  'src/formats/ini/ini.ts',
  'src/formats/binary.ts',
  'src/keys/age/age.ts',
];
const COMMON = {
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
};
const PROGRAM = { ...COMMON, format: 'cjs', minifyWhitespace: true, minifySyntax: true };

/** What every source file of the program imports, and how. */
async function survey() {
  const { metafile } = await build({ ...PROGRAM, entryPoints: ['src/cli/main.ts'], write: false, metafile: true });
  return metafile.inputs;
}

/** The files that some files import statically, themselves included. */
function staticClosure(inputs, from) {
  const found = new Set();
  const pending = [...from];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const imports = inputs[path].imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    pending.push(...imports.map((one) => one.path));
  }
  return found;
}

function dynamicTargets(inputs) {
  const imports = Object.values(inputs).flatMap((input) => input.imports);
  return new Set(imports.filter(({ kind, external }) => kind === 'dynamic-import' && !external).map((one) => one.path));
}

/** Takes the modules of `names` from another file, whose export `modules` has a function for each. */
function elsewhere(names, file) {
  return {
    name: `from-${file}`,
    setup(bundler) {
      bundler.onResolve({ filter: /^\.{1,2}\// }, async ({ path, importer, resolveDir, namespace }) => {
        if (namespace === 'elsewhere' || importer === '') return undefined;
        const target = relative(root, resolve(resolveDir, path)).replace(/\.js$/, '.ts');
        return names.has(target) ? { path: target, namespace: 'elsewhere' } : undefined;
      });
      bundler.onLoad({ filter: /.*/, namespace: 'elsewhere' }, ({ path }) => ({
        contents: `module.exports = require('./${file}').modules[${JSON.stringify(path)}]();`,
        resolveDir: root,
      }));
      bundler.onResolve({ filter: /^\.\/(?:sops-ts|rest)\.cjs$/ }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** The text of an entry that hands out modules by name. */
function handOut(names, extra = '') {
  const rows = [...names].map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(`./${name}`)})`);
  return `${extra}export const modules = { ${rows.join(', ')} };`;
}

async function buildProgram(folder, metafile) {
  const inputs = await survey();
  const quick = staticClosure(inputs, QUICK);
  const rest = new Set(Object.keys(inputs).filter((name) => !quick.has(name) && name.startsWith('src/')));
  const entries = new Set([...dynamicTargets(inputs)].filter((name) => rest.has(name)));
  const start = "export { main, processStreams } from './src/cli/main.ts';";
  await build({
    ...PROGRAM,
    stdin: { contents: handOut(quick, start), resolveDir: root },
    outfile: join(folder, 'sops-ts.cjs'),
    plugins: [elsewhere(rest, 'rest.cjs')],
  });
  await build({
    ...PROGRAM,
    stdin: { contents: handOut(entries), resolveDir: root },
    outfile: join(folder, 'rest.cjs'),
    plugins: [elsewhere(quick, 'sops-ts.cjs')],
  });
  if (metafile) writeFileSync(metafile, JSON.stringify({ inputs }));
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
