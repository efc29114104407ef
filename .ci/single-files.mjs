/**
 * How each part of the program becomes one file. Left to esbuild's splitting the first would be seven files and the second ten, and whatever
 * one takes from another would go through a getter, which V8 compiles for itself. So each is built by itself, and those behind it take what
 * they share with it from a list.
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

/** What the other modules import of those in a part, in order. */
export async function listShared(own, others, common, plugins) {
  if (others.length === 0) return [];
  const imported = await importedBy(others, common, plugins);
  return imported.filter(({ path }) => own.has(path));
}

/** What a part has at its end: a function that gives all of that, made when it is asked for. */
export function offerShared(shared) {
  const imports = shared.map(({ path, name }, at) => `import { ${name} as shared${at} } from './${path}';`);
  return `${imports.join('\n')}\nlet all;\nexport const shared = () => (all ??= [${shared.map((_, at) => `shared${at}`)}]);`;
}

/** Lets the other parts take it from there: `own` are its modules. `pathOf` tells the path of what a module imports. */
export function takeShared(own, shared, part, pathOf) {
  const namespace = `shared-${part}`;
  return {
    name: namespace,
    setup(bundler) {
      bundler.onResolve({ filter: /^\./, namespace: 'file' }, ({ path: name, importer, kind }) => {
        const path = kind === 'import-statement' ? pathOf(importer, name) : undefined;
        return path !== undefined && own.has(path) ? { path, namespace } : undefined;
      });
      bundler.onLoad({ filter: /.*/, namespace }, ({ path: wanted }) => {
        if (wanted === 'all') return { contents: `import { shared } from './${part}.js';\nexport const all = shared();` };
        const taken = [...shared.entries()].flatMap(([at, { path, name }]) => (path === wanted ? [`${name} = all[${at}]`] : []));
        return { contents: `import { all } from 'all';\nexport const ${taken.join(', ')};` };
      });
      bundler.onResolve({ filter: /^all$/, namespace }, ({ path }) => ({ path, namespace }));
      bundler.onResolve({ filter: /.*/, namespace }, ({ path }) => ({ path, external: true }));
    },
  };
}
