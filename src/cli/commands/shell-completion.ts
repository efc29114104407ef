/** What the commands `completion …` do: print the script that teaches a shell to complete our command lines. */
import { completionScript, type Shell } from '../completion/scripts.js';
import { writeAll } from '../terminal/streams.js';
import type { Context } from './command.js';

/** Prints the script for a shell. Returns the exit status. */
export async function printScript(shell: Shell, { operands, streams, host }: Context): Promise<number> {
  if (operands.length > 0) host.warn(`completion ${shell} takes no operands; they are ignored`);
  await writeAll(streams.stdout, completionScript(shell, streams.programName ?? 'sops-ts'));
  return 0;
}
