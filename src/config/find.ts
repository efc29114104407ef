/** Where the `.sops.yaml` of a run is (docs/configuration.md#where-it-is-looked-for). */

import { dirname, relative, sep } from 'node:path';
import { SopsError } from '../errors.js';
import { systemCode, systemReason } from '../util/files/files.js';
import { statSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import type { Host, Session } from '../util/host/host.js';
import { warnOnce } from './warnings.js';

/** What a configuration is called. */
export const CONFIG_NAME = '.sops.yaml';
const WRONG_NAME = '.sops.yml';
/** Folders looked into, the first one included. */
const LEVELS = 100;

/** What one walk upwards met; absolute paths. */
interface Walk {
  readonly found: string | undefined;
  /** The nearest `.sops.yml`, if no `.sops.yaml` is as near. */
  readonly misnamed: string | undefined;
  /** The nearest place, if no configuration is as near, where nobody can tell whether there is one. */
  readonly closed: Closed | undefined;
}

/** A place that is closed to us, and what the system says of it. */
interface Closed {
  readonly path: string;
  readonly cause: unknown;
}

/** What looking for a configuration came to; paths as seen from the working directory. */
export interface ConfigSearch {
  readonly found: string | undefined;
  /** Whether it was met on the way up from the working directory; else from the file's folder. */
  readonly fromHere: boolean;
  /** Another one, to which the file lies nearer. */
  readonly nearer: string | undefined;
  /** A `.sops.yml` met before, which is not a configuration. */
  readonly misnamed: string | undefined;
  /** A place met before, where nobody can tell whether there is one. */
  readonly closed: Closed | undefined;
}

/** Looks from the working directory upwards, and if there is none, from the folder of `filePath` upwards. */
export function searchConfig(host: Host, filePath?: string): ConfigSearch {
  const { cwd } = host;
  const here = walkUp(cwd);
  const beside = filePath === undefined ? cwd : dirname(resolve(cwd, filePath));
  const there = beside === cwd ? here : walkUp(beside);
  const found = here.found ?? there.found;
  const shown = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : relative(cwd, path);
  return {
    found: shown(found),
    fromHere: here.found !== undefined,
    nearer: isOne(there.found, found) ? undefined : shown(there.found),
    misnamed: shown(here.misnamed ?? (here.found === undefined ? there.misnamed : undefined)),
    closed: here.closed ?? (here.found === undefined ? there.closed : undefined),
  };
}

/** Two paths of one file may differ in case, where the system does not heed it and Node knows that. */
function isOne(one: string | undefined, other: string | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && relative(one, other) === '');
}

/**
 * Finds the configuration as {@link searchConfig} does. Returns its path as seen from the working directory, or null. Warns, once
 * per run each, of a `.sops.yml` met before it, and when the file lies nearer to another configuration than the one used. Throws
 * `config` when another one may come before it, of which nobody can tell whether it is there; `sops` then only warns.
 */
export function findConfig(host: Session, filePath?: string): string | null {
  const { found, nearer, misnamed, closed } = searchConfig(host, filePath);
  if (closed) heedClosed(closed, found, host);
  if (misnamed !== undefined) {
    const instead = found === undefined ? '' : `; using ${JSON.stringify(found)} instead`;
    warnOnce(
      host,
      `ignoring ${JSON.stringify(misnamed)} when searching for config file; the config file must be called ${JSON.stringify(CONFIG_NAME)}${instead}`,
    );
  }
  if (found !== undefined && nearer !== undefined) {
    warnOnce(
      host,
      `using ${JSON.stringify(found)}, found from the working directory, although ${JSON.stringify(nearer)} is nearer to the file; choose with --config`,
    );
  }
  return found ?? null;
}

/** If there is no other configuration either, going on guesses nothing. */
function heedClosed(closed: Closed, found: string | undefined, host: Session): void {
  const error = cannotTell(closed);
  if (found !== undefined && !host.calledAsSops) throw error;
  const instead = found === undefined ? 'going on without one' : `using ${JSON.stringify(found)}`;
  warnOnce(host, `${error.message}; ${instead}`);
}

function walkUp(start: string): Walk {
  let misnamed: string | undefined;
  let closed: Closed | undefined;
  let folder = start;
  for (let level = 0; level < LEVELS; level++) {
    // Not `join`, which reads the whole path again: this runs at every start.
    const inside = folder.endsWith(sep) ? folder : folder + sep;
    const is = looked(inside + CONFIG_NAME);
    if (is === true) return { found: inside + CONFIG_NAME, misnamed, closed };
    const wrong = inside + WRONG_NAME;
    if (is !== false) closed ??= is;
    else if (misnamed === undefined && looked(wrong) === true) misnamed = wrong;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return { found: undefined, misnamed, closed };
}

/** Folders above may be closed to us, which the user cannot change. Any other reason for not knowing can be mended. */
const CLOSED: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM']);

/** Whether something is at a path, as far as we are let look. Throws `config` when nobody can tell for another reason. */
function looked(path: string): boolean | Closed {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    const closed = { path, cause };
    if (CLOSED.has(systemCode(cause))) return closed;
    // Nothing is below a file.
    if (systemCode(cause) === 'ENOTDIR') return false;
    throw cannotTell(closed);
  }
}

function cannotTell({ path, cause }: Closed): SopsError {
  return new SopsError('config', `cannot tell whether ${path} is there: ${systemReason(cause)}`, {
    file: path,
    hint: 'Mend or remove it, or choose a configuration with --config.',
    cause,
  });
}
