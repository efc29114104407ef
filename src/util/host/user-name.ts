/** What the system calls the user. */
import { userInfo } from 'node:os';

/** The name of the process's user, whatever the environment says; undefined for one that the system does not know, as in containers that are started under a number. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
