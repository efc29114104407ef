/** Where the `.sops.yaml` of a run is (spec keys-and-config.md 5.1; design.md section 5 for the search from the file). */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Host } from '../util/host.js';
import { warnOnce } from './warnings.js';

const NAME = '.sops.yaml';
const WRONG_NAME = '.sops.yml';
/** Folders looked into, the first one included. */
const LEVELS = 100;

/** What one walk upwards met; absolute paths. */
interface Walk {
  readonly found: string | undefined;
  /** The nearest `.sops.yml`, if no `.sops.yaml` is as near. */
  readonly misnamed: string | undefined;
}

/**
 * Finds the configuration: from the working directory upwards, and if there is none, from the folder of `filePath` upwards.
 * Returns its path as seen from the working directory, or null. Warns, once per run each, of a `.sops.yml` met before it, and
 * when the file lies nearer to another configuration than the one used.
 */
export function findConfig(host: Host, filePath?: string): string | null {
  const here = walkUp(host.cwd);
  const there = filePath === undefined ? here : walkUp(dirname(resolve(host.cwd, filePath)));
  const found = here.found ?? there.found;
  const shown = (path: string): string => relative(host.cwd, path);
  const misnamed = here.misnamed ?? (here.found === undefined ? there.misnamed : undefined);
  if (misnamed !== undefined) {
    const instead = found === undefined ? '' : `; using ${JSON.stringify(shown(found))} instead`;
    warnOnce(
      host,
      `ignoring ${JSON.stringify(shown(misnamed))} when searching for config file; the config file must be called ${JSON.stringify(NAME)}${instead}`,
    );
  }
  if (found === undefined) return null;
  if (there.found !== undefined && there.found !== found) {
    warnOnce(
      host,
      `using ${JSON.stringify(shown(found))}, found from the working directory, although ${JSON.stringify(shown(there.found))} is nearer to the file; choose with --config`,
    );
  }
  return shown(found);
}

function walkUp(start: string): Walk {
  let misnamed: string | undefined;
  let folder = start;
  for (let level = 0; level < LEVELS; level++) {
    const path = join(folder, NAME);
    if (existsSync(path)) return { found: path, misnamed };
    const wrong = join(folder, WRONG_NAME);
    if (misnamed === undefined && existsSync(wrong)) misnamed = wrong;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return { found: undefined, misnamed };
}
