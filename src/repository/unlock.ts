/** `agent unlock`: the data keys of many files opened in one go, so that whoever must be asked is asked once. */
import { SopsError } from '../errors.js';
import { type UnlockRequest, unlockFile } from '../operations/agent/unlock.js';
import type { Session } from '../util/host/host.js';
import { concurrencyLimitOf } from '../util/waiting/concurrency-limit.js';
import { MOST_AT_A_TIME, sideBySide } from '../util/waiting/side-by-side.js';
import { findFiles } from './operands.js';
import { type Target, targetsAmong } from './targets.js';

export interface UnlockOutcome {
  /** Files whose data keys the agent keeps now. */
  readonly unlocked: number;
  readonly failures: readonly SopsError[];
}

/** Opens the files that the words stand for. Those that cannot be opened do not keep the others from it. */
export async function unlockFiles(
  words: readonly string[],
  request: UnlockRequest,
  host: Session,
): Promise<UnlockOutcome> {
  const found = await findFiles(words, host);
  const failures: SopsError[] = [...found.problems];
  let unlocked = 0;
  const targets = targetsAmong(found.files, { kind: 'sealed', configPath: request.configPath, top: host.cwd }, host);
  const work = (target: Target): Promise<SopsError | undefined> => failureOf(target, request, host);
  for await (const [, failure] of sideBySide(targets, {
    most: MOST_AT_A_TIME,
    limit: concurrencyLimitOf(host),
    work,
  })) {
    if (failure) failures.push(failure);
    else unlocked += 1;
  }
  return { unlocked, failures };
}

async function failureOf(
  { file, problem }: Target,
  request: UnlockRequest,
  host: Session,
): Promise<SopsError | undefined> {
  if (problem) return problem;
  try {
    await unlockFile(file.path, request, host);
    return undefined;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return error.with(error.code, { file: error.file ?? file.path });
  }
}
