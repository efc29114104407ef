/** Finds a program the way a careful shell does: on PATH only, never in the working directory. */
import { delimiter, isAbsolute, join } from 'node:path';
import { constants } from '../util/files/fs.js';
import { access, stat } from '../util/files/fs-promises.js';
import { resolve } from '../util/files/paths.js';
import { caseless } from '../util/host/caseless-env.js';
import type { Host } from '../util/host/host.js';

/** Batch files are started by the shell (batch-file.ts). */
const STARTABLE: ReadonlySet<string> = new Set(['.com', '.exe', '.bat', '.cmd']);

/**
 * The absolute path of a program. A name with a separator is a path, relative to the working directory of the host;
 * any other is looked up in the absolute folders of PATH. Null when there is no such program.
 */
export async function findProgram(name: string, host: Host): Promise<string | null> {
  return firstProgram(placesOf(name, host), host);
}

/** What to do about a program that `findProgram` did not find: `usual`, unless a file of its name is there that may not be run. */
export async function stepForAbsent(name: string, host: Host, usual: string): Promise<string> {
  for (const path of placesOf(name, host)) {
    const isFile = await stat(path).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (isFile) return `${path} is there, but may not be run: chmod +x ${path}`;
  }
  return usual;
}

function placesOf(name: string, host: Host): string[] {
  if (name.includes('/') || (host.platform === 'win32' && name.includes('\\'))) return [resolve(host.cwd, name)];
  const folders = (searchPath(host) ?? '').split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, name));
}

function searchPath({ env, platform }: Host): string | undefined {
  return platform === 'win32' ? caseless(env).PATH : env.PATH;
}

async function firstProgram(paths: readonly string[], host: Host): Promise<string | null> {
  const endings = host.platform === 'win32' ? windowsEndings(host) : [''];
  for (const path of paths) {
    for (const ending of endings) {
      if (await isProgram(path + ending)) return path + ending;
    }
  }
  return null;
}

/** The names to try on Windows: with the endings of PATHEXT that can be started here, and as it is if it has an ending. */
function windowsEndings({ env }: Host): string[] {
  const named = (env.PATHEXT || '.COM;.EXE;.BAT;.CMD').toLowerCase().split(';');
  return ['', ...named.filter((ending) => STARTABLE.has(ending))];
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
