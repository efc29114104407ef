/**
 * The first part of the program, which every run loads: one file. Left to esbuild's splitting it would be seven, and whatever one takes from
 * another would go through a getter, which V8 compiles for itself. The other parts take what they share with it from a list.
 */
import { build } from 'esbuild';

/** What modules (by path) import by name: the path and name of each, without doubles. Types are gone. */
async function importedBy(paths, common, plugins) {
  const { outputFiles, metafile } = await build({ ...common, bundle: false, packages: undefined, entryPoints: [...paths], outdir: 'out', outbase: '.', format: 'esm', plugins, write: false, metafile: true });
  const sources = Object.values(metafile.outputs).map(({ entryPoint }) => entryPoint);
  const found = new Map();
  for (const [at, { text }] of outputFiles.entries()) {
    if (/^import \* as \w+ from "\./m.test(text)) throw new Error(`${sources[at]} imports a module of the program as a whole`);
    for (const [, names, from] of text.matchAll(/^(?:import|export) \{([^}]*)\} from "(\.[^"]+)\.js";$/gm)) {
      const path = new URL(`${from}.ts`, `file:///${sources[at]}`).pathname.slice(1);
      for (const name of names.split(',')) found.set(`${path} ${name.trim().split(' as ')[0]}`, path);
    }
  }
  return [...found].map(([key, path]) => ({ path, name: key.slice(path.length + 1) }));
}

/** What the other modules import of those in the first part, in order. */
export async function listShared(first, others, common, plugins) {
  const imported = await importedBy(others, common, plugins);
  return imported.filter(({ path }) => first.has(path));
}

/** What the first part has at its end: a function that gives all of that, made when it is asked for. */
export function offerShared(shared) {
  const imports = shared.map(({ path, name }, at) => `import { ${name} as shared${at} } from './${path}';`);
  return `${imports.join('\n')}\nlet all;\nexport const shared = () => (all ??= [${shared.map((_, at) => `shared${at}`)}]);`;
}

/** Lets the other parts take it from there. `pathOf` tells the path of what a module imports. */
export function takeShared(first, shared, file, pathOf) {
  return {
    name: 'shared',
    setup(bundler) {
      bundler.onResolve({ filter: /^\./ }, ({ path: name, importer, kind }) => {
        const path = kind === 'import-statement' ? pathOf(importer, name) : undefined;
        return path !== undefined && first.has(path) ? { path, namespace: 'shared' } : undefined;
      });
      bundler.onLoad({ filter: /.*/, namespace: 'shared' }, ({ path: wanted }) => {
        const own = [...shared.entries()].flatMap(([at, { path, name }]) => (path === wanted ? [`${name} = all[${at}]`] : []));
        return { contents: `import { shared } from '${file}';\nconst all = shared();\nexport const ${own.join(', ')};` };
      });
      bundler.onResolve({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({ path, external: true }));
    },
  };
}
