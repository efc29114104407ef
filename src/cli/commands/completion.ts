/** `completion bash` and its like: prints the script that teaches a shell to complete our command lines. */
import { completionScript, type Shell } from '../completion/scripts.js';
import { writeAll } from '../streams.js';
import type { Command } from './command.js';

export function completion(shell: Shell): Command {
  return {
    async run({ operands, streams, host }) {
      if (operands.length > 0) host.warn(`completion ${shell} takes no operands; they are ignored`);
      await writeAll(streams.stdout, completionScript(shell, streams.programName ?? 'sops-ts'));
      return 0;
    },
  };
}
