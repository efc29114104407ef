/** `exec-file`: from flags to the operation. */
import { type ExecFileRequest, runWithFile } from '../../operations/programs/exec-file.js';
import { ownProcess } from '../start/own-process.js';
import { flag, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { execOperands, programFlags, programRequest, secretFlags, secretsRequest } from './exec-flags.js';
import { keepingFlags, keepingOf, referencesRequest } from './reference-flags.js';
import { typeFlags } from './shared-flags.js';

const flags = {
  ...typeFlags,
  noFifo: flag.yesNo('no-fifo', 'a regular file (mode 0600) instead of a pipe, which has one reader at a time'),
  filename: flag.text('filename', { value: 'NAME', help: 'the name of the pipe or file (default: tmp-file)' }),
  ...programFlags,
  ...keepingFlags,
  ...secretFlags,
};

export const execFile = command({
  name: 'exec-file',
  task: 'programs',
  summary: "run a program with a file's plaintext in a pipe that {} names",
  operands: "file 'command' | file -- program [argument...]",
  examples: ["sops-ts exec-file secrets.json 'jq .token {}'", 'sops-ts exec-file app.yaml -- server --config {}'],
  file: 'operand',
  flags,
  run: (given, context) => runWithFile(execFileRequest(given, context), ownProcess(), context.host),
});

/** What the flags ask for. Throws `usage`. */
function execFileRequest(given: Values<typeof flags>, context: Context): ExecFileRequest {
  const { files, program } = execOperands(context, 'exec-file');
  const [file = '', ...others] = files;
  if (others.length > 0) throw new UsageError('exec-file takes one file', 'exec-file');
  return {
    ...secretsRequest(given, context),
    ...programRequest(given, context, program),
    file,
    noFifo: given.noFifo,
    filename: given.filename,
    keeping: keepingOf(given, 'exec-file'),
    resolve: given.resolveRefs
      ? async (bytes, store, host, signal) => {
          const { resolvePlaintext } = await import('../../references/kept-plaintext.js');
          const references = { ...referencesRequest(given), configPath: given.config };
          return resolvePlaintext({ bytes, store, path: file }, references, host, signal);
        }
      : undefined,
  };
}
