/** Runs modules of src/ while the package is built, for what is made from them. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

let count = 0;

/** What a module exports whose text is given; it imports as a file in the root would. */
export async function runSources(root, common, contents) {
  // Below node_modules, so that packages are found.
  const folder = join(root, 'node_modules', '.cache', 'sops-ts-sources');
  const file = join(folder, `${process.pid}-${++count}.mjs`);
  mkdirSync(folder, { recursive: true });
  await build({ ...common, stdin: { contents, resolveDir: root }, format: 'esm', outfile: file });
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file);
  }
}
