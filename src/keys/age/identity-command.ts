/** Commands of the user that print identities (`SOPS_AGE_KEY_CMD`, `SOPS_AGE_SSH_PRIVATE_KEY_CMD`). */
import { SopsError } from '../../errors.js';
import { findProgram, stepForAbsent } from '../../exec/find-program.js';
import { describeOutcome, runProgram, startReason } from '../../exec/run-program.js';
import { splitWords } from '../../exec/shell-words.js';
import type { Host } from '../../util/host/host.js';
import { waitFor } from '../../util/waiting/timeout.js';

/**
 * What the command in a variable prints for an entry of that recipient. No shell is started, and the command reads
 * nothing. Throws `key`; the message names the variable and holds the first line of
 * what the command said on its standard error, the detail all of it.
 */
export async function runIdentityCommand(
  variable: string,
  command: string,
  recipient: string,
  host: Host,
): Promise<Buffer> {
  const words = splitWords(command);
  if (words === null) throw new SopsError('key', `failed to parse command of ${variable}: a quote is not closed`);
  const [name, ...args] = words;
  if (name === undefined) throw new SopsError('key', `failed to parse command of ${variable}: it names no program`);
  const failed = `failed to execute command of ${variable}`;
  const file = await findProgram(name, host);
  if (file === null) {
    const hint = await stepForAbsent(name, host, `Install it in a folder of PATH, or mend ${variable}.`);
    throw new SopsError('key', `${failed}: ${JSON.stringify(name)} was not found`, { hint });
  }
  const run = { file, args, env: { SOPS_AGE_RECIPIENT: recipient } };
  const outcome = await waitFor({ who: `the command of ${variable}`, telling: 'note' }, host, (signal) =>
    runProgram({ ...run, signal }, host).catch((cause) => {
      const reason = `${JSON.stringify(name)} could not be started: ${startReason(cause)}`;
      throw new SopsError('key', `${failed}: ${reason}`, { cause });
    }),
  );
  if (outcome.status === 0) return outcome.stdout;
  const said = outcome.stderr.toString('utf8').trim();
  const [firstLine] = said.split('\n', 1);
  const reason = describeOutcome(outcome) + (firstLine ? `: ${firstLine}` : '');
  throw new SopsError('key', `${failed}: ${reason}`, said === firstLine ? {} : { detail: said });
}
