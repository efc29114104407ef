/** Passphrases of age identities and SSH keys: asking for one on the terminal, and again after a wrong one. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';

/** As often as ssh and gpg ask. */
const MOST_TRIES = 3;

/**
 * What a passphrase opens: `open` gives null for a wrong one, and then `ask` is called again, which may say so. Throws `key` when all
 * tries were wrong, and what the two throw.
 */
export async function openWithPassphrase<T>(
  what: string,
  ask: (isAgain: boolean) => Promise<string>,
  open: (passphrase: string) => Promise<T | null>,
): Promise<T> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const opened = await open(await ask(tries > 0));
    if (opened !== null) return opened;
  }
  throw new SopsError('key', 'incorrect passphrase', {
    hint: `None of the ${MOST_TRIES} passphrases opens ${what}: run it again with the right one.`,
  });
}

/** Put before a question that is asked once more. */
const WRONG = 'Wrong passphrase. ';

/** What the user types. Throws `key` when there is nobody to ask. */
export async function askPassphrase(prompt: string, isAgain: boolean, host: Host): Promise<string> {
  try {
    return await host.askSecret(isAgain ? WRONG + prompt : prompt);
  } catch (cause) {
    const reason = isError(cause) ? cause.message : String(cause);
    throw new SopsError('key', `could not read passphrase: ${reason}`, {
      hint: 'Run it on a terminal; a gpg-agent can hold the passphrases of identity files.',
      cause,
    });
  }
}
