/** Trying the keys of a group: what is on this machine one after another, what is remote side by side. */
import { setImmediate } from 'node:timers/promises';
import { SopsError } from '../errors.js';
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import { type KeyService, keyStringOf } from '../keyservice/keyservice.js';
import type { Lane } from '../util/lane.js';
import { sortKeys } from './decryption-order.js';
import type { KeyFailure } from './recovery-report.js';

/** What the groups of a file share while they are being opened. */
export interface Attempt {
  /** Asked in order for every key. */
  readonly keyServices: readonly KeyService[];
  /** Type identifiers. */
  readonly decryptionOrder: readonly string[];
  /** What may ask the user or start programs runs here, so that nothing of it happens twice at a time. */
  readonly lane: Lane;
  /** Aborted when no further part is needed. */
  readonly signal: AbortSignal;
}

/** Keys that are tried together. */
interface Batch {
  readonly remote: boolean;
  readonly keys: readonly MasterKey[];
}

/** The part of a group, or why each of its keys did not open it, in the order in which they stand in its batches. */
export async function openGroup(group: KeyGroup, attempt: Attempt): Promise<Uint8Array | KeyFailure[]> {
  const failures: KeyFailure[] = [];
  for (const { remote, keys } of batchesOf(group, attempt.decryptionOrder)) {
    const outcome = remote ? await trySideBySide(keys, attempt) : await tryInTurn(keys, attempt);
    if (outcome instanceof Uint8Array) return outcome;
    failures.push(...outcome);
  }
  return failures;
}

/**
 * Types that the order names come one after another, whatever they are. Of the others, for which the user has no wish,
 * those of this machine come first.
 */
function batchesOf(group: KeyGroup, order: readonly string[]): Batch[] {
  const sorted = sortKeys(group, order);
  const named = order.map((type) => sorted.filter((key) => key.type === type));
  const others = sorted.filter((key) => !order.includes(key.type));
  const local = others.filter((key) => !isRemote(key));
  const remote = others.filter(isRemote);
  const batches = [...named, local, remote].filter((keys) => keys.length > 0);
  return batches.map((keys) => ({ keys, remote: keys.every(isRemote) }));
}

function isRemote(key: MasterKey): boolean {
  return keyTypeRow(key.type)?.remote ?? false;
}

function tryInTurn(keys: readonly MasterKey[], attempt: Attempt): Promise<Uint8Array | KeyFailure[]> {
  return attempt.lane.run(async () => {
    const failures: KeyFailure[] = [];
    // The group before may have given the last part that was needed.
    await setImmediate();
    for (const key of keys) {
      if (attempt.signal.aborted) break;
      const outcome = await tryKey(key, attempt);
      if (outcome instanceof Uint8Array) return outcome;
      failures.push(outcome);
    }
    return failures;
  });
}

/** The first part that any of the keys gives; the other attempts are told to stop. Waits until local keys had their chance. */
async function trySideBySide(keys: readonly MasterKey[], attempt: Attempt): Promise<Uint8Array | KeyFailure[]> {
  await attempt.lane.idle();
  if (attempt.signal.aborted) return [];
  const stop = new AbortController();
  const signal = AbortSignal.any([attempt.signal, stop.signal]);
  const failures: KeyFailure[] = [];
  let pending = keys.length;
  return new Promise<Uint8Array | KeyFailure[]>((settle, reject) => {
    const note = (at: number, outcome: Uint8Array | KeyFailure): void => {
      pending -= 1;
      if (outcome instanceof Uint8Array) settle(outcome);
      else failures[at] = outcome;
      if (pending === 0) settle(failures);
    };
    for (const [at, key] of keys.entries()) tryKey(key, { ...attempt, signal }).then((one) => note(at, one), reject);
  }).finally(() => stop.abort());
}

/** The part of a key from the first service that gives it. */
async function tryKey(key: MasterKey, { keyServices, signal }: Attempt): Promise<Uint8Array | KeyFailure> {
  const reasons: string[] = [];
  const hints: string[] = [];
  for (const service of keyServices) {
    if (signal.aborted) break;
    try {
      return await service.unwrap(key, signal);
    } catch (error) {
      if (!signal.aborted && !(error instanceof SopsError)) throw error;
      reasons.push(error instanceof SopsError ? error.message : 'stopped');
      if (error instanceof SopsError && error.hint !== undefined) hints.push(error.hint);
    }
  }
  return { keyString: await keyStringOf(key), reasons, hints };
}
