/** The versions of the packages that stand in dist/, by name: put here when the program is built. Nothing is known where the sources run as they are. */
export const VERSIONS: Readonly<Record<string, string>> = {};
