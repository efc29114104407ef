/**
 * The sources that tests import, compiled once a run, each to a file that Node loads by itself.
 *
 * Vite would transform each module for each project and ask for every import through an object, which takes longer than many tests do.
 * Whoever replaces modules (`*.mocked.test.ts`) and whoever watches take the sources as Vite has them.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildSync } from 'esbuild';
import type { Plugin } from 'vitest/config';

const ROOT = new URL('../..', import.meta.url).pathname;
const SOURCE = join(ROOT, 'src');
const CACHE = join(ROOT, 'node_modules', '.cache', 'sops-ts-source');
const DAY = 86_400_000;

function sourceFiles(): string[] {
  const names = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).sort();
}

function digestOf(names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) {
    const { size, mtimeMs } = statSync(join(SOURCE, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

/** Compiles the sources unless that was done, and returns the folder. */
function compile(): string {
  const names = sourceFiles();
  const folder = join(CACHE, digestOf(names));
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE)) {
    if (Date.now() - statSync(join(CACHE, old)).mtimeMs > DAY) rmSync(join(CACHE, old), { recursive: true });
  }
  const own = mkdtempSync(join(CACHE, 'new-'));
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: names.map((name) => join(SOURCE, name)),
    outbase: SOURCE,
    outdir: join(own, 'src'),
    format: 'esm',
    target: 'node20.19',
    sourcemap: 'linked',
  });
  // The version is taken from it, and that these are ES modules.
  copyFileSync(join(ROOT, 'package.json'), join(own, 'package.json'));
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true });
    // Another run has done it meanwhile.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Gives tests the compiled source for each import of a source file. */
export function compiledSource(): Plugin {
  const isWatching = !process.argv.includes('run');
  let folder: string | undefined;
  return {
    name: 'compiled-source',
    enforce: 'pre',
    async resolveId(name, importer, options) {
      if (isWatching || !name.startsWith('.') || !importer) return null;
      const resolved = await this.resolve(name, importer, { ...options, skipSelf: true });
      if (!resolved?.id.startsWith(`${SOURCE}/`)) return null;
      folder ??= compile();
      return { id: join(folder, 'src', relative(SOURCE, resolved.id).replace(/\.ts$/, '.js')), external: true };
    },
  };
}
