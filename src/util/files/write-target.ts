/** Where a path leads when it is to be written, and whether it may be written there. */

import { dirname, isAbsolute, join, parse, sep } from 'node:path';
import { geteuid, platform } from 'node:process';
import { SopsError } from '../../errors.js';
import { systemReason } from './files.js';
import { accessSync, constants, lstatSync, nativeRealpath, readlinkSync, type Stats } from './fs.js';
import { resolve, whyNoName } from './paths.js';

/** What is to be written. */
export interface WriteTarget {
  /** The file itself, behind all symbolic links. */
  readonly path: string;
  /** What stands there, or null for a new file, or an open descriptor. */
  readonly stats: Stats | null;
  /** Whether it is not a regular file but something bytes flow into. */
  readonly stream: boolean;
}

/** Paths that name an open descriptor; replacing what they lead to would leave the descriptor behind. */
const DESCRIPTOR = /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/(?:self|thread-self|\d+)\/fd\/\d+)$/;
const MOST_LINKS = 40;
/** Sticky, and open to everybody. */
const SHARED = 0o1002;

/** Finds what a path leads to, and makes sure that it may be written. Throws `output-unwritable`. `on` is there for tests. */
export function locate(path: string, on: NodeJS.Platform = platform): WriteTarget {
  try {
    const found = followLinks(path);
    if (found === null) return { path, stats: null, stream: true };
    const { stats } = found;
    if (stats?.isDirectory() || (stats === null && (path.endsWith('/') || path.endsWith(sep)))) {
      throw unwritable(path, 'is a directory');
    }
    const reason = on === 'win32' && stats === null ? whyNoName(found.path) : undefined;
    if (reason !== undefined) throw unwritable(path, reason);
    if (stats !== null) {
      if (stats.isFile() || stats.isFIFO()) refuseForeign(path, found.path, stats);
      accessSync(found.path, constants.W_OK);
    }
    return { ...found, stream: stats !== null && !stats.isFile() };
  } catch (error) {
    throw error instanceof SopsError ? error : unwritable(path, systemReason(error), error);
  }
}

type Found = Pick<WriteTarget, 'path' | 'stats'>;

/** The path behind all symbolic links, whether or not a file is there; null when it is that of an open descriptor. */
function followLinks(path: string): Found | null {
  const whole = resolve(path);
  if (DESCRIPTOR.test(whole)) return null;
  return withoutLinks(whole) ?? walkAlong(path, whole);
}

/** What stands at a path on which there is no link, as on most: the system looks at all folders at once. Null for another. */
function withoutLinks(path: string): Found | null {
  const folder = dirname(path);
  try {
    if (nativeRealpath(folder) !== folder) return null;
    const stats = lstatSync(path, { throwIfNoEntry: false }) ?? null;
    return stats?.isSymbolicLink() ? null : { path, stats };
  } catch {
    return null;
  }
}

/** Follows the links on a path one by one. */
function walkAlong(path: string, whole: string): Found | null {
  let at = parse(whole).root;
  let rest = partsOf(whole.slice(at.length));
  for (let hops = 0; ; ) {
    if (DESCRIPTOR.test(join(at, ...rest))) return null;
    const [part, ...behind] = rest;
    if (part === undefined) return { path: at, stats: lstatSync(at) };
    const next = join(at, part);
    rest = behind;
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (!stats) return { path: join(next, ...rest), stats: null };
    if (!stats.isSymbolicLink()) {
      at = next;
      continue;
    }
    if (++hops > MOST_LINKS) throw unwritable(path, 'too many symbolic links encountered');
    refuseForeign(path, next, stats);
    const link = readlinkSync(next);
    if (isAbsolute(link)) at = parse(resolve(at, link)).root;
    rest = [...partsOf(isAbsolute(link) ? link.slice(parse(link).root.length) : link), ...rest];
  }
}

function partsOf(path: string): string[] {
  return path.split(sep === '/' ? '/' : /[\\/]/).filter((part) => part !== '' && part !== '.');
}

/**
 * Where everybody may put files, one of somebody else's is a trap. Linux refuses to follow such a link and to open such a file for
 * writing (`fs.protected_symlinks`, `protected_regular`, `protected_fifos`); who follows links by hand must do it, too.
 */
function refuseForeign(shown: string, path: string, stats: Stats): void {
  const user = geteuid?.();
  if (user === undefined || stats.uid === user) return;
  const folder = lstatSync(dirname(path));
  if ((folder.mode & SHARED) !== SHARED || folder.uid === stats.uid) return;
  const what = stats.isSymbolicLink() ? 'symbolic link' : 'file';
  const whose = `${path === resolve(shown) ? '' : `${path} `}is a ${what} of another user (${stats.uid})`;
  throw unwritable(shown, `${whose} in a folder where everybody may put files`);
}

/** Worded as the reason only; callers say what the file was for. */
export function unwritable(path: string, reason: string, cause?: unknown): SopsError {
  const message = `open ${path}: ${reason}`;
  return new SopsError('output-unwritable', message, { file: path, ...(cause === undefined ? {} : { cause }) });
}

/** A write that failed when the file was open; what it holds now the caller says. */
export function writeFailed(path: string, cause: unknown): SopsError {
  return new SopsError('write-failed', `write ${path}: ${systemReason(cause)}`, { file: path, cause });
}
