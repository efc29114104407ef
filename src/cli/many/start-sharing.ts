/** Decides whether the files of a command may be shared with a second process. */
import { keySpeedOf } from '../../keyservice/key-speed.js';
import type { Host } from '../../util/host/host.js';
import { concurrencyLimitOf } from '../../util/waiting/concurrency-limit.js';
import type { Context } from '../commands/command.js';
import { ownCommand } from '../start/own-process.js';
import { FEWEST_FILES, Sharing } from './sharing.js';
import { WorkerProcess } from './worker-process.js';

/** Whoever waits for services, programs or people gains nothing from a second process, and people would be bothered by both. */
const QUICK_KEY_MS = 20;

/** Commands that print keys may ask somebody, and would do so in both processes. */
const KEY_COMMAND = /^SOPS_AGE_.*_CMD$/;

/** More than a small file has: that they are many is what counts. */
const BYTES_OF_A_FILE = 4096;

/** Has the program make itself ready for so many files at once, rather than for each when it comes to it. */
export function prepareForMany(host: Host, files = FEWEST_FILES): void {
  if (files < FEWEST_FILES) return;
  void host.prepareFor?.({ bytes: files * BYTES_OF_A_FILE, isEncrypted: true, keepsHeapSmall: false });
}

/** `files` is how many there are. In somebody else's process no second one is started, nor where there is a log, which is that of one process. */
export function startSharing({ host, streams, words }: Context, files: number, mayBeShared = true): Sharing {
  prepareForMany(host, files);
  const speed = keySpeedOf(host);
  const start = (): WorkerProcess => new WorkerProcess(words, ownCommand(streams));
  const asks = Object.entries(host.env).some(([name, value]) => KEY_COMMAND.test(name) && value);
  return new Sharing({
    files,
    helps: () => !speed.asksService && speed.quickest < QUICK_KEY_MS,
    shared: () => concurrencyLimitOf(host).shareAmong(2),
    ...(mayBeShared && streams.areOwn && !host.log && !asks && { start }),
  });
}
