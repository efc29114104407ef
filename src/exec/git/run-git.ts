/** Runs git: found on PATH, asked without a terminal, and heard in its own words when it fails. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';
import { findProgram } from '../find-program.js';
import { describeOutcome, type ProgramOutcome, runProgram, startReason } from '../run-program.js';

/** How git is to be run. */
export interface GitCall {
  /** Absolute; the host's working directory when absent. */
  readonly cwd?: string | undefined;
  readonly input?: Uint8Array;
  /** Variables on top of the host's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether variables that tie git to one repository (`GIT_DIR`, `GIT_INDEX_FILE`, …) are left out: for any other repository than the one that called us. */
  readonly elsewhere?: boolean;
  readonly signal?: AbortSignal;
}

/** What `git rev-parse --local-env-vars` names: a child in another repository must not inherit them. */
const LOCAL_VARIABLES = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_CONFIG',
  'GIT_CONFIG_PARAMETERS',
  'GIT_CONFIG_COUNT',
  'GIT_OBJECT_DIRECTORY',
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_GRAFT_FILE',
  'GIT_INDEX_FILE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_REPLACE_REF_BASE',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_COMMON_DIR',
] as const;

/** The variables of an environment without those that tie git to one repository. */
export function untiedFrom(env: Host['env']): Host['env'] {
  const kept = Object.entries(env).filter(([name]) => !(LOCAL_VARIABLES as readonly string[]).includes(name));
  return Object.fromEntries(kept);
}

/**
 * Runs git with the words given and returns how it ended, whatever its status. Null where there is no git. Throws `failed` when it
 * cannot be started.
 */
export async function tryGit(args: readonly string[], host: Host, call: GitCall = {}): Promise<ProgramOutcome | null> {
  const file = await findProgram('git', host);
  if (file === null) return null;
  const { cwd, input, signal, elsewhere, env } = call;
  const untied = elsewhere ? Object.fromEntries(LOCAL_VARIABLES.map((name) => [name, undefined])) : {};
  const run = {
    file,
    args: ['-c', 'core.quotePath=false', ...args],
    cwd,
    ...(input === undefined ? {} : { input }),
    ...(signal === undefined ? {} : { signal }),
    // What is pushed are the objects themselves, not those that somebody has git show in their place.
    env: { LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', ...untied, GIT_NO_REPLACE_OBJECTS: '1', ...env },
  };
  try {
    return await runProgram(run, host);
  } catch (cause) {
    throw new SopsError('failed', `git cannot be started: ${startReason(cause)}`, { cause });
  }
}

/** What git prints. Throws `failed` with git's last line for any status but 0, and where there is no git. */
export async function git(args: readonly string[], host: Host, call: GitCall = {}): Promise<Buffer> {
  return (await gitOutcome(args, host, call)).stdout;
}

/** The same with what it says beside that. */
export async function gitOutcome(args: readonly string[], host: Host, call: GitCall = {}): Promise<ProgramOutcome> {
  const outcome = await tryGit(args, host, call);
  if (outcome === null) {
    throw new SopsError('failed', 'git is not on PATH', { hint: 'Install git, or put its folder on PATH.' });
  }
  if (outcome.status !== 0) throw gitFailure(args, outcome);
  return outcome;
}

/** The same as text, without the last line break. Bytes that are not UTF-8 stay as `decodeText` has them. */
export async function gitText(args: readonly string[], host: Host, call: GitCall = {}): Promise<string> {
  return decodeText(await git(args, host, call)).replace(/\r?\n$/, '');
}

/** The error of a git that ended with another status than 0: what was run, and the last that it said. */
export function gitFailure(args: readonly string[], outcome: ProgramOutcome): SopsError {
  const lines = decodeText(outcome.stderr).trim().split('\n');
  const said = oneLine(lines.findLast((line) => /^(?:fatal|error):/.test(line)) ?? lines.at(-1) ?? '');
  const command = args.find((word) => !word.startsWith('-')) ?? '';
  return new SopsError('failed', `git ${command}: ${said === '' ? describeOutcome(outcome) : said}`);
}
