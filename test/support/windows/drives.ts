/** Drives and shares of Windows in a folder: `C:\x` is `c/x` there, `\\server\share\x` is `shares/server/share/x`, in any case. */

// By their names the program has others.
const { readdirSync } = process.getBuiltinModule('node:fs');
const { join, win32 } = process.getBuiltinModule('node:path').posix;

/** Where the folder is told to the program, which is another copy of this module. */
const FOLDER = Symbol.for('sops-ts.test.drives');
const told = globalThis as { [FOLDER]?: string };

export function useDrives(folder: string): void {
  told[FOLDER] = folder;
}

/** What Windows would be asked for. Throws for a path that is none of Windows, or counts from the folder where the process runs. */
export function placeOf(path: unknown): unknown {
  if (typeof path !== 'string') return path;
  const { root } = win32.parse(path);
  if (!win32.isAbsolute(path) || (!root.includes(':') && !/^[\\/]{2}/.test(root))) {
    throw Object.assign(new Error(`ENOENT: not a whole path of Windows: ${path}`), { code: 'ENOENT', syscall: 'open' });
  }
  const drive = root.includes(':') ? [root.charAt(0).toLowerCase()] : ['shares', ...root.split(/[\\/]+/)];
  const names = [...drive, ...path.slice(root.length).split(/[\\/]+/)].filter((name) => name !== '');
  return names.reduce((folder, name) => join(folder, storedAs(name, folder)), told[FOLDER] ?? '');
}

function storedAs(name: string, folder: string): string {
  try {
    return readdirSync(folder).find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
  } catch {
    return name;
  }
}

/** The path of Windows for a place. */
export function pathOf(place: string): string {
  const [first = '', ...names] = place.slice((told[FOLDER] ?? '').length + 1).split('/');
  return first === 'shares' ? `\\\\${names.join('\\')}` : `${first.toUpperCase()}:\\${names.join('\\')}`;
}

/** A call of Node's for files, made to take paths of Windows. */
export function onDrives<F extends (...given: never[]) => unknown>(call: F, count = 1): F {
  const bare = call as unknown as (...given: unknown[]) => unknown;
  const mapped = (...given: unknown[]): unknown => bare(...given.map((one, at) => (at < count ? placeOf(one) : one)));
  return mapped as unknown as F;
}
