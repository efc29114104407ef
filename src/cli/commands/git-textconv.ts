/** `git textconv`: from git's word to the text it shows. */
import { textForGit } from '../../git/textconv.js';
import { oneLine } from '../../util/text/one-line.js';
import { print } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';

export const gitTextconv = command({
  name: 'git textconv',
  task: 'repository',
  summary: 'print the plaintext of a file, or the file as it is where that is not to be had; git calls it',
  operands: 'file',
  examples: ["git config diff.sops-ts.textconv 'sops-ts git textconv'"],
  file: 'operand',
  // It is started for every blob of a history.
  skipsSweep: true,
  flags: generalFlags,
  async run({ verbose }, { operands, host, streams }) {
    const [path, ...others] = operands;
    if (path === undefined || others.length > 0) throw new UsageError('git textconv takes one file', 'git textconv');
    const { bytes, reason } = await textForGit(path, host);
    await print(streams, bytes);
    if (verbose && reason !== undefined) host.warn(`${oneLine(path)} is shown as it is: ${reason}`);
    return 0;
  },
});
