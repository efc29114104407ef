/** Asking for a secret through a program that shows a window, as ssh does, where there is no terminal. */
import { SopsError } from '../errors.js';
import type { Host } from '../util/host/host.js';
import { waitFor } from '../util/waiting/timeout.js';
import { findProgram } from './find-program.js';
import { runProgram, startReason } from './run-program.js';

/** The program that the user names: ours alone, or that of ssh where there is a display, or where it is wanted anyway (ssh(1), SSH_ASKPASS_REQUIRE). */
export function askpassProgram({ env }: Host): string | undefined {
  if (env.SOPS_TS_ASKPASS) return env.SOPS_TS_ASKPASS;
  const { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: wish } = env;
  if (!program || wish === 'never') return undefined;
  const hasDisplay = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return hasDisplay || wish === 'force' || wish === 'prefer' ? program : undefined;
}

/** The first line that the program prints when it is given the question. Throws `key` when nobody answers. */
export async function askThroughProgram(prompt: string, host: Host): Promise<string> {
  const named = askpassProgram(host);
  if (named === undefined) {
    const ways = 'open the file once on a terminal (sops-ts agent unlock FILE), or name a program in SOPS_TS_ASKPASS';
    throw new SopsError('key', `the key agent has no terminal to ask on: ${ways}`);
  }
  const file = await findProgram(named, host);
  if (file === null) throw new SopsError('key', `there is no program ${named}, which is to ask`);
  const outcome = await waitFor({ who: named, telling: 'note' }, host, (signal) =>
    runProgram({ file, args: [prompt], signal }, host),
  ).catch((cause: unknown) => {
    if (cause instanceof SopsError) throw cause;
    throw new SopsError('key', `${named} cannot be started: ${startReason(cause)}`, { cause });
  });
  if (outcome.status !== 0) throw new SopsError('key', 'no secret was entered');
  const [answer = ''] = outcome.stdout.toString('utf8').split(/\r?\n/, 1);
  outcome.stdout.fill(0);
  return answer;
}
