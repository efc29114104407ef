/** The accounts of the system, looked up by name. */
import { readFileSync } from 'node:fs';
import type { Host } from '../util/host/host.js';
import { findProgram } from './find-program.js';
import { runProgram } from './run-program.js';

export interface Account {
  readonly name: string;
  readonly userId: number;
  readonly groupId: number;
  readonly home: string;
}

/**
 * The account of a name (or decimal user id), or null. Read from `/etc/passwd`; where it is not there, from the
 * directory services, by `getent` (Linux) or `id -P` (macOS).
 */
export async function findAccount(name: string, host: Host): Promise<Account | null> {
  if (name === '' || name.startsWith('-') || /[:\n\0]/.test(name)) return null;
  const local = accountIn(passwdText(), name);
  if (local) return local;
  for (const [program, ...args] of [
    ['getent', 'passwd', name],
    ['id', '-P', name],
  ] as const) {
    const file = await findProgram(program, host);
    if (file === null) continue;
    const found = accountIn((await runProgram({ file, args }, host)).stdout.toString('utf8'), name);
    if (found) return found;
  }
  return null;
}

/** Finds an account in lines of `passwd`; those of BSD (`id -P`) have three more fields before the real name. */
export function accountIn(text: string, name: string): Account | null {
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    const [login = '', , user = '', group = ''] = fields;
    if ((login !== name && user !== name) || !/^\d+$/.test(user) || !/^\d+$/.test(group)) continue;
    return { name: login, userId: Number(user), groupId: Number(group), home: fields.at(-2) ?? '/' };
  }
  return null;
}

function passwdText(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}
