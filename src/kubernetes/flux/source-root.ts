/** Where a source of Flux begins, as far as a working tree tells. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the repository that a folder lies in, links resolved; the folder itself when there is none. */
export function sourceRoot(folder: string): string {
  const start = realpathSync(folder);
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return start;
  }
}
