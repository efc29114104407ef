/** Passphrases of PGP keys that are used without gpg: from gpg-agent, else from the terminal (spec keys-and-config.md section 2.8). */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import { GpgAgent } from '../gpg-agent.js';

const TERMINAL_PROMPT = 'Enter PGP key passphrase:';

/** What the user or the agent says for a key. `keyId` is its short id, 8 hexadecimal digits in capitals. Throws `key`. */
export async function askKeyPassphrase(keyId: string, host: Host): Promise<string> {
  const agent = await GpgAgent.connect(host);
  if (agent === null) return askOnTerminal(host);
  try {
    const description = `Unlock key ${keyId} to decrypt sops's key`;
    return await agent.getPassphrase({ cacheKey: keyId, prompt: 'Passphrase', description });
  } catch (cause) {
    throw new SopsError('key', `gpg-agent passphrase request errored: ${reasonOf(cause)}`, { cause });
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

async function askOnTerminal(host: Host): Promise<string> {
  try {
    return await host.askSecret(TERMINAL_PROMPT);
  } catch (cause) {
    throw new SopsError('key', `could not read passphrase: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
