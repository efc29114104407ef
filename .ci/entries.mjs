/** The entries of the package for programs that import it, by the names of their files in dist/. */
export const ENTRIES = {
  index: 'src/index.ts',
};
