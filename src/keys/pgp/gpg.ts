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

/** The next step for what gpg says. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /pinentry|Inappropriate ioctl|Operation cancelled|Timeout|Bad passphrase/i,
    'gpg needs the passphrase: run export GPG_TTY=$(tty), or unlock the key before, e.g. by signing something.',
  ],
  [/No secret key/, 'gpg has no secret key for it: import it, or name the keyring that has it in GNUPGHOME.'],
  [
    /public key|No data/,
    'gpg has no usable public key for it: import it, or see whether it has expired (gpg --list-keys).',
  ],
];

/** The line that says why comes first: short messages show no other, and gpg tells what it set up before. */
function decisiveFirst(said: string): string {
  const lines = said.split('\n');
  const at = lines.findLastIndex((line) => /failed|skipped/.test(line));
  return at <= 0 ? said : [lines[at], ...lines.toSpliced(at, 1)].join('\n');
}

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
  if (outcome.status !== 0) {
    const hint =
      HINTS.find(([pattern]) => pattern.test(said))?.[1] ?? "The entry may be damaged: look at the file's history.";
    throw new SopsError('key', decisiveFirst(said) || `gpg ended with ${describeOutcome(outcome)}`, { hint });
  }
  if (outcome.stdout.length === 0) throw new SopsError('key', 'zero bytes returned');
  return outcome.stdout;
}
