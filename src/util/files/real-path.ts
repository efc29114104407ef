/** Paths behind symbolic links, where some of them may not be there. */
import { basename, dirname, join } from 'node:path';
import { realpathSync } from './fs.js';

/** The path behind all links; undefined where nothing is, or cannot be looked at. */
export function realPathIfThere(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** The path behind all links, as far as it is there: git and the rules know nothing of links on the way to a folder. */
export function realPath(path: string): string {
  const folder = dirname(path);
  return realPathIfThere(path) ?? (folder === path ? path : join(realPath(folder), basename(path)));
}
