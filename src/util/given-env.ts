/** Environments that callers of the library give in place of the process's: what they do not name is nowhere. */
import { homedir } from 'node:os';
import type { Host } from './host.js';

const given = new WeakSet<Host['env']>();

/** Called once for the host of a call whose caller gave an environment. */
export function noteGivenEnv({ env }: Host): void {
  given.add(env);
}

export function isGivenEnv({ env }: Host): boolean {
  return given.has(env);
}

/** The home folder of the user; undefined where the caller's own environment names none. */
export function userHome(host: Host): string | undefined {
  const { env, platform } = host;
  const named = platform === 'win32' ? env.USERPROFILE : env.HOME;
  return named || (isGivenEnv(host) ? undefined : homedir());
}
