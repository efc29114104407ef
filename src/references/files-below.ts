/** Files that references name: below the folder of the file that holds them, unless the user allowed more. */
import { isAbsolute, relative, sep } from 'node:path';
import { SopsError } from '../errors.js';
import { isAbsent, systemReason } from '../util/files/files.js';
import { realpathSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import type { ReferenceContext } from './backend.js';

/**
 * The absolute path of a file. Links are followed before it is judged: one that leads out of the folder is out of it. Throws
 * `reference-not-allowed`, and `reference-not-found` when it is not there.
 */
export function fileBelow(path: string, context: ReferenceContext): string {
  const wanted = resolve(context.folder, path.replace(/\/$/, ''));
  if (context.readsEverywhere) return wanted;
  const real = realPath(wanted);
  const folder = realPath(context.folder);
  const way = relative(folder, real);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    context.demand('files outside of the folder of the file that holds them', real);
  return wanted;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    return missing(error);
  }
}

/** The error for a file that cannot be read. */
export function missing(cause: unknown): never {
  const reason = isAbsent(cause) ? 'no such file' : `it cannot be read: ${systemReason(cause)}`;
  throw new SopsError('reference-not-found', reason, {
    hint: 'Relative paths begin at the folder of the file that holds the reference; after file:/// a path is absolute.',
    cause,
  });
}
