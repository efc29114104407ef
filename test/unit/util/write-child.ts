/** Bundles a small program around the safe write, so that tests can kill it, limit it and take its rights away. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = new URL('../../..', import.meta.url).pathname;

/**
 * The program writes `size` bytes of a letter to a file and prints the outcome or the error's code:
 * `node CHILD FILE LETTER SIZE [MODE]`; with `loop` as size it goes on alternating `a` and `b`, 300 kB each.
 */
const SOURCE = `
import { writeFileSafely } from './src/util/files/atomic-write.ts';
process.on('SIGXFSZ', () => undefined);
const [file, letter, size, mode] = process.argv.slice(2);
const options = mode === undefined ? {} : { mode: Number(mode) };
try {
  if (size === 'loop') {
    for (;;) for (const each of 'ab') await writeFileSafely(file, Buffer.alloc(300_000, each), options);
  }
  console.log(await writeFileSafely(file, Buffer.alloc(Number(size), letter), options));
} catch (error) {
  console.log(error.code + ' ' + error.message);
}
`;

/** Builds the program in a folder of its own that everybody may read; returns the program's path. */
export async function buildWriteChild(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sops-ts-write-child-'));
  chmodSync(folder, 0o755);
  const outfile = join(folder, 'child.mjs');
  await build({
    stdin: { contents: SOURCE, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'error',
  });
  chmodSync(outfile, 0o644);
  return outfile;
}
