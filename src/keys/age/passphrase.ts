/** Asks for a passphrase on the terminal. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';

/** What the user types. Throws `key` when there is nobody to ask. */
export async function askPassphrase(prompt: string, host: Host): Promise<string> {
  try {
    return await host.askSecret(prompt);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SopsError('key', `could not read passphrase: ${reason}`, {
      hint: 'Run it on a terminal; a gpg-agent can hold the passphrases of identity files.',
      cause,
    });
  }
}
