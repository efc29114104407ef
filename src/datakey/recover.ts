/** Recovering the data key of a file from its master keys (docs/keys/README.md#recovering-the-data-key). */
import type { MasterKey } from '../keys/provider.js';
import { type KeyService, keyStringOf, logOf } from '../keyservice/keyservice.js';
import { TaskQueue } from '../util/waiting/task-queue.js';
import { KeySearch, type Wrapped } from './combine.js';
import type { DataKey } from './data-key.js';
import { DEFAULT_DECRYPTION_ORDER } from './decryption-order.js';
import { type Attempt, GroupOpening } from './group-attempts.js';
import { GroupTurns } from './group-turns.js';

export interface RecoverOptions {
  /** Asked in order for every key. */
  readonly keyServices: readonly KeyService[];
  /** Type identifiers, as `parseDecryptionOrder` gives them; undefined for the default. */
  readonly decryptionOrder?: readonly string[] | undefined;
  /** Told of entries that hold another data key than the file's. */
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * Opens a part of every group and puts them together. Keys of this machine are tried first, one after another, then the
 * remote ones of as many groups as are needed side by side, and of the others if those fail or take long; the first key that succeeds serves for its group. Groups that are not needed any more
 * are not waited for, once the parts of others have made a key that opens the file.
 *
 * Entries of a file can be pasted in by anybody who may write it: one that holds an older data key would, in front of the good
 * one, keep its rightful holder from the file. So when the key is not the file's, the keys not tried yet get their turn; only if none
 * of them helps, the first one is the answer, as in SOPS.
 * Throws `data-key-not-recovered`, the report of all groups and keys in its message and detail.
 */
export async function recoverDataKey(file: Wrapped, options: RecoverOptions): Promise<DataKey> {
  const enough = new AbortController();
  const search = new KeySearch(file);
  const attempt: Attempt = {
    keyServices: options.keyServices,
    known: await partsKnown(file, options.keyServices),
    decryptionOrder: options.decryptionOrder ?? DEFAULT_DECRYPTION_ORDER,
    localQueue: new TaskQueue(),
    turns: new GroupTurns(() => search.missing, enough.signal),
    signal: enough.signal,
  };
  try {
    const dataKey = await openGroups(file, search, attempt);
    logOf(options.keyServices)?.({ component: 'SOPS', level: 'info', message: 'Data key recovered successfully' });
    for (const key of search.passedOver) options.warn?.(passedOver(await keyStringOf(key)));
    return dataKey;
  } finally {
    // Without a reason each call makes an error with a trace of its own.
    enough.abort(ENOUGH);
    // A prompt must not stay behind on the terminal.
    await attempt.localQueue.idle();
  }
}

/** Whatever the order of the keys, one that need not be used comes first. */
async function partsKnown({ keyGroups }: Wrapped, services: readonly KeyService[]): Promise<Attempt['known']> {
  const known = new Map<MasterKey, Uint8Array>();
  for (const service of services) {
    const parts = await service.recall?.(keyGroups.flat());
    for (const [key, part] of parts ?? []) known.set(key, part);
  }
  return known;
}

const ENOUGH = 'enough groups are open';

async function openGroups(file: Wrapped, search: KeySearch, attempt: Attempt): Promise<DataKey> {
  const openings = file.keyGroups.map((group) => new GroupOpening(group, attempt));
  const isDivided = openings.length > 1;
  let settleEarly = (_: DataKey): void => undefined;
  const early = new Promise<DataKey>((settle) => {
    settleEarly = settle;
  });
  /** Lets every group go on until its part is enough. */
  const openAll = (isEnough: (isFound: boolean) => boolean): Promise<unknown> => {
    const offerTo = (group: number) => (part: Uint8Array, key: MasterKey) => {
      const isFound = search.add(group, { part, key });
      if (search.dataKey) settleEarly(search.dataKey);
      return isEnough(isFound);
    };
    return Promise.all(openings.map((opening, group) => opening.open(offerTo(group))));
  };
  const conclude = async (): Promise<DataKey> => {
    // One part of several tells nothing by itself; and where nothing tells keys apart, the first one counts.
    await openAll((isFound) => isFound || isDivided || !search.isDecidable);
    await checkOpened(openings, search, file);
    if (isDivided && search.isDecidable && !search.dataKey) await openAll((isFound) => isFound);
    return search.dataKey ?? search.first();
  };
  return Promise.race([early, conclude()]);
}

/** Rejects with `data-key-not-recovered` unless enough groups are open. */
async function checkOpened(
  openings: readonly GroupOpening[],
  search: KeySearch,
  { shamirThreshold }: Wrapped,
): Promise<void> {
  const needed = openings.length > 1 ? Math.max(1, shamirThreshold) : 1;
  const opened = openings.filter((_, group) => search.isOpen(group)).length;
  if (opened >= needed) return;
  const failures = openings.map((opening, group) => (search.isOpen(group) ? null : opening.failures));
  throw (await import('./recovery-report.js')).notRecovered(failures, shamirThreshold);
}

function passedOver(keyString: string): string {
  return (
    `the file's entry for ${keyString} holds another data key than the file's and was passed over. ` +
    "If you did not put it there, look at the file's history; sops-ts rotate -i writes all entries anew."
  );
}
