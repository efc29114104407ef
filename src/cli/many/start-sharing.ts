/** Shares the files of a command out, if it may be. */
import { paceOf } from '../../util/pace.js';
import type { Context } from '../commands/command.js';
import { ownCommand } from '../own-process.js';
import { Sharing } from './sharing.js';
import { WorkerProcess } from './worker-process.js';

/** Who waits for services, programs or people gains nothing by a second process, and people would be bothered by both. */
const QUICK_KEY_MS = 20;

/** Commands for keys may ask somebody, and would do so twice. */
const KEY_COMMAND = /^SOPS_AGE_.*_CMD$/;

/** For so many files. In somebody else's process there is no second one; `host.log`, if there is one, is the log of one process. */
export function startSharing({ host, streams, words }: Context, files: number, mayBeShared = true): Sharing {
  const pace = paceOf(host);
  const start = (): WorkerProcess => new WorkerProcess(words, ownCommand(streams));
  const asks = Object.entries(host.env).some(([name, value]) => KEY_COMMAND.test(name) && value);
  return new Sharing({
    files,
    helps: () => pace.quickestKey < QUICK_KEY_MS,
    shared: () => pace.share(2),
    ...(mayBeShared && streams.areOwn && !host.log && !asks && { start }),
  });
}
