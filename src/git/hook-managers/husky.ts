/** husky: scripts in `.husky`, which it has git start through a folder of its own. */
import { join, sep } from 'node:path';
import { statOrThrow } from '../../util/files/files.js';
import { readSettingsFile } from '../settings-file.js';
import type { HookManagerRow } from './manager.js';

export const husky: HookManagerRow = {
  name: 'husky',
  find({ top, folder }) {
    const scripts = join(top, '.husky');
    return `${folder}${sep}`.startsWith(scripts + sep) || usesHusky(top) ? scripts : undefined;
  },
  hooks: { are: 'scripts', activation: 'run husky' },
};

/** A clone in which npm has not run yet has the folder, but no setting. */
function usesHusky(top: string): boolean {
  if (!statOrThrow(join(top, '.husky'))?.isDirectory()) return false;
  return /"husky"\s*:/.test(readSettingsFile(join(top, 'package.json')) ?? '');
}
