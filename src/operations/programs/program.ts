/** The program that `exec-env` and `exec-file` run: how it is named, as whom, and what becomes of its output. */
import { SopsError } from '../../errors.js';
import { type Account, findAccount } from '../../exec/account.js';
import { shellCall } from '../../exec/batch-file.js';
import {
  type ChildRun,
  type ChildStreams,
  type SendSignal,
  startInBackground,
  statusOf,
  superviseChild,
} from '../../exec/child.js';
import { findProgram } from '../../exec/find-program.js';
import { isKeyVariable, withoutKeyVariables } from '../../exec/key-variables.js';
import type { OwnProcess } from '../../exec/process-access.js';
import type { Masks } from '../../exec/redact.js';
import { withoutStoreVariables } from '../../exec/store-variables.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import type { Host } from '../../util/host/host.js';

/** A text for the shell, as in SOPS, or a program and its arguments, which no shell sees. */
export type ProgramChoice =
  | { readonly kind: 'shell'; readonly command: string }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export interface ProgramRequest {
  readonly program: ProgramChoice;
  /** The account to run as: SOPS's `--user`. */
  readonly user?: string | undefined;
  readonly background: boolean;
  /** Lets the program inherit the variables about the user's keys. */
  readonly keepKeys: boolean;
  /** Keeps the variables from it by which sops-ts logs in to secret stores: when it reads them on the program's behalf. */
  readonly withholdsLogins?: boolean | undefined;
  /** Tells it of what stores lent, by a variable. */
  readonly tellsLeases?: boolean | undefined;
  /** Masks the values in the program's output. */
  readonly redact: boolean;
  /** Where the program's output goes; the masks are absent unless asked for. */
  streamsFor(masks: Masks | undefined): ChildStreams | undefined;
  /** Tells how the program ended, as SOPS does (`exit status 3`). */
  tellEnd(text: string): void;
}

/** A program that was found. */
export interface FoundProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly isShell: boolean;
  readonly platform: NodeJS.Platform;
}

/** What a shell returns for a command that is not there. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/**
 * Finds the program: the shell of the system, or the first word on the PATH of sops-ts, never on one that the decrypted
 * file sets. A single word that is not a program is a text for the shell, since `sops exec-env FILE -- 'TEXT'` means that.
 * Null when there is no such program.
 */
export async function locateProgram(choice: ProgramChoice, host: Host): Promise<FoundProgram | null> {
  if (choice.kind === 'shell') return shellFor(choice.command, host);
  const [name = '', ...others] = choice.words;
  const file = await findProgram(name, host);
  if (file !== null) return { file, args: choice.words, isShell: false, platform: host.platform };
  return others.length === 0 ? shellFor(name, host) : null;
}

/** Says that the program is not there, and returns what a shell returns then. */
export function notFound(choice: ProgramChoice, request: Pick<ProgramRequest, 'tellEnd'>): number {
  request.tellEnd(`${choice.kind === 'words' ? choice.words[0] : '/bin/sh'}: command not found`);
  return NOT_FOUND;
}

function shellFor(command: string, { platform, env }: Host): FoundProgram {
  if (platform !== 'win32') return { file: '/bin/sh', args: ['/bin/sh', '-c', command], isShell: true, platform };
  const { file, args } = shellCall(command, env);
  return { file, args: [file, ...args], isShell: true, platform };
}

/** Becomes the user for good, before anything is made or started. Throws `failed`. Returns null without a name. */
export async function becomeUser(name: string | undefined, own: OwnProcess, host: Host): Promise<Account | null> {
  if (name === undefined) return null;
  if (own.userId === undefined) throw new SopsError('failed', '--user is not supported on this system');
  const account = await findAccount(name, host);
  if (!account) throw new SopsError('failed', `unknown user ${JSON.stringify(name)}`);
  if (own.userId === account.userId && own.userId !== 0) return account;
  try {
    own.becomeUser(account);
  } catch (cause) {
    throw new SopsError('failed', `cannot become user ${JSON.stringify(name)}: ${systemReason(cause)}`, {
      hint:
        own.userId === 0 ? 'The capabilities CAP_SETUID and CAP_SETGID are needed.' : 'Only root can change the user.',
      cause,
    });
  }
  return account;
}

