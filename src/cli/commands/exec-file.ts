/** `exec-file`: from flags to the operation. */
import { type ExecFileRequest, execFile as runWithFile } from '../../operations/programs/exec-file.js';
import { ownProcess } from '../own-process.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';
import { execOperands, programRequest, secretsRequest } from './exec-flags.js';

export const execFile: Command = {
  run: (invocation) => runWithFile(execFileRequest(invocation), ownProcess(), invocation.host),
};

/** What the flags ask for. Throws `usage`. */
export function execFileRequest(invocation: Invocation): ExecFileRequest {
  const { values } = invocation;
  const { files, program } = execOperands(invocation, 'exec-file');
  const [file = '', ...others] = files;
  if (others.length > 0) throw new UsageError('exec-file takes one file', 'exec-file');
  return {
    ...secretsRequest(invocation),
    ...programRequest(invocation, program),
    file,
    noFifo: values.isOn('no-fifo'),
    filename: values.text('filename'),
  };
}
