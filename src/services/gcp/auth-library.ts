/** Google's package for credentials, loaded with its log switched off: that would hold requests and answers, and so tokens. */
import { env } from 'node:process';

export type AuthLibrary = typeof import('../../packages/google-auth.js');

/** The variable with which the environment asks for the log. */
const SWITCH = 'GOOGLE_SDK_NODE_LOGGING';

/**
 * The package looks at its environment while it is loaded, and never again: what was not asked for then stays silent. The function
 * that sets its log to nothing belongs to a package of its own, which need not stand where others find it.
 */
export async function importAuthLibrary(): Promise<AuthLibrary> {
  const asked = env[SWITCH];
  delete env[SWITCH];
  try {
    return await import('../../packages/google-auth.js');
  } finally {
    if (asked !== undefined) env[SWITCH] = asked;
  }
}
