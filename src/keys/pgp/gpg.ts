/** One run of the gpg program with a part of the data key, or its wrapping, on its standard input. */
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import { describeOutcome, runProgram, startReason } from '../../exec/run-program.js';
import type { Activity, Host } from '../../util/host/host.js';
import { waitFor } from '../../util/waiting/timeout.js';
import { type GpgStatus, readStatus, stepFor } from './gpg-status.js';

const PROGRAM_VARIABLE = 'SOPS_GPG_EXEC';

/** The name of the program: the user's choice, else `gpg`, which is looked for on PATH. */
export function gpgName(host: Host): string {
  return host.env[PROGRAM_VARIABLE] || 'gpg';
}

/** What to do when there is no such program. */
export const INSTALL_HINT = `Install GnuPG, or name its program by ${PROGRAM_VARIABLE} (a path, without arguments).`;

const NOT_GPG = `See that it is the program of GnuPG; ${PROGRAM_VARIABLE} names another.`;

/** On standard error, among the prose: wrappers of gpg do not hand further descriptors on. */
const TELL_STATUS = ['--status-fd', '2'];
/** A passphrase that the agent has forgotten is then an error. */
const ASK_NOBODY = ['--batch', '--pinentry-mode', 'error'];

/**
 * What gpg writes on its standard output; null when there is no such program. The environment (`GNUPGHOME`, `GPG_TTY`) is the
 * host's; passphrases are the business of gpg-agent and its pinentry. Throws `key` with gpg's own words, also when it
 * cannot be started, takes too long, or succeeds without any output.
 */
export async function runGpg(args: readonly string[], input: Uint8Array, host: Host): Promise<Buffer | null> {
  const file = await findProgram(gpgName(host), host);
  if (file === null) return null;
  const outcome = await waitFor({ who: 'gpg', telling: 'note' }, host, (signal, activity) => {
    const run = {
      file,
      args: [...TELL_STATUS, ...(host.isUnattended ? ASK_NOBODY : []), ...args],
      input,
      signal,
      onStderr: untilPinentry(activity),
    };
    return runProgram(run, host).catch((cause) => {
      throw new SopsError('key', `${file} could not be started: ${startReason(cause)}`, { hint: NOT_GPG, cause });
    });
  });
  const status = readStatus(outcome.stderr.toString('utf8'));
  if (outcome.status !== 0) throw refusal(status, describeOutcome(outcome));
  if (outcome.stdout.length === 0) throw new SopsError('key', 'zero bytes returned', { hint: NOT_GPG });
  return outcome.stdout;
}

/** A pinentry that has the whole terminal is seen, and a line would only disturb it. */
function untilPinentry(activity: Activity | undefined): (part: Buffer) => void {
  return (part) => {
    if (/PINENTRY_LAUNCHED \d+ (?:curses|tty)\b/.test(part.toString('latin1'))) activity?.end();
  };
}

/** The line that says why comes first: short messages show no other, and gpg tells what it set up before. */
function refusal(status: GpgStatus, outcome: string): SopsError {
  const { prose, decisive } = status;
  const said = decisive === undefined ? prose : [decisive, ...prose.filter((line) => line !== decisive)];
  return new SopsError('key', said.join('\n') || `gpg ended with ${outcome}`, { hint: stepFor(status) });
}
