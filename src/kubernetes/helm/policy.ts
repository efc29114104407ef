/** What helm-secrets's variables allow: whoever restricts the one plug-in wants the other restricted, too. */
import { lstatSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
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

function checkKeyLocation(path: string, { env }: Host): void {
  const prefix = env.HELM_SECRETS_KEY_LOCATION_PREFIX || '';
  const leads = path.startsWith(prefix) && !(prefix !== '' && hasDotDot(path));
  refuseIf(leads ? undefined : 'HELM_SECRETS_KEY_LOCATION_PREFIX', `the key location ${JSON.stringify(path)}`);
}

function checkValuesPath(path: string, host: Host): void {
  const shown = JSON.stringify(path);
  const isLink = isSymbolicLink(resolve(host.cwd, path));
  refuseIf(isLink && isOff('VALUES_ALLOW_SYMLINKS', host), `${shown}, a symbolic link,`);
  refuseIf(isAbsolute(path) && isOff('VALUES_ALLOW_ABSOLUTE_PATH', host), `${shown}, an absolute path,`);
  refuseIf(hasDotDot(path) && isOff('VALUES_ALLOW_PATH_TRAVERSAL', host), `${shown}, which holds "..",`);
}

/** What no path can be is no link: reading it fails, and says why. */
function isSymbolicLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
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
