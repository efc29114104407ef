/** Absolute paths, of which each file is to have one: they are compared, and are the keys of maps. */
import * as system from 'node:path';

/** The words joined to an absolute path, as Node's `resolve` does it on a system; on Windows each drive has one name. */
export function resolveOn(platform: NodeJS.Platform, ...words: string[]): string {
  if (platform !== 'win32') return system.posix.resolve(...words);
  return withLargeDrive(system.win32.resolve(...words.map(ofDrive)));
}

/** The same where we are. */
export const resolve: typeof system.resolve =
  system.sep === '/' ? system.resolve : (...words) => resolveOn('win32', ...words);

/** `/C:/x`, as the path of a URL of a file has it, is `C:/x`. */
function ofDrive(word: string): string {
  return word.replace(/^[\\/](?=[A-Za-z]:[\\/])/, '');
}

/** A path of Windows with the letter of its drive as a capital: some terminals start programs in `c:\`, and users write either. */
export function withLargeDrive(path: string): string {
  return /^[a-z]:/.test(path) ? path.charAt(0).toUpperCase() + path.slice(1) : path;
}

/** Names of devices, which they are on many Windows with an ending as well. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)$/i;

/**
 * Why Windows can have no file of a name, or none that its other programs open, in a few words; undefined where it can. Node asks for names
 * in a way by which even such come to be, and can hardly be removed.
 */
export function whyNoName(name: string): string | undefined {
  const { base } = system.win32.parse(name);
  const [beginning = ''] = base.split('.', 1);
  if (DEVICE.test(beginning.trimEnd())) return `${beginning} is a device on Windows`;
  if (/[. ]$/.test(base)) return 'names on Windows do not end in dots and blanks';
  const sign = /[<>:"|?*]/.exec(base)?.[0];
  return sign && `names on Windows have no ${sign}`;
}
