/** Private SSH keys of the user as identities: from files, where they may be locked, and from commands. */

import { SopsError } from '../../../errors.js';
import { readNamedFile } from '../../../util/files/named-file.js';
import { resolve } from '../../../util/files/paths.js';
import type { Host } from '../../../util/host/host.js';
import type { IdentityCandidate } from '../identity-text.js';
import { askPassphrase, openWithPassphrase } from '../passphrase.js';
import { describeFileError } from '../system-error.js';
import { readSshPrivateKey, type StoredSshKey } from './private-key.js';
import { parsePublicKeyLine, type SshPublicKey } from './public-key.js';
import { lockedSshIdentity, sshIdentity } from './ssh.js';

/** The identity in a key file; `path` is as the user gave it. Throws `key`. */
export async function readKeyFile(content: Buffer, path: string, host: Host): Promise<IdentityCandidate> {
  const malformed = (error: unknown) => reworded(error, `malformed SSH identity in ${JSON.stringify(path)}`);
  const stored = readStored(content, malformed);
  if (!stored.locked) return { kind: 'quiet', identity: openUnlocked(stored, malformed) };
  const publicKey = stored.publicKey ?? (await readPublicKeyBeside(path, host));
  const shown = JSON.stringify(path);
  const ask = (isAgain: boolean) => askPassphrase(`Enter passphrase for ${shown}:`, isAgain, host);
  const unlock = () => openWithPassphrase(shown, ask, async (passphrase) => stored.open(passphrase));
  return { kind: 'locked', identity: lockedSshIdentity(publicKey, unlock) };
}

/** The identity that the command in a variable printed. Throws `key`; a locked one is refused, as SOPS does. */
export function readKeyOutput(output: Buffer, variable: string): IdentityCandidate {
  const malformed = (error: unknown) => reworded(error, `malformed SSH identity returned by running ${variable}`);
  const stored = readStored(output, malformed);
  if (stored.locked) {
    throw new SopsError(
      'key',
      `the SSH key returned by running ${variable} is password protected, which is unsupported`,
      { hint: 'Let the command print the key without passphrase, or name its file in SOPS_AGE_SSH_PRIVATE_KEY_FILE.' },
    );
  }
  return { kind: 'quiet', identity: openUnlocked(stored, malformed) };
}

function readStored(content: Buffer, malformed: (error: unknown) => unknown): StoredSshKey {
  try {
    return readSshPrivateKey(content.toString('latin1'));
  } catch (error) {
    throw malformed(error);
  }
}

function openUnlocked(stored: StoredSshKey, malformed: (error: unknown) => unknown) {
  try {
    const key = stored.open('');
    if (key === null) throw new SopsError('key', 'the private key is locked');
    return sshIdentity(key);
  } catch (error) {
    throw malformed(error);
  }
}

/** A locked PEM does not tell its public key, so the file `<path>.pub` must. */
async function readPublicKeyBeside(path: string, host: Host): Promise<SshPublicKey> {
  const publicPath = `${path}.pub`;
  const line = await readNamedFile(resolve(host.cwd, publicPath), host).catch((error: unknown) => {
    const reason = describeFileError(error, publicPath);
    throw new SopsError('key', `failed to obtain public key for ${JSON.stringify(path)} SSH key: ${reason}`);
  });
  try {
    return parsePublicKeyLine(line.toString('latin1'));
  } catch (error) {
    throw reworded(error, `failed to parse ${JSON.stringify(publicPath)}`);
  }
}

function reworded(error: unknown, what: string): unknown {
  if (!(error instanceof SopsError)) return error;
  return new SopsError('key', `${what}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
}
