/** `completion bash` and its like: prints the script that teaches a shell to complete our command lines. */
import { completionScript, type Shell } from '../completion/scripts.js';
import { writeAll } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';

export function completion(shell: Shell): Command {
  return {
    async run({ operands, streams }) {
      if (operands.length > 0) throw new UsageError(`completion ${shell} takes no operands`, `completion ${shell}`);
      await writeAll(streams.stdout, completionScript(shell, streams.programName ?? 'sops-ts'));
      return 0;
    },
  };
}
