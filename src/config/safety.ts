/** Configurations that somebody else can write are refused, as git refuses such repositories: they say who is to read the user's secrets. */

import { delimiter, dirname, resolve, sep } from 'node:path';
import { SopsError } from '../errors.js';
import type { Stats } from '../util/fs.js';
import type { Host } from '../util/host.js';
import { otherWriterOf } from '../util/writers.js';
import { warnOnce } from './warnings.js';

const VARIABLE = 'SOPS_TS_SAFE_DIRECTORIES';

/**
 * Throws `config` for a configuration that is or may be another's work, unless its folder, or one above it, is in
 * `SOPS_TS_SAFE_DIRECTORIES` (`*` for all). Called as `sops`, that is a warning. `stats` are those of the open file.
 */
export function checkWriters(absolute: string, path: string, stats: Stats, host: Host): void {
  const reason = otherWriterOf(absolute, stats, host);
  if (reason === undefined || isSafe(dirname(absolute), host)) return;
  const unsafe = `${path} may not be your own: ${reason}`;
  if (host.calledAsSops) {
    warnOnce(host, `${unsafe}; sops uses it all the same`);
    return;
  }
  throw new SopsError('config', `${unsafe}; ${VARIABLE} can allow its folder`, {
    hint: `Whoever can change it decides who reads your secrets. Take that right away (chown, chmod go-w), or list its folder in ${VARIABLE}.`,
  });
}

function isSafe(folder: string, { env, cwd }: Host): boolean {
  const listed = (env[VARIABLE] ?? '').split(delimiter).filter((one) => one !== '');
  return listed.some((one) => one === '*' || `${folder}${sep}`.startsWith(withEnd(resolve(cwd, one))));
}

function withEnd(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
