/** Shares the files of a command out, if it may be. */
import { keySpeedOf } from '../../keyservice/key-speed.js';
import { paceOf } from '../../util/pace.js';
import type { Context } from '../commands/command.js';
import { ownCommand } from '../own-process.js';
import { Sharing } from './sharing.js';
import { WorkerProcess } from './worker-process.js';

/** Whoever waits for services, programs or people gains nothing from a second process, and people would be bothered by both. */
const QUICK_KEY_MS = 20;

/** Commands for keys may ask somebody, and would do so twice. */
const KEY_COMMAND = /^SOPS_AGE_.*_CMD$/;

/** For so many files. In somebody else's process there is no second one; `host.log`, if there is one, is the log of one process. */
export function startSharing({ host, streams, words }: Context, files: number, mayBeShared = true): Sharing {
  const speed = keySpeedOf(host);
  const start = (): WorkerProcess => new WorkerProcess(words, ownCommand(streams));
  const asks = Object.entries(host.env).some(([name, value]) => KEY_COMMAND.test(name) && value);
  return new Sharing({
    files,
    helps: () => !speed.asksService && speed.quickest < QUICK_KEY_MS,
    shared: () => paceOf(host).share(2),
    ...(mayBeShared && streams.areOwn && !host.log && !asks && { start }),
  });
}
