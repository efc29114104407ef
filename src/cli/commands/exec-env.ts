/** `exec-env`: from flags to the operation. */
import { type ExecEnvRequest, execEnv as runWithEnvironment } from '../../operations/programs/exec-env.js';
import { ownProcess } from '../own-process.js';
import type { Command, Invocation } from './command.js';
import { execOperands, programRequest, secretsRequest } from './exec-flags.js';

export const execEnv: Command = {
  run: (invocation) => runWithEnvironment(execEnvRequest(invocation), ownProcess(), invocation.host),
};

/** What the flags ask for. Throws `usage`. */
export function execEnvRequest(invocation: Invocation): ExecEnvRequest {
  const { values } = invocation;
  const { files, program } = execOperands(invocation, 'exec-env');
  return {
    ...secretsRequest(invocation),
    ...programRequest(invocation, program),
    files,
    flatten: program.kind === 'words',
    prefix: values.text('prefix') ?? '',
    only: values
      .list('only')
      .flatMap((names) => names.split(','))
      .filter((name) => name !== ''),
    rawValues: values.isOn('raw-values'),
    pristine: values.isOn('pristine'),
    sameProcess: values.isOn('same-process'),
  };
}
