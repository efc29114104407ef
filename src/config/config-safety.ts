/** Configurations that somebody else can write are refused, as git refuses such repositories: they say who is to read the user's secrets. */
import { delimiter, dirname } from 'node:path';
import { SopsError } from '../errors.js';
import { otherWriterOf } from '../util/files/file-writers.js';
import { isWithin } from '../util/files/files.js';
import type { Stats } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import type { Host, Session } from '../util/host/host.js';
import type { ConfigFile } from './model.js';
import { warnOnce } from './warnings.js';

const VARIABLE = 'SOPS_TS_SAFE_DIRECTORIES';

/** A configuration that was read. */
export interface ConfigBytes {
  readonly file: ConfigFile;
  /** As the user is to see it. */
  readonly path: string;
  /** Those of the open file. */
  readonly stats: Stats;
}

/**
 * Throws `config` for a configuration that is or may be another's work, unless the user has trusted it as it is, or its folder, or one above
 * it, is in `SOPS_TS_SAFE_DIRECTORIES` (`*` for all). Called as `sops`, that is a warning.
 */
export async function checkWriters({ file, path, stats }: ConfigBytes, host: Session): Promise<void> {
  const reason = otherWriterOf(file.absolute, stats, host);
  if (reason === undefined || isSafe(dirname(file.absolute), host)) return;
  const unsafe = `${path} may not be your own: ${reason}`;
  if (host.calledAsSops) {
    warnOnce(host, `${unsafe}; sops uses it all the same`);
    return;
  }
  const { isTrusted } = await import('./trust-record.js');
  if (isTrusted(file, host)) return;
  throw new SopsError('config', `${unsafe}; sops-ts trust or ${VARIABLE} can allow it`, {
    hint: `Whoever can change it decides who reads your secrets. Take that right away (chown, chmod go-w), look at it and run sops-ts trust, or list its folder in ${VARIABLE}.`,
  });
}

function isSafe(folder: string, { env, cwd }: Host): boolean {
  const listed = (env[VARIABLE] ?? '').split(delimiter).filter((one) => one !== '');
  return listed.some((one) => one === '*' || isWithin(folder, resolve(cwd, one)));
}
