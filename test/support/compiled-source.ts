/**
 * The sources that tests import, compiled once a run, each to a file that Node loads by itself.
 *
 * Vite would transform each module for each project and ask for every import through an object, which takes longer than many tests do.
 * Whoever watches takes the sources as Vite has them.
 */
import { copyFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildSync } from 'esbuild';
import type { Plugin } from 'vitest/config';
import { keptFolder } from '../../.ci/memory.mjs';

const ROOT = new URL('../..', import.meta.url).pathname;
const SOURCE = join(ROOT, 'src');

function sourceFiles(): string[] {
  const names = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).sort();
}

/** Compiles the sources unless that was done, and returns the folder. */
function compile(): string {
  return keptFolder(ROOT, 'source', ['src'], (folder) => {
    buildSync({
      absWorkingDir: ROOT,
      entryPoints: sourceFiles().map((name) => join(SOURCE, name)),
      outbase: SOURCE,
      outdir: join(folder, 'src'),
      format: 'esm',
      target: 'node20.19',
      sourcemap: 'linked',
    });
    // The version is taken from it, and that these are ES modules.
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  });
}

/**
 * Gives tests the compiled source for each import of a source file, but for files and folders of src that are left to Vite: what it
 * has not transformed does not get the modules that a test puts in the place of others.
 */
export function compiledSource(left: readonly string[] = []): Plugin {
  const isWatching = !process.argv.includes('run');
  let folder: string | undefined;
  return {
    name: 'compiled-source',
    enforce: 'pre',
    async resolveId(name, importer, options) {
      if (isWatching || !name.startsWith('.') || !importer) return null;
      const resolved = await this.resolve(name, importer, { ...options, skipSelf: true });
      if (!resolved?.id.startsWith(`${SOURCE}/`)) return null;
      const path = relative(SOURCE, resolved.id);
      if (left.some((one) => path.startsWith(one))) return null;
      folder ??= compile();
      return { id: join(folder, 'src', path.replace(/\.ts$/, '.js')), external: true };
    },
  };
}
