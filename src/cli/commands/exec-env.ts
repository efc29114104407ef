/** `exec-env`: from flags to the operation. */
import { type ExecEnvRequest, runWithVariables as runWithEnvironment } from '../../operations/programs/exec-env.js';
import { ownProcess } from '../start/own-process.js';
import { flag, type Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { type Context, command } from './command.js';
import {
  execOperands,
  programFlags,
  programRequest,
  secretFlags,
  variableFlags,
  variablesChoice,
} from './exec-flags.js';
import { keepingFlags, keepingOf, referencesRequest, watchFlags, watchOf } from './reference-flags.js';

const flags = {
  inputType: PROGRAM.inputType,
  ...variableFlags,
  noOverride: flag.yesNo('no-override', 'keep variables that are set already'),
  pristine: flag.yesNo('pristine', 'pass nothing else in the environment'),
  sameProcess: flag.yesNo('same-process', 'become the program (from Node 22.15 on)'),
  ...programFlags,
  ...keepingFlags,
  ...watchFlags,
  ...secretFlags,
};

export const execEnv = command({
  name: 'exec-env',
  task: 'programs',
  summary: 'run a program with the values of files in its environment',
  operands: "file 'command' | file... -- program [argument...]",
  examples: [
    "sops-ts exec-env secrets.env 'echo $TOKEN | login'",
    'sops-ts exec-env base.env db.yaml -- node server.js "x y"   # no shell; db: {host: x} gives db_host',
  ],
  file: 'operand',
  flags,
  run: (given, context) => runWithEnvironment(execEnvRequest(given, context), ownProcess(), context.host),
});

/** What the flags ask for. Throws `usage`. */
function execEnvRequest(given: Values<typeof flags>, context: Context): ExecEnvRequest {
  const { files, program } = execOperands(context, 'exec-env');
  return {
    ...variablesChoice(given, context),
    ...programRequest(given, context, program),
    files,
    flatten: program.kind === 'words',
    keepsInherited: given.noOverride,
    keeping: keepingOf(given, 'exec-env'),
    watch: watchOf(given, 'exec-env'),
    resolve: given.resolveRefs
      ? async (variables, origins, host, signal) => {
          const { resolveVariables } = await import('../../references/variables.js');
          return resolveVariables(
            variables,
            { ...referencesRequest(given), configPath: given.config },
            origins,
            host,
            signal,
          );
        }
      : undefined,
    pristine: given.pristine,
    sameProcess: given.sameProcess,
  };
}
