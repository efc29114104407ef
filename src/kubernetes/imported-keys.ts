/** Opening files with keys that come from elsewhere: identities in the environment, OpenPGP keys in a keyring that goes afterwards. */
import { SopsError } from '../errors.js';
import { findProgram } from '../exec/find-program.js';
import { makePrivateFolder, type PrivateFolder, removeLeftovers } from '../exec/private-folder.js';
import type { OwnProcess } from '../exec/process-access.js';
import { describeOutcome, runProgram } from '../exec/run-program.js';
import { gpgName, INSTALL_HINT } from '../keys/pgp/gpg.js';
import { cleanUpAfter } from '../util/cleanup.js';
import { systemReason } from '../util/files/files.js';
import type { Host, Session } from '../util/host/host.js';

/** OpenPGP keys as gpg exports them. */
export type ExportedKeys = readonly Uint8Array[];

/**
 * Runs a task with a keyring of its own (`GNUPGHOME`), in memory where possible, that holds these keys alone and is removed
 * afterwards, also when a signal ends the program. Throws `key` when gpg is missing or does not take one of the keys.
 */
export async function withKeyring<T>(
  keys: ExportedKeys,
  own: OwnProcess,
  host: Session,
  task: (host: Session) => Promise<T>,
): Promise<T> {
  const gpg = await findProgram(gpgName(host), host);
  if (gpg === null) throw new SopsError('key', 'gpg is needed to take a PGP key in', { hint: INSTALL_HINT });
  removeLeftovers(own, host);
  const folder = makeFolder(own, host);
  const inside = host.fork({ env: { ...host.env, GNUPGHOME: folder.path } });
  return cleanUpAfter(
    async () => {
      try {
        for (const key of keys) await importKey(gpg, key, inside);
        return await task(inside);
      } finally {
        await stopAgent(inside);
      }
    },
    () => folder.remove(),
  );
}

function makeFolder(own: OwnProcess, host: Host): PrivateFolder {
  try {
    return makePrivateFolder(own, host);
  } catch (cause) {
    if (cause instanceof SopsError) throw cause;
    throw new SopsError('output-unwritable', `cannot make a private folder: ${systemReason(cause)}`, { cause });
  }
}

async function importKey(file: string, input: Uint8Array, host: Host): Promise<void> {
  const args = ['--batch', '--no-permission-warning', '--quiet', '--import'];
  const outcome = await runProgram({ file, args, input }, host);
  if (outcome.status === 0) return;
  const [said] = outcome.stderr.toString('utf8').trim().split('\n').slice(-1);
  throw new SopsError('key', `gpg does not take the key: ${said || describeOutcome(outcome)}`);
}

/** An agent that gpg has started would go on for a while, without its folder. */
async function stopAgent(host: Host): Promise<void> {
  const file = await findProgram('gpgconf', host);
  if (file !== null) await runProgram({ file, args: ['--kill', 'all'] }, host).catch(() => undefined);
}
