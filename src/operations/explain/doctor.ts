/** `doctor`: what this machine has for opening files, and whether it opens a given one. Nothing is changed, no secret is shown. */

import { overlapOf } from '../../config/creation-rule.js';
import { SopsError } from '../../errors.js';
import type { FormatName } from '../../formats/registry.js';
import type { KeyFinding } from '../../keys/finding.js';
import { KEY_TYPES } from '../../keys/registry.js';
import type { AgentStatus } from '../../keyservice/agent/messages.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import { openRun, type Run } from '../../run/run.js';
import type { Leftover } from '../../util/files/leftovers.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { append } from '../../util/lists.js';
import { joinedLines } from '../../util/text/one-line.js';
import { type DryRun, type Obstacle, tryFile } from './dry-run.js';

export interface DoctorRequest {
  /** The file to try; undefined to look at the machine alone. */
  readonly path?: string | undefined;
  readonly inputType?: FormatName | undefined;
  readonly configPath?: string | undefined;
  readonly keyServices?: KeyServiceChoice | undefined;
  readonly decryptionOrder?: string | undefined;
  /** What was found of runs that were killed, to be told with the rest (see `sweepAll`). */
  readonly leftovers?: readonly Leftover[] | undefined;
}

/** What was found for one type of keys. */
export interface TypeCheckup {
  readonly type: string;
  readonly title: string;
  readonly findings: readonly KeyFinding[];
}

export interface AgentCheckup {
  readonly socket: string;
  /** How it is, and how many data keys it keeps; null when none answers. */
  readonly status: AgentStatus | null;
}

/** All that was found out. Plain data, printed as it is by `--json`. */
export interface Checkup {
  /** The configuration in force, as seen from the working directory. */
  readonly config: string | null;
  readonly types: readonly TypeCheckup[];
  /** The key agent; null where there can be none, or none is to be asked. */
  readonly agent: AgentCheckup | null;
  /** What came of the file; null when none was named. */
  readonly file: DryRun | null;
  /** Those of the request. */
  readonly leftovers: readonly Leftover[];
  /** What keeps something from working; empty when all is well. */
  readonly problems: readonly Obstacle[];
}

/** Looks at the machine, and tries the file. Throws only for a file that cannot be read, and wrong words. */
export async function examineAll(request: DoctorRequest, given: Host): Promise<Checkup> {
  const host = sessionOf(given);
  const problems: Obstacle[] = [];
  const { leftovers = [] } = request;
  const run = await runOf(request, host, problems);
  const { config } = run;
  const types: TypeCheckup[] = [];
  for (const { type, title, load } of KEY_TYPES) {
    const findings = await (await load?.())?.examine?.(host);
    if (findings) types.push({ type, title, findings });
  }
  append(
    problems,
    types.flatMap(({ findings }) => findings.filter(isFault).map(asProblem)),
  );
  if (!opensAnything(types) && !asksOthers(request)) problems.push(NOTHING);
  const agent = await examineAgent(host, problems);
  const file = request.path === undefined ? null : await examineFile(request.path, request, run);
  append(problems, file?.problems ?? []);
  append(problems, leftovers.flatMap(problemOf));
  return { config: config?.path ?? null, types: inOrder(types), agent, file, leftovers, problems };
}

/** One that answers, and is not as it should be, is a problem; none is not. */
async function examineAgent({ agent: place }: Session, problems: Obstacle[]): Promise<AgentCheckup | null> {
  if (!place) return null;
  const { AgentClient } = await import('../../keyservice/agent/client.js');
  try {
    const client = await AgentClient.connect(place);
    const status = client && (await client.status().finally(() => client.close()));
    return { socket: place.socket, status };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    problems.push({ what: error.message, advice: error.hint });
    return { socket: place.socket, status: null };
  }
}

function problemOf({ path, state, reason, isLock }: Leftover): Obstacle[] {
  if (state !== 'stuck') return [];
  const what = `${path} was left behind by a run that was killed, and cannot be removed: ${reason}`;
  const advice = isLock
    ? 'It is a lock: remove it, or wait for the next write of its file.'
    : 'It may hold plaintext: remove it.';
  return [{ what, advice }];
}

const NOTHING: Obstacle = {
  what: 'there is no identity, secret key or credential to open anything with',
  advice: 'sops-ts init makes an age key.',
};

function runOf(request: DoctorRequest, host: Session, problems: Obstacle[]): Promise<Run> {
  return openRun({ ...request, filePath: request.path }, host, ({ message, hint }) => {
    problems.push({ what: `the configuration is not used: ${joinedLines(message)}`, advice: hint });
  });
}

async function examineFile(path: string, request: DoctorRequest, run: Run): Promise<DryRun> {
  const input = { kind: 'file', path } as const;
  const { inputType, decryptionOrder } = request;
  const { config } = run;
  const overlap = config && (await overlapOf(config, path, run));
  if (overlap) run.warn(overlap);
  return tryFile({ input, inputType, config, keyServices: run.keyServices, decryptionOrder }, run);
}

function isFault({ state }: KeyFinding): boolean {
  return state === 'faulty';
}

function asProblem({ what, detail, advice }: KeyFinding): Obstacle {
  return { what: detail === undefined ? what : `${what}: ${detail}`, advice };
}

function opensAnything(types: readonly TypeCheckup[]): boolean {
  return types.some(({ findings }) => findings.some(({ state }) => state === 'found'));
}

/** Whether other machines may hold the keys. */
function asksOthers({ keyServices }: DoctorRequest): boolean {
  return (keyServices?.uris.length ?? 0) > 0;
}

/** What most people use first: keys of this machine. */
function inOrder(types: readonly TypeCheckup[]): TypeCheckup[] {
  const isRemote = ({ type }: TypeCheckup): boolean => KEY_TYPES.find((row) => row.type === type)?.remote ?? false;
  return [...types.filter((type) => !isRemote(type)).reverse(), ...types.filter(isRemote)];
}
