/** Where a source of Flux begins, as far as a working tree tells. */

import { repositoryOf } from '../../exec/git/places.js';
import { realpathSync } from '../../util/files/fs.js';
import { isBelow } from '../kustomize/sources.js';

/**
 * The root of the repository that a folder lies in, links resolved. Where there is none: where the command was called, if the
 * folder lies there, and else the folder itself.
 */
export function sourceRoot(folder: string, cwd: string): string {
  const start = realpathSync(folder);
  const root = repositoryOf(start);
  if (root !== undefined) return root;
  const called = realpathSync(cwd);
  return isBelow(start, called) ? called : start;
}
