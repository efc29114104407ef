/** The programs that look after git's hooks: one row each. A new one is one file and one row. */
import { hooksFolder, type SetupPlace } from '../place.js';
import { husky } from './husky.js';
import { lefthook } from './lefthook.js';
import type { HookManagerRow } from './manager.js';
import { preCommit } from './pre-commit.js';

/** Nobody: git starts the scripts of its folder itself. */
const NONE: HookManagerRow = { name: 'none', find: () => null, hooks: { are: 'scripts' } };

/** In the order in which they are looked for. */
export const HOOK_MANAGERS: readonly HookManagerRow[] = [husky, preCommit, lefthook];

/** Who looks after the hooks of a repository. */
export interface FoundManager {
  readonly row: HookManagerRow;
  /** Where git looks for hooks, absolute. */
  readonly folder: string;
  /** Whether that folder is of this repository; others would get our hooks with it. */
  readonly isOwn: boolean;
  /** The file of settings, or the folder of scripts where that is not git's; null for none yet. */
  readonly path: string | null;
}

/** Finds out who looks after the hooks. */
export async function hookManagerOf(place: SetupPlace): Promise<FoundManager> {
  const { path: folder, isOwn } = await hooksFolder(place);
  const { top } = place;
  for (const row of top === null ? [] : HOOK_MANAGERS) {
    const path = top === null ? undefined : row.find({ top, folder });
    if (path !== undefined) return { row, folder, isOwn, path };
  }
  return { row: NONE, folder, isOwn, path: null };
}
