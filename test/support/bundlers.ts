/** Bundlers from npm, each making of a program a folder that holds all it needs; returns the file to start. A warning is an error. */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NpmTools } from './npm-tools.js';

export const BUNDLER_PACKAGES = [
  'webpack@5.113.0',
  'rollup@4.68.8',
  '@rollup/plugin-node-resolve@16.0.3',
  '@vercel/nft@1.11.5',
];

interface WebpackStats {
  toString(options: { preset: 'errors-warnings' }): string;
  toJson(): { readonly errors: readonly unknown[]; readonly warnings: readonly unknown[] };
}
type Webpack = (settings: object, done: (error: Error | null, stats: WebpackStats) => void) => void;

export async function webpack(tools: NpmTools, entry: string, folder: string, format: 'cjs' | 'esm'): Promise<string> {
  const filename = format === 'esm' ? 'app.mjs' : 'app.cjs';
  const asModule = { experiments: { outputModule: true }, output: { module: true, chunkFormat: 'module' } };
  const { output = {}, ...more } = format === 'esm' ? asModule : {};
  const stats = await new Promise<WebpackStats>((resolve, reject) =>
    (tools.require('webpack') as Webpack)(
      // Making it smaller takes minutes, and is webpack's own affair.
      {
        ...{ mode: 'production', target: 'node20', entry, context: dirname(entry), optimization: { minimize: false } },
        ...{ output: { path: folder, filename, ...output }, ...more },
      },
      (error, found) => (error ? reject(error) : resolve(found)),
    ),
  );
  const { errors, warnings } = stats.toJson();
  if (errors.length + warnings.length > 0) throw new Error(stats.toString({ preset: 'errors-warnings' }));
  return filename;
}

interface Rollup {
  rollup(settings: object): Promise<{ write(output: object): Promise<unknown>; close(): Promise<void> }>;
}

export async function rollup(tools: NpmTools, input: string, folder: string): Promise<string> {
  const found = tools.require('@rollup/plugin-node-resolve') as { default: (options: object) => unknown };
  const bundle = await (tools.require('rollup') as Rollup).rollup({
    input,
    plugins: [found.default({ preferBuiltins: true })],
    // That takes minutes, too.
    treeshake: false,
    onwarn({ message }: { message: string }) {
      throw new Error(message);
    },
  });
  await bundle.write({ dir: folder, format: 'es', entryFileNames: 'app.mjs', chunkFileNames: '[name]-[hash].mjs' });
  await bundle.close();
  return 'app.mjs';
}

interface Nft {
  nodeFileTrace(
    files: readonly string[],
    options: { base: string },
  ): Promise<{ fileList: Set<string>; warnings: Set<Error> }>;
}

/** Copies what the tracer of functions in the cloud finds. */
export async function nft(tools: NpmTools, entry: string, folder: string): Promise<string> {
  const base = dirname(entry);
  const { nodeFileTrace } = tools.require('@vercel/nft') as Nft;
  const { fileList, warnings } = await nodeFileTrace([entry], { base });
  const [warning] = warnings;
  if (warning) throw warning;
  for (const file of fileList) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(base, file), join(folder, file));
  }
  return entry.slice(base.length + 1);
}
