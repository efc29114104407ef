/** `exec-env`: a program with the values of files in its environment. */
import { SopsError } from '../../errors.js';
import type { ChildRun } from '../../exec/child.js';
import { nativeCommand } from '../../exec/native-command.js';
import type { OwnProcess } from '../../exec/process-access.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { masksFor } from '../read/open-secrets.js';
import {
  ALWAYS_GOOD,
  type KeptProgram,
  type KeptRunRequest,
  leaseVariables,
  orGivenBack,
  runKept,
} from './kept-run.js';
import {
  accountVariables,
  becomeUser,
  environmentRecord,
  type FoundProgram,
  inheritedVariables,
  locateProgram,
  notFound,
  type ProgramRequest,
  runInBackground,
  runToEnd,
} from './program.js';
import { statusOfSignal, untilSignalled } from './until-signalled.js';
import { ValueWatch } from './value-watch.js';
import { type OpenedVariables, openVariables, type VariablesRequest } from './variables.js';

export interface ExecEnvRequest extends VariablesRequest, ProgramRequest {
  /** Leaves out the environment of sops-ts. */
  readonly pristine: boolean;
  /** Replaces sops-ts by the program, where the runtime can; elsewhere the program is supervised as usual. */
  readonly sameProcess: boolean;
  /** Leaves variables as they are that the program inherits. */
  readonly keepsInherited: boolean;
  /** What becomes of the program when values end that a store lent, or change. */
  readonly keeping?: Pick<KeptRunRequest, 'onChange' | 'grace' | 'overlap'> | undefined;
  /** How often secrets are looked at for changes, in milliseconds; files are so each second. Undefined for never. */
  readonly watch?: number | undefined;
}

/**
 * Opens the files, runs the program, and returns its exit status. Throws SopsError in the order of
 * docs/command-line.md#exec-env; nothing is started then.
 */
export async function runWithVariables(request: ExecEnvRequest, own: OwnProcess, given: Host): Promise<number> {
  const host = sessionOf(given);
  checkConflicts(request);
  const program = await locateProgram(request.program, host);
  if (!program) return notFound(request.program, request);
  const { keeping } = request;
  if (keeping) return runWhileGood(program, { ...request, keeping }, own, host);
  const { run } = await prepared(program, request, own, host);
  if (request.sameProcess && own.replace) return replaceSelf(program, run.env, own);
  return request.background ? runInBackground(run, request) : runToEnd(() => run, request, own);
}

/** As long as the values are got, a signal ends the run, and what was lent meanwhile is given back. */
async function runWhileGood(
  program: FoundProgram,
  request: ExecEnvRequest & { readonly keeping: Pick<KeptRunRequest, 'onChange' | 'grace' | 'overlap'> },
  own: OwnProcess,
  host: Session,
): Promise<number> {
  const obtain = (): Promise<KeptProgram> =>
    untilSignalled(own, (signal) => prepared(program, request, own, host, signal));
  return runKept({ ...request.keeping, tellEnd: request.tellEnd, obtain }, own, host).catch(statusOfSignal);
}

const ACCOUNT = Symbol('whom the program runs as');

/** The program with its environment, and what keeps the values in it good. */
async function prepared(
  program: FoundProgram,
  request: ExecEnvRequest,
  own: OwnProcess,
  host: Session,
  signal?: AbortSignal,
): Promise<KeptProgram> {
  // What changes while the files are read is seen as a change afterwards.
  const watch = request.watch === undefined ? undefined : new ValueWatch(request.files, request.watch, host);
  const found = await openVariables(request, host, signal);
  const { kept = ALWAYS_GOOD, changed } = found;
  const run = await orGivenBack(kept, () => runWith(found, program, request, own, host));
  return { run, values: watch?.over(kept, changed) ?? kept };
}

async function runWith(
  { opened, variables, kept }: OpenedVariables,
  program: FoundProgram,
  request: ExecEnvRequest,
  own: OwnProcess,
  host: Session,
): Promise<ChildRun> {
  // Once: whoever has become another user cannot do so again when the program is started anew.
  const account = await host.once(ACCOUNT, () => becomeUser(request.user, own, host));
  const inherited = [...(request.pristine ? [] : inheritedVariables(request, host)), ...accountVariables(account)];
  const chosen = chosenVariables(variables, inherited, request, host);
  const env = environmentRecord([...inherited, ...chosen, ...leaseVariables(kept, request)]);
  const masks = request.redact ? await masksFor(opened, kept ? variables.values() : []) : undefined;
  return { ...program, env, cwd: host.cwd, streams: request.streamsFor(masks) };
}

/** The variables that are set: all, or those that the program does not inherit; Windows has one variable for both cases of a name. */
function* chosenVariables(
  variables: ReadonlyMap<string, string>,
  inherited: readonly (readonly [string, string | undefined])[],
  { keepsInherited }: ExecEnvRequest,
  { platform }: Host,
): Generator<readonly [string, string]> {
  const known = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  const set = new Set(inherited.flatMap(([name, value]) => (value === undefined ? [] : [known(name)])));
  for (const one of variables) if (!keepsInherited || !set.has(known(one[0]))) yield one;
}

function checkConflicts({ sameProcess, background, redact, keeping }: ExecEnvRequest): void {
  if (keeping && (sameProcess || background)) {
    throw new SopsError(
      'conflict',
      `Error: --resolve-refs and --watch cannot be used with ${sameProcess ? '--same-process' : '--background'}`,
      {
        hint: 'sops-ts has to stay, to look for changes, to renew what stores lend and to give it back.',
      },
    );
  }
  if (sameProcess && background) {
    throw new SopsError('conflict', 'Error: The --same-process flag cannot be used with --background');
  }
  if (sameProcess && redact) {
    throw new SopsError('conflict', 'Error: The --same-process flag cannot be used with --redact', {
      hint: 'The output can be masked only while sops-ts stays between the program and its reader.',
    });
  }
}

function replaceSelf({ file, args }: FoundProgram, env: Readonly<Record<string, string>>, own: OwnProcess): never {
  try {
    const [name = file, ...words] = args;
    const command = nativeCommand({ file, args: words, argv0: name, env });
    own.replace?.(
      command.file,
      [command.argv0 ?? command.file, ...command.args],
      environmentRecord(Object.entries(command.env)),
    );
  } catch (cause) {
    throw new SopsError('failed', `${args[0]} cannot be started in this process`, { cause });
  }
  throw new SopsError('failed', `${args[0]} did not take the place of this process`);
}
