/** `trust`: recording that the user trusts a configuration, and forgetting it. */
import { join } from 'node:path';
import { CONFIG_NAME, findConfig } from '../config/find.js';
import { forgetTrust, recordTrust } from '../config/trust-record.js';
import { SopsError } from '../errors.js';
import { showConfig } from '../run/trust.js';
import { statOrThrow } from '../util/files/files.js';
import { resolve } from '../util/files/paths.js';
import type { Session } from '../util/host/host.js';

export interface TrustRequest {
  /** A folder, from which the configuration is looked for upwards, or the configuration itself; undefined for the working directory. */
  readonly place?: string | undefined;
  /** The configuration that `--config` or `SOPS_CONFIG` names; counts where no place is named. */
  readonly configPath?: string | undefined;
}

/** A configuration that is trusted now. */
export interface Trusted {
  /** Absolute path. */
  readonly path: string;
  /** In words: where it would have credentials sent, and which programs it would have started. */
  readonly claims: readonly string[];
  /** The schemes whose references it allows more than usual. */
  readonly schemes: readonly string[];
}

/** Records that the user trusts a configuration as it is now. Throws `config` when there is none or it cannot be read, and as `recordTrust`. */
export async function trustConfiguration(request: TrustRequest, host: Session): Promise<Trusted> {
  const path = configAt(request, host);
  const shown = path === null ? null : await showConfig(path, host);
  if (!shown) {
    throw new SopsError('config', 'config file not found', { hint: 'Name its folder: sops-ts trust DIR' });
  }
  await recordTrust(shown.file, host);
  return { path: shown.file.absolute, claims: shown.claims, schemes: shown.schemes };
}

/** Forgets that a configuration was trusted; it need not be there any more. Returns its path. Throws `config` when it was not trusted. */
export function distrustConfiguration(request: TrustRequest, host: Session): string {
  const path = configAt(request, host) ?? resolve(host.cwd, request.place ?? '.', CONFIG_NAME);
  if (forgetTrust(path, host)) return path;
  throw new SopsError('config', `${path} was not trusted`, { hint: 'See what is: sops-ts trust --list' });
}

/** The absolute path of the configuration that is meant; null for none. Throws `config` for a place that is not there. */
function configAt({ place, configPath }: TrustRequest, host: Session): string | null {
  if (place === undefined && configPath) return resolve(host.cwd, configPath);
  const start = resolve(host.cwd, place ?? '.');
  if (statOrThrow(start)?.isDirectory() === false) return start;
  // A folder of its own comes before those above it, also when it is gone.
  if (place !== undefined && !statOrThrow(start)) return start.endsWith(CONFIG_NAME) ? start : join(start, CONFIG_NAME);
  const found = findConfig(host.fork({ cwd: start }));
  return found === null ? null : resolve(start, found);
}
