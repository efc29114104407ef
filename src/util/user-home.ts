/** Where the user's own files are. */
import { homedir } from 'node:os';
import type { Host } from './host.js';

/** The home folder of the user; undefined where the caller's own environment names none. */
export function userHome({ env, platform, isEnvGiven }: Host): string | undefined {
  const named = platform === 'win32' ? env.USERPROFILE : env.HOME;
  return named || (isEnvGiven ? undefined : homedir());
}
