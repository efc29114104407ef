/** The user's own folders, by the rules of each system. */
import { isAbsolute, join } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';

/** The home folder, or the error that there is none. */
export function homeFolder(host: Host): string | SopsError {
  const windows = host.platform === 'win32';
  const home = windows ? host.env.USERPROFILE : host.env.HOME;
  return home || new SopsError('key', `${windows ? '%userprofile%' : '$HOME'} is not defined`);
}

/** The folder for configuration, or the error that there is none. */
export function configFolder(host: Host): string | SopsError {
  const { APPDATA: appData, XDG_CONFIG_HOME: xdg, HOME: home } = host.env;
  if (host.platform === 'win32') return appData || new SopsError('key', '%AppData% is not defined');
  if (host.platform === 'darwin') {
    if (xdg) return xdg;
    return home ? join(home, 'Library', 'Application Support') : new SopsError('key', '$HOME is not defined');
  }
  if (xdg) return isAbsolute(xdg) ? xdg : new SopsError('key', 'path in $XDG_CONFIG_HOME is relative');
  return home ? join(home, '.config') : new SopsError('key', 'neither $XDG_CONFIG_HOME nor $HOME are defined');
}