/** What `--user` adds to the environment. */
export function accountVariables(account: Account | null): [string, string][] {
  if (!account) return [];
  return [
    ['HOME', account.home],
    ['USER', account.name],
    ['LOGNAME', account.name],
  ];
}

/**
 * What the program inherits: not the user's keys, unless they are to be kept. Called as `sops` it inherits everything, as with SOPS, with a
 * warning; but log-ins to stores never where references are resolved, which SOPS does not.
 */
export function inheritedVariables(
  request: Pick<ProgramRequest, 'keepKeys' | 'withholdsLogins'>,
  host: Host,
): [string, string | undefined][] {
  const env = request.withholdsLogins ? withoutStoreVariables(host.env) : host.env;
  const inherited = Object.entries(env);
  if (request.keepKeys) return inherited;
  if (!host.calledAsSops) return Object.entries(withoutKeyVariables(env));
  const keys = inherited.filter(([name, value]) => value && isKeyVariable(name)).map(([name]) => name);
  if (keys.length > 0) {
    host.warn(
      `the program inherits your keys (${keys.join(', ')}), as with SOPS; sops-ts does not pass them on, or say --keep-keys`,
    );
  }
  return inherited;
}

/** The environment as the system takes it; a later entry of the same name wins. Names are data: the record has no prototype. */
export function environmentRecord(entries: Iterable<readonly [string, string | undefined]>): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) if (value !== undefined) record[name] = value;
  return record;
}

/**
 * Runs the program to its end and returns its exit status; 128 and the signal's number when a signal ended it (SOPS: 255).
 * `prepare` makes what the program needs, without waiting; signals are caught already when it is called.
 */
export async function runToEnd(
  prepare: () => ChildRun,
  request: Pick<ProgramRequest, 'tellEnd'>,
  own: OwnProcess,
  onStart?: (send: SendSignal) => void,
): Promise<number> {
  let name = '';
  try {
    const end = await superviseChild(
      () => {
        const run = prepare();
        name = run.args[0] ?? '';
        return run;
      },
      own,
      onStart,
    );
    if (end.signal !== null) request.tellEnd(`signal: ${SIGNAL_WORDS.get(end.signal) ?? end.signal}`);
    else if (end.status !== 0) request.tellEnd(`exit status ${end.status}`);
    return statusOf(end);
  } catch (error) {
    return statusOfFailure(error, name, request);
  }
}

/** Starts the program and does not wait for it. */
export async function runInBackground(run: ChildRun, request: ProgramRequest): Promise<number> {
  try {
    await startInBackground(run);
    return 0;
  } catch (error) {
    return statusOfFailure(error, run.args[0] ?? '', request);
  }
}

function statusOfFailure(error: unknown, name: string, request: Pick<ProgramRequest, 'tellEnd'>): number {
  const code = systemCode(error);
  if (code === undefined || !(error as NodeJS.ErrnoException).syscall?.startsWith('spawn')) throw error;
  if (code === 'E2BIG') {
    throw new SopsError('failed', 'the environment or the arguments are larger than the system takes', {
      hint: 'exec-file passes values of any size; or choose variables with --only.',
      cause: error,
    });
  }
  request.tellEnd(`${name}: ${code === 'ENOENT' ? 'command not found' : `cannot be started (${code})`}`);
  return code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE;
}

/** The names that SOPS prints for signals. */
const SIGNAL_WORDS: ReadonlyMap<string, string> = new Map([
  ['SIGHUP', 'hangup'],
  ['SIGINT', 'interrupt'],
  ['SIGQUIT', 'quit'],
  ['SIGILL', 'illegal instruction'],
  ['SIGTRAP', 'trace/breakpoint trap'],
  ['SIGABRT', 'aborted'],
  ['SIGBUS', 'bus error'],
  ['SIGFPE', 'floating point exception'],
  ['SIGKILL', 'killed'],
  ['SIGUSR1', 'user defined signal 1'],
  ['SIGSEGV', 'segmentation fault'],
  ['SIGUSR2', 'user defined signal 2'],
  ['SIGPIPE', 'broken pipe'],
  ['SIGALRM', 'alarm clock'],
  ['SIGTERM', 'terminated'],
]);
