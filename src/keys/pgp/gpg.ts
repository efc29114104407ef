/** One run of the gpg program with a part of the data key, or its wrapping, on its standard input. */
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import { describeOutcome, runProgram } from '../../exec/run-program.js';
import type { Host } from '../../util/host.js';

const PROGRAM_VARIABLE = 'SOPS_GPG_EXEC';

/** The name of the program: the user's choice, else `gpg`, which is looked for on PATH. */
export function gpgName(host: Host): string {
  return host.env[PROGRAM_VARIABLE] || 'gpg';
}

/** What to do when there is no such program. */
export const INSTALL_HINT = `Install GnuPG, or name its program by ${PROGRAM_VARIABLE} (a path, without arguments).`;

/**
 * What gpg writes on its standard output; null when there is no such program. The environment (`GNUPGHOME`, `GPG_TTY`) is the
 * host's; passphrases are the business of gpg-agent and its pinentry. Throws `key` with gpg's own words, also when it
 * cannot be started, or succeeds without any output.
 */
export async function runGpg(args: readonly string[], input: Uint8Array, host: Host): Promise<Buffer | null> {
  const file = await findProgram(gpgName(host), host);
  if (file === null) return null;
  const outcome = await runProgram({ file, args, input }, host).catch((cause) => {
    throw new SopsError('key', `${file} could not be started`, { cause });
  });
  const said = outcome.stderr.toString('utf8').trim();
  if (outcome.status !== 0) throw new SopsError('key', said || `gpg ended with ${describeOutcome(outcome)}`);
  if (outcome.stdout.length === 0) throw new SopsError('key', 'zero bytes returned');
  return outcome.stdout;
}
