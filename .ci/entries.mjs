/** What programs import from the package, by the names of the files in dist/: entries of `exports` in package.json. */
export const ENTRIES = {
  index: 'src/index.ts',
  env: 'src/entries/env.ts',
  config: 'src/entries/config.ts',
  cli: 'src/entries/cli.ts',
  kustomize: 'src/entries/kustomize.ts',
};

/** What one of them starts. */
export const STARTED = { 'load-env': 'src/entries/load-env.ts' };
