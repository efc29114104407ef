/**
 * The private folder in which Node keeps the program compiled (docs/architecture.md#start-up). Whatever stands in it is run, and Node
 * holds it to a CRC-32 alone, which is no protection: so the folder must be the user's own, and nobody else may write there.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** Whose run this is. */
export interface Runner {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** The effective user; undefined where the system has none (Windows). */
  readonly user: number | undefined;
}

/** How many versions of Node keep their code. */
const MOST_VERSIONS = 3;
const OTHERS_WRITE = 0o022;
const OTHERS = 0o077;
const STICKY = 0o1000;

/** The place for caches of the user's, by the system's custom; undefined where it is not known. */
function cachesOf({ env, platform }: Runner): string | undefined {
  // A relative path would be another folder wherever the program is started, perhaps one of a repository of somebody else's.
  if (isAbsolute(env.XDG_CACHE_HOME ?? '')) return env.XDG_CACHE_HOME;
  if (platform === 'win32') return isAbsolute(env.LOCALAPPDATA ?? '') ? env.LOCALAPPDATA : undefined;
  const home = env.HOME ?? knownHome();
  if (!home?.startsWith('/')) return undefined;
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}

/** The home that the system knows of; not that of util/host/user-home.ts, as every start comes here, and loading `node:os` would take half a millisecond of it. */
function knownHome(): string | undefined {
  try {
    return process.getBuiltinModule('node:os').homedir();
  } catch {
    return undefined;
  }
}

/** Where the compiled program is kept; undefined when it is to be kept nowhere. */
export function compileCacheFolder(runner: Runner): string | undefined {
  const { env, platform, user } = runner;
  const folder = cachesOf(runner);
  if (!folder || env.SOPS_TS_COMPILE_CACHE === '0' || env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  // With sudo, HOME may still be that of a user, who could then have root run code.
  if (user === 0 && platform !== 'win32' && isForeign(env.HOME, user)) return undefined;
  return join(folder, 'sops-ts');
}

function isForeign(home: string | undefined, user: number): boolean {
  const found = home ? statSync(home, { throwIfNoEntry: false }) : undefined;
  return found === undefined || found.uid !== user;
}

/**
 * Makes the folder, if it can be made. Returns whether the compiled program may be kept there. Parents are made one by one: Node's way
 * of making all of them never ends where the system says that a folder which is there is missing, as below `/proc`.
 */
export function isPrivateFolder(folder: string, { user }: Runner): boolean {
  try {
    const own = lstatSync(folder, { throwIfNoEntry: false }) ?? made(folder);
    return mayHoldCode(own, user, OTHERS) && mayHoldCode(lstatSync(dirname(folder)), user, OTHERS_WRITE);
  } catch {
    return false;
  }
}

/** A folder that is there and not used, since others may write to it; undefined when there is none. For `doctor`. */
export function foreignCacheFolder(runner: Runner): string | undefined {
  const folder = compileCacheFolder(runner);
  if (folder === undefined || !lstatSync(folder, { throwIfNoEntry: false })) return undefined;
  return isPrivateFolder(folder, runner) ? undefined : folder;
}

function made(folder: string): Stats {
  for (const path of [dirname(folder), folder]) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return lstatSync(folder);
}

function mayHoldCode(found: Stats, user: number | undefined, refused: number): boolean {
  if (!found.isDirectory()) return false;
  if (user === undefined) return true;
  const isSafe = (found.mode & refused) === 0 || (refused === OTHERS_WRITE && (found.mode & STICKY) !== 0);
  return isSafe && (found.uid === user || (refused === OTHERS_WRITE && found.uid === 0));
}

/** Removes what the oldest versions of Node have left, when another one begins: `own` is the folder of the Node that runs. */
export function removeOldVersions(own: string): void {
  const folder = dirname(own);
  const others = readdirSync(folder).filter((name) => /^v\d/.test(name) && name !== basename(own));
  const byAge = others.map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs })).sort((a, b) => b.at - a.at);
  for (const { name } of byAge.slice(MOST_VERSIONS - 1)) rmSync(join(folder, name), { recursive: true, force: true });
}
