/** `node:path` as it is on Windows. */
export const { posix, win32 } = process.getBuiltinModule('node:path');
export const { basename, delimiter, dirname, extname, isAbsolute, join, normalize, parse, relative, resolve, sep } =
  win32;
