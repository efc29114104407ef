/** `grant`: lets somebody into a `.sops.yaml` and into every file that they may read then. The counterpart of `revoke`. */
import { butDone } from '../../util/half-done.js';
import type { Session } from '../../util/host/host.js';
import { writeConfig } from './grant-config.js';
import { type GrantPlan, type GrantPlanRequest, planGrant } from './grant-plan.js';
import { type FileOutcome, prepareAll, writePrepared } from './grant-writing.js';
import type { GrantedKey } from './granted-key.js';
import { tryKey } from './granted-key.js';

export interface GrantRequest extends Omit<GrantPlanRequest, 'choose'> {
  /** Only shows what would be done. */
  readonly dryRun: boolean;
  readonly ignoreMac: boolean;
  /** Goes on although files with several key groups have recipients that no rule names. */
  readonly keepUnlisted: boolean;
  readonly talk: GrantTalk;
}

/** What is found and done, told as it happens, and the questions. Paths are as seen from the working directory. */
export interface GrantTalk {
  /** Which of several keys is meant, by its place; undefined where nobody is to be asked. */
  choose?(found: Parameters<NonNullable<GrantPlanRequest['choose']>>[0]): Promise<number | undefined>;
  /** Who comes in, and where. */
  showPlan(plan: GrantPlan): Promise<void>;
  /** Whether to go on with what was shown. Rejects when nobody answers. */
  confirm(): Promise<boolean>;
  /** What came of a file, in the order of their paths. */
  done(file: FileOutcome): void;
  /** A configuration was written. */
  written(path: string): void;
  /** Does the work that may be stopped; when the signal is aborted what is in work is finished, and no more begun. */
  stoppable<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T>;
}

/**
 * `nothing-to-do`: all was so already. `interrupted`: `.sops.yaml` was not written, some files may have been. `failed`: no file could be opened,
 * so nothing was written.
 */
export type GrantOutcome = 'granted' | 'nothing-to-do' | 'unchanged' | 'dry-run' | 'interrupted' | 'failed';

/**
 * Grants. The recipient is tried and everything is wrapped before anything is written. The files come first and the configuration last: whoever
 * is cut off in between has files that their rule does not name somebody for, which `check` reports, and the same command again finishes; the other way
 * round a rule would promise files that nobody has opened, and who has the name already would seem to be done. Throws what concerns all
 * files, and nothing is changed then.
 */
export async function grantRecipient(request: GrantRequest, host: Session): Promise<GrantOutcome> {
  const { talk, dryRun } = request;
  const plan = await planGrant({ ...request, ...(talk.choose && { choose: talk.choose }) }, host);
  const todo = plan.files.filter(({ isDone }) => !isDone);
  const isNeeded = todo.length > 0 || plan.change.text !== null;
  if (isNeeded && !plan.who.adopt) await tryKey(plan.who, plan.run.keyServices);
  await talk.showPlan(plan);
  const outcomes = [
    ...plan.problems.map((error): FileOutcome => ({ path: error.file ?? '', error })),
    ...plan.files.flatMap(({ path, isDone }): FileOutcome[] => (isDone ? [{ path, result: 'up-to-date' }] : [])),
  ];
  for (const outcome of outcomes) talk.done(outcome);
  if (dryRun) {
    for (const { path } of todo) talk.done({ path, result: 'would-be-granted' });
    return 'dry-run';
  }
  if (!isNeeded) return 'nothing-to-do';
  if (!(await talk.confirm())) return 'unchanged';
  await adopt(plan.who, plan);
  return talk.stoppable((stop) => write({ plan, request, host, stop }));
}

/** Takes the key in where that is needed; then it can be tried. */
async function adopt(who: GrantedKey, { run }: GrantPlan): Promise<void> {
  if (!who.adopt) return;
  await who.adopt();
  await tryKey(who, run.keyServices);
}

interface Writing {
  readonly plan: GrantPlan;
  readonly request: GrantRequest;
  readonly host: Session;
  readonly stop: AbortSignal;
}

async function write({ plan, request, host, stop }: Writing): Promise<GrantOutcome> {
  const { talk } = request;
  const work = { plan, request, host, stop };
  const prepared = await prepareAll(work);
  if (stop.aborted) return 'interrupted';
  const hasFailed = prepared.some(({ outcome }) => outcome.error !== undefined);
  if (hasFailed && prepared.every(({ outcome }) => outcome.error !== undefined)) {
    for (const { outcome } of prepared) talk.done(outcome);
    return 'failed';
  }
  await writePrepared(prepared, work, (outcome) => talk.done(outcome));
  if (stop.aborted) return 'interrupted';
  if (plan.change.text !== null) {
    await writeConfig(plan, host).catch((error: unknown) => {
      const isWritten = prepared.some(({ outcome }) => outcome.error === undefined);
      const done = `The files that are told above are written, ${plan.config.path} is not. The same command again does the rest.`;
      throw isWritten ? butDone(error, done) : error;
    });
    talk.written(plan.config.path);
  }
  return 'granted';
}
