/** Passphrases of PGP keys that are used without gpg: from gpg-agent, else from the terminal (docs/keys/pgp.md#the-two-ways). */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';
import { GpgAgent } from '../gpg-agent.js';

const TERMINAL_PROMPT = 'Enter PGP key passphrase:';

/** What the user or the agent says for a key, `isAgain` after a wrong answer. `keyId` is its short id, 8 hexadecimal digits in capitals. Throws `key`. */
export async function askKeyPassphrase(keyId: string, isAgain: boolean, host: Host): Promise<string> {
  const agent = await GpgAgent.connect(host);
  if (agent === null) return askOnTerminal(isAgain ? `Wrong passphrase. ${TERMINAL_PROMPT}` : TERMINAL_PROMPT, host);
  try {
    const description = `Unlock key ${keyId} to decrypt sops's key`;
    return await agent.getPassphrase({ cacheKey: keyId, prompt: 'Passphrase', description, isAgain });
  } catch (cause) {
    throw new SopsError('key', `gpg-agent passphrase request errored: ${reasonOf(cause)}`, {
      hint: 'Run it again, or where gpg-agent can ask: with GPG_TTY=$(tty), or on a desktop.',
      cause,
    });
  } finally {
    agent.close();
  }
}

/** Makes the agent ask anew after a wrong one; an agent that does not is no reason to fail in another way. */
export async function forgetKeyPassphrase(keyId: string, host: Host): Promise<void> {
  const agent = await GpgAgent.connect(host);
  await agent?.clearPassphrase(keyId).catch(() => undefined);
  agent?.close();
}

async function askOnTerminal(prompt: string, host: Host): Promise<string> {
  try {
    return await host.askSecret(prompt);
  } catch (cause) {
    throw new SopsError('key', `could not read passphrase: ${reasonOf(cause)}`, {
      hint: 'Run it on a terminal; a gpg-agent can hold the passphrases of keys.',
      cause,
    });
  }
}

function reasonOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
