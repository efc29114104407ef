/** Recovering the data key of a file from its master keys (spec keys-and-config.md section 4). */
import type { KeyService } from '../keyservice/keyservice.js';
import type { Metadata } from '../metadata/metadata.js';
import { Lane } from '../util/lane.js';
import { type Attempt, openGroup } from './attempts.js';
import { combine, dataKeyOf, provenKey } from './combine.js';
import type { DataKey } from './data-key.js';
import { DEFAULT_DECRYPTION_ORDER } from './decryption-order.js';
import { type KeyFailure, notRecovered } from './recovery-report.js';

export interface RecoverOptions {
  /** Asked in order for every key. */
  readonly keyServices: readonly KeyService[];
  /** Type identifiers, as `parseDecryptionOrder` gives them; undefined for the default. */
  readonly decryptionOrder?: readonly string[] | undefined;
}

/** What recovery needs of a file's metadata. */
export type Wrapped = Pick<Metadata, 'keyGroups' | 'shamirThreshold' | 'mac' | 'lastModified'>;

/** What came of a group: its part, or why each of its keys did not open it. */
type Outcome = Uint8Array | KeyFailure[];

/**
 * Opens a part of every group and puts them together. Keys of this machine are tried first, one after another, then the
 * remote ones of all groups side by side; the first key that succeeds serves for its group. Groups that are not needed any more
 * are not waited for, once the parts of others have made a key that opens the file's MAC.
 * Throws `data-key-not-recovered`, the report of all groups and keys in its message and detail.
 */
export async function recoverDataKey(metadata: Wrapped, options: RecoverOptions): Promise<DataKey> {
  const enough = new AbortController();
  const attempt: Attempt = {
    keyServices: options.keyServices,
    decryptionOrder: options.decryptionOrder ?? DEFAULT_DECRYPTION_ORDER,
    lane: new Lane(),
    signal: enough.signal,
  };
  try {
    return await openGroups(metadata, attempt);
  } finally {
    enough.abort();
    // A prompt must not stay behind on the terminal.
    await attempt.lane.idle();
  }
}

async function openGroups(metadata: Wrapped, attempt: Attempt): Promise<DataKey> {
  const outcomes: Outcome[] = [];
  let settleEarly = (_: DataKey): void => undefined;
  const early = new Promise<DataKey>((settle) => {
    settleEarly = settle;
  });
  const opening = metadata.keyGroups.map(async (group, index) => {
    outcomes[index] = await openGroup(group, attempt);
    const dataKey = metadata.keyGroups.length > 1 ? provenKey(partsOf(outcomes), metadata) : undefined;
    if (dataKey) settleEarly(dataKey);
  });
  return Promise.race([early, Promise.all(opening).then(() => conclude(outcomes, metadata))]);
}

/** The key when every group has been tried. Throws `data-key-not-recovered`. */
function conclude(outcomes: readonly Outcome[], metadata: Wrapped): DataKey {
  const { keyGroups, shamirThreshold } = metadata;
  const parts = partsOf(outcomes);
  const needed = keyGroups.length > 1 ? shamirThreshold : 1;
  if (parts.length < Math.max(needed, 1)) {
    const failures = outcomes.map((outcome) => (outcome instanceof Uint8Array ? null : outcome));
    throw notRecovered(failures, shamirThreshold);
  }
  return keyGroups.length > 1 ? combine(parts, metadata) : dataKeyOf(parts[0] ?? new Uint8Array());
}

function partsOf(outcomes: readonly Outcome[]): Uint8Array[] {
  return outcomes.filter((outcome) => outcome instanceof Uint8Array);
}
