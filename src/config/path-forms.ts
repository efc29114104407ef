/** The texts by which expressions of rules are compared with a path: systems that take several names for one file let people write any of them. */
import { posix, win32 } from 'node:path';
import { nativeRealpath } from '../util/files/fs.js';
import { resolveOn, withLargeDrive } from '../util/files/paths.js';
import type { Host } from '../util/host/host.js';
import type { Rules } from './model.js';

/**
 * The path as creation rules see it, in all its forms: without the configuration's folder if it lies below; where case does not count, as
 * the folders have it, too. The first is the one to show.
 */
export function comparedPaths(config: Pick<Rules, 'folder'>, filePath: string, host: Host): string[] {
  const path = pathBelow(config.folder, filePath, host);
  const stored = ignoresCase(host.platform) ? storedName(path, config.folder, filePath, host) : undefined;
  const named = stored === undefined ? [path] : systemOf(host).isAbsolute(path) ? [stored, path] : [path, stored];
  return [...new Set(named.flatMap((one) => pathForms(one, host)))];
}

/** What a text may be written as: on Windows with either separator, on macOS with accents in one character or two. */
export function pathForms(path: string, { platform }: Pick<Host, 'platform'>): string[] {
  if (platform === 'win32') return [path, path.replaceAll('\\', '/')];
  if (platform === 'darwin') return [path, path.normalize('NFC'), path.normalize('NFD')];
  return [path];
}

/** Whether a path has only one form, so that no others need be found. */
export function hasOneForm(platform: NodeJS.Platform): boolean {
  return platform !== 'win32' && platform !== 'darwin';
}

function ignoresCase(platform: NodeJS.Platform): boolean {
  return !hasOneForm(platform);
}

function pathBelow(folder: string, filePath: string, host: Host): string {
  const absolute = resolveOn(host.platform, host.cwd, filePath);
  const start = (host.platform === 'win32' ? withLargeDrive(folder) : folder) + systemOf(host).sep;
  return absolute.startsWith(start) ? absolute.slice(start.length) : absolute;
}

/** The same name as it is stored, if it differs in case alone: where links lead elsewhere the name counts that was given. */
function storedName(path: string, folder: string, filePath: string, host: Host): string | undefined {
  const absolute = resolveOn(host.platform, host.cwd, filePath);
  const real = realpathOf(absolute, host);
  if (real === undefined) return undefined;
  const stored = pathBelow(realpathOf(folder, host) ?? folder, real, host);
  return plainText(stored) === plainText(path) || plainText(real) === plainText(absolute) ? stored : undefined;
}

function plainText(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** Where a path leads, of which the last parts need not be there. */
function realpathOf(absolute: string, host: Host): string | undefined {
  const { basename, dirname, join } = systemOf(host);
  const missing: string[] = [];
  for (let at = absolute; at !== dirname(at); at = dirname(at)) {
    try {
      return join(nativeRealpath(at), ...missing);
    } catch {
      missing.unshift(basename(at));
    }
  }
  return undefined;
}

function systemOf({ platform }: Host): typeof posix {
  return platform === 'win32' ? win32 : posix;
}
