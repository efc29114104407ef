/** Commands that work on one file, on each of several in place: `sops-ts encrypt -i FILE…`, as hooks before commits call it. */

import { resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { statSync } from '../../util/fs.js';
import { wordedFailure } from '../../util/system-failure.js';
import { reportOf } from '../report.js';
import { say } from '../streams.js';
import { takesSeveral } from '../surplus.js';
import type { Command, Invocation } from './command.js';

/**
 * The command for several files. One that fails is told and does not keep the others from their turn; the status is then that of the
 * first failure. What stands behind the first file and is none has no effect, as in SOPS, and a warning says so.
 */
export function forEachFile(command: Command): Command {
  return {
    async run(invocation) {
      const { operands, values, oldForm } = invocation;
      if (operands.length < 2 || oldForm || !takesSeveral({ severalInPlace: true }, values))
        return command.run(invocation);
      const files = filesOf(invocation);
      if (files.length === 1) return command.run({ ...invocation, operands: files });
      let status = 0;
      for (const file of files) {
        const one = await runOn(file, command, invocation);
        status ||= one;
      }
      return status;
    },
  };
}

function filesOf({ operands, host }: Invocation): string[] {
  const [first = '', ...others] = operands;
  const files = [first];
  for (const other of new Set(others)) {
    if (other === first) continue;
    if (statSync(resolve(host.cwd, other), { throwIfNoEntry: false })?.isFile()) files.push(other);
    else host.warn(`More than one positional argument provided: ${JSON.stringify(other)} is no file and is not used.`);
  }
  return files;
}

async function runOn(file: string, command: Command, invocation: Invocation): Promise<number> {
  const { streams, values } = invocation;
  try {
    return await command.run({ ...invocation, operands: [file] });
  } catch (thrown) {
    const error = wordedFailure(thrown);
    if (!(error instanceof SopsError)) throw error;
    const { text, status } = reportOf(error.with(error.code, { file: error.file ?? file }), values.isOn('verbose'));
    say(streams.stderr, text);
    return status;
  }
}
