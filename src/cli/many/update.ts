/** `updatekeys` of many files: Ctrl+C lets the files in work be finished, and a second process takes some of them. */
import { givenOnce, isUntold } from '../../config/warnings.js';
import { SopsError } from '../../errors.js';
import { notingTalk } from '../../operations/recipients/update-questions.js';
import {
  fileUpdater,
  isOneAtATime,
  type UpdatedFile,
  type UpdateKeysOutcome,
  type UpdateKeysRequest,
  updateKeys,
} from '../../operations/recipients/updatekeys.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import type { Context } from '../commands/command.js';
import { INTERRUPTED, withInterruption } from './interruption.js';
import { startSharing } from './start-sharing.js';
import { serveErrands } from './worker.js';
import type { Answer } from './worker-process.js';

/** Updates the files; where that was interrupted there is a status for it. */
export async function updateMany(
  request: UpdateKeysRequest,
  context: Context,
): Promise<UpdateKeysOutcome & { readonly interrupted?: number }> {
  const { host, streams } = context;
  const sharing = startSharing(context, request.files.length, !isOneAtATime(request, host));
  let interrupted: number | undefined;
  const shared = {
    get most() {
      return sharing.most;
    },
    work: (path: string, here: () => Promise<UpdatedFile>) => {
      const file = { path, absolute: resolve(host.cwd, path), isNamed: true };
      return sharing.work(file, here, (answer) => updatedAside(answer, host));
    },
  };
  const update = (stop: AbortSignal): Promise<UpdateKeysOutcome> =>
    updateKeys({ ...request, stop, sharing: shared }, host);
  try {
    const all = await withInterruption(streams, update, () => {
      interrupted = INTERRUPTED;
    });
    return { ...all, ...(interrupted !== undefined && { interrupted }) };
  } finally {
    await sharing.end();
  }
}

/** What a second process tells the first one of a file. */
interface Aside extends UpdatedFile {
  /** Those warnings that a run gives once. */
  readonly once: readonly string[];
}

/** What is said once in a run is not to be said by both processes. */
function updatedAside(answer: NonNullable<Answer>, host: Session): UpdatedFile {
  if ('error' in answer) return { told: [], result: answer.error };
  const { told, result, once } = answer.done as Aside;
  const isNew = isUntold(host, once);
  return { told: told.filter((one) => one.tells !== 'warning' || isNew(one.message)), result };
}

/** Updates files for the first process, which has asked all there was to ask. Returns the exit status. */
export async function updateForAnother(
  requestWith: (talk: UpdateKeysRequest['talk']) => UpdateKeysRequest,
  context: Context,
): Promise<number> {
  const request = requestWith(notingTalk([], { confirm: async () => true }));
  let updater: ReturnType<typeof fileUpdater> | undefined;
  return serveErrands(context, async ({ host }, { path }): Promise<Aside | undefined> => {
    updater ??= fileUpdater({ ...request, files: [path] }, host);
    const { told, result } = await (await updater)(path);
    if (result instanceof SopsError) return undefined;
    const warnings = told.flatMap((one) => (one.tells === 'warning' ? [one.message] : []));
    return { told, result, once: givenOnce(host, warnings) };
  });
}
