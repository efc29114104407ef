/** Where the user's own files are. */
import { homedir } from 'node:os';
import type { Host } from './host.js';

/** The home folder of the user; undefined where the caller's own environment names none, and for a user whom the system does not know. */
export function userHome({ env, platform, isEnvGiven }: Host): string | undefined {
  const named = platform === 'win32' ? env.USERPROFILE : env.HOME;
  return named || (isEnvGiven ? undefined : knownHome());
}

function knownHome(): string | undefined {
  try {
    return homedir();
  } catch {
    // A user without an entry, as in containers that are started under a number.
    return undefined;
  }
}
