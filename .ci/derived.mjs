/**
 * What is derived from the modules of commands when the package is built: what start-up knows of them (src/cli/commands/table.ts), and
 * what help and completion say (texts.ts). From source these modules load every command to find out; in the package stands the result.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** The modules, by what they export. */
const DERIVED = { 'src/cli/commands/table.ts': 'TABLE', 'src/cli/commands/texts.ts': 'TEXTS' };

/** Runs these modules as they are from source. Returns the text that takes the place of each, by path. */
async function derive(root, common) {
  // Below node_modules, so that packages are found.
  const folder = join(root, 'node_modules', '.cache', 'sops-ts-derived');
  const file = join(folder, `${process.pid}.mjs`);
  mkdirSync(folder, { recursive: true });
  const contents = Object.entries(DERIVED).map(([path, name]) => `export { ${name} } from './${path}';`).join('\n');
  await build({ ...common, stdin: { contents, resolveDir: root }, format: 'esm', outfile: file });
  try {
    const found = await import(pathToFileURL(file).href);
    return new Map(Object.entries(DERIVED).map(([path, name]) => [path, `export const ${name} = ${JSON.stringify(found[name])};`]));
  } finally {
    rmSync(file);
  }
}

/** Puts what is derived in the place of the modules that would derive it. */
export async function putDerived(root, common) {
  const texts = await derive(root, common);
  return {
    name: 'derived',
    setup(bundler) {
      bundler.onLoad({ filter: /[\\/]src[\\/]cli[\\/]commands[\\/](?:table|texts)\.ts$/ }, ({ path }) => {
        const contents = [...texts].find(([name]) => path.replaceAll('\\', '/').endsWith(name))?.[1];
        return { contents, loader: 'ts' };
      });
    },
  };
}
