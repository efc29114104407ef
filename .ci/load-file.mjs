/**
 * Finds a file of the program by its name, as `import` does, but once; and again after a failure, which may have been for want of descriptors in a
 * program that goes on.
 */
export const LOAD_FILE = `const loadedFiles = {};
const loadFile = (name) => (loadedFiles[name] ??= Promise.resolve().then(() => require(name)).catch((error) => {
  delete loadedFiles[name];
  throw error;
}));
`;
