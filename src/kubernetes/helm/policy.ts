/** What helm-secrets's variables allow: whoever restricts the one plug-in wants the other restricted, too. */

import { dirname, isAbsolute, relative } from 'node:path';
import { SopsError } from '../../errors.js';
import { realpathSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { isBelow } from '../kustomize/sources.js';
import { isHttp, type SecretsUrl } from './secrets-url.js';

/** Refuses what the environment does not allow. Throws `failed`, with the variable named. */
export function checkAllowed(url: SecretsUrl, host: Host): void {
  const { target, literal, backend, keys } = url;
  const allowed = host.env.HELM_SECRETS_ALLOWED_BACKENDS || undefined;
  refuseIf(
    allowed !== undefined && !allowed.split(',').includes(backend) && 'HELM_SECRETS_ALLOWED_BACKENDS',
    `the backend ${backend}`,
  );
  if (keys) {
    const place = keys.source.kind === 'cluster' ? '_KUBERNETES' : '';
    refuseIf(isOff(`ALLOW_${keys.type.toUpperCase()}_IMPORT${place}`, host), 'importing keys');
    if (keys.source.kind === 'file') checkKeyLocation(keys.source.path, host);
  }
  if (!literal && !isHttp(url)) checkValuesPath(target, host);
}

/** A link below the place of keys would lead out of it as `..` would. */
function checkKeyLocation(path: string, host: Host): void {
  const prefix = host.env.HELM_SECRETS_KEY_LOCATION_PREFIX || '';
  if (prefix === '') return;
  const place = resolve(host.cwd, prefix.endsWith('/') ? prefix : dirname(prefix));
  const leads = path.startsWith(prefix) && !hasDotDot(path) && !isLinked(resolve(host.cwd, path), place);
  refuseIf(leads ? undefined : 'HELM_SECRETS_KEY_LOCATION_PREFIX', `the key location ${JSON.stringify(path)}`);
}

function checkValuesPath(path: string, host: Host): void {
  const shown = JSON.stringify(path);
  const isLink = isLinked(resolve(host.cwd, path), host.cwd);
  refuseIf(isLink && isOff('VALUES_ALLOW_SYMLINKS', host), `${shown}, which leads through a symbolic link,`);
  refuseIf(isAbsolute(path) && isOff('VALUES_ALLOW_ABSOLUTE_PATH', host), `${shown}, an absolute path,`);
  refuseIf(hasDotDot(path) && isOff('VALUES_ALLOW_PATH_TRAVERSAL', host), `${shown}, which holds "..",`);
}

/**
 * Whether a path is, or leads through, a symbolic link. The links on the way to `place` do not count for what lies in it: where the
 * caller stands is not the path's doing. What no path can be is not a link: reading it fails, and says why.
 */
function isLinked(path: string, place: string): boolean {
  try {
    const expected = isBelow(path, place) ? resolve(realpathSync(place), relative(place, path)) : path;
    return realpathSync(path) !== expected;
  } catch {
    return false;
  }
}

function hasDotDot(path: string): boolean {
  return path.split(/[\\/]/).includes('..');
}

/** The variable, when it is set to anything but `true`. */
function isOff(name: string, { env }: Host): string | undefined {
  const variable = `HELM_SECRETS_${name}`;
  const value = env[variable];
  return value === undefined || value === '' || value === 'true' ? undefined : variable;
}

function refuseIf(variable: string | undefined | false, what: string): void {
  if (variable) throw new SopsError('failed', `${what} is not allowed in this context: see ${variable}`);
}
