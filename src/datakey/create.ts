/** Making a data key, and wrapping one for every master key of a file (docs/keys/README.md#key-groups, docs/keys/README.md#the-life-of-a-data-key). */

import { SopsError } from '../errors.js';
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import { type KeyService, keyStringOf, logOf, reasonOf } from '../keyservice/keyservice.js';
import { append } from '../util/lists.js';
import { formatUtcSeconds } from '../util/text/rfc3339.js';
import { TaskQueue } from '../util/waiting/task-queue.js';
import { DataKey } from './data-key.js';
import { joinHints, noServicesHint } from './key-failure.js';
import { splitSecret } from './shamir.js';

/** For whom a data key is wrapped. */
export interface Recipients {
  readonly keyGroups: readonly KeyGroup[];
  /** How many groups are needed; 0 with several groups means all of them. One group needs no threshold, whatever it is. */
  readonly shamirThreshold: number;
}

/**
 * A new data key, wrapped for all recipients.
 * @returns the key, and the threshold to write into the metadata. Throws as {@link wrapDataKey} does.
 */
export async function createDataKey(
  recipients: Recipients,
  keyServices: readonly KeyService[],
): Promise<{ dataKey: DataKey; shamirThreshold: number }> {
  const dataKey = DataKey.generate();
  return { dataKey, shamirThreshold: await wrapDataKey(dataKey, recipients, keyServices) };
}

/**
 * Wraps a data key for every recipient: sets `enc` of all keys, and `createdAt` of those that should have one and have
 * none. Nothing is set unless everything succeeded.
 * @returns the threshold to write into the metadata.
 * Throws `data-key-not-wrapped` with all failures, for an empty group, and for an impossible threshold.
 */
export async function wrapDataKey(
  dataKey: DataKey,
  recipients: Recipients,
  keyServices: readonly KeyService[],
): Promise<number> {
  const { keyGroups } = recipients;
  if (keyServices.length === 0)
    throw notWrapped(['no key services provided, cannot update master keys'], [noServicesHint()]);
  if (keyGroups.length === 0) throw notWrapped(['no key groups provided'], [NOBODY]);
  const shamirThreshold = recipients.shamirThreshold || (keyGroups.length > 1 ? keyGroups.length : 0);
  if (keyGroups.length > 1) logSplit(keyGroups.length, shamirThreshold, keyServices);
  const parts = partsOf(dataKey, keyGroups.length, shamirThreshold);
  if (keyGroups.some((group) => group.length === 0)) throw notWrapped(['empty key group provided'], [NOBODY]);
  const jobs = keyGroups.flatMap((group, index) =>
    group.map((key) => ({ key, part: parts[index] ?? new Uint8Array() })),
  );
  const outcomes = await wrapParts(jobs, keyServices);
  const wrapped = new Map<MasterKey, string>();
  const failures: SopsError[] = [];
  for (const [at, { key }] of jobs.entries()) {
    const outcome = outcomes[at] ?? [];
    if (typeof outcome === 'string') wrapped.set(key, outcome);
    else append(failures, outcome);
  }
  if (failures.length > 0) {
    throw notWrapped(
      failures.map((failure) => failure.message),
      failures.map((failure) => failure.hint ?? EVERY_KEY),
    );
  }
  setWrapped(wrapped);
  return shamirThreshold;
}

function logSplit(parts: number, quorum: number, keyServices: readonly KeyService[]): void {
  const fields = { parts: String(parts), quorum: String(quorum) };
  const message = 'Splitting data key with Shamir Secret Sharing';
  logOf(keyServices)?.({ component: 'SOPS', level: 'info', message, fields });
}

/** What each group gets: the key itself when there is but one. */
function partsOf(dataKey: DataKey, groups: number, threshold: number): Uint8Array[] {
  if (groups === 1) return [dataKey.bytes];
  try {
    return splitSecret(dataKey.bytes, groups, threshold);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw notWrapped([`could not split data key into parts for Shamir: ${cause.message}`]);
  }
}

interface WrapJob {
  readonly key: MasterKey;
  readonly part: Uint8Array;
}

/** The outcomes in the order of the jobs. Remote keys are asked side by side; local ones, which may ask the user, in turn. */
function wrapParts(jobs: readonly WrapJob[], services: readonly KeyService[]): Promise<(string | SopsError[])[]> {
  const localQueue = new TaskQueue();
  const outcomes = jobs.map(({ key, part }) => {
    const wrap = (): Promise<string | SopsError[]> => wrapPart(key, part, services);
    return keyTypeRow(key.type)?.remote ? wrap() : localQueue.run(wrap);
  });
  return Promise.all(outcomes);
}

/** The `enc` from the first service that gives one, or why none did. */
async function wrapPart(
  key: MasterKey,
  part: Uint8Array,
  services: readonly KeyService[],
): Promise<string | SopsError[]> {
  const failures: SopsError[] = [];
  for (const service of services) {
    try {
      return await service.wrap(key, part);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      const name = JSON.stringify(await keyStringOf(key));
      const message = `failed to encrypt new data key with master key ${name}: ${reasonOf(error, key)}`;
      failures.push(new SopsError('key', message, error.hint === undefined ? {} : { hint: error.hint }));
    }
  }
  return failures;
}

function setWrapped(wrapped: ReadonlyMap<MasterKey, string>): void {
  const now = formatUtcSeconds(Date.now());
  for (const [key, enc] of wrapped) {
    key.enc = enc;
    if (keyTypeRow(key.type)?.dated) key.createdAt ??= now;
  }
}

/** The next step where a failure has none of its own. */
const NOBODY =
  'Nothing was written: a group that nobody is in opens nothing. Add somebody to it before the last one is taken out.';
const EVERY_KEY =
  'Nothing was written: a file is encrypted for all of its keys or not at all. Mend this, or leave the key out.';

function notWrapped(reasons: readonly string[], hints: readonly string[] = []): SopsError {
  const hint = joinHints(hints);
  return new SopsError(
    'data-key-not-wrapped',
    `Could not generate data key: [${reasons.join(' ')}]`,
    hint === undefined ? {} : { hint },
  );
}
