/** Trying the keys of a group: what is on this machine one after another, what is remote side by side. */
import { setMaxListeners } from 'node:events';
import { SopsError } from '../errors.js';
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import { type KeyService, keyStringOf, reasonOf } from '../keyservice/keyservice.js';
import { oneLine } from '../util/text/one-line.js';
import { nextTurn, type TaskQueue } from '../util/waiting/task-queue.js';
import { sortKeys } from './decryption-order.js';
import { type GroupTurns, HEAD_START } from './group-turns.js';
import { type KeyFailure, noServicesHint } from './key-failure.js';

/** What the groups of a file share while they are being opened. */
export interface Attempt {
  /** Asked in order for every key. */
  readonly keyServices: readonly KeyService[];
  /** Parts that need not be opened. */
  readonly known: ReadonlyMap<MasterKey, Uint8Array>;
  /** Type identifiers. */
  readonly decryptionOrder: readonly string[];
  /** What may ask the user or start programs runs here, so that nothing of it happens twice at a time. */
  readonly localQueue: TaskQueue;
  /** Remote keys are asked in them. */
  readonly turns: GroupTurns;
  /** Aborted when no further part is needed. */
  readonly signal: AbortSignal;
}

/** Keys that are tried together. */
interface Batch {
  readonly remote: boolean;
  readonly keys: readonly MasterKey[];
}

/** Remote keys asked at a time: a file may list thousands, to have its readers flood a service with requests of theirs. */
const MOST_AT_ONCE = 32;

/** Takes a part and the key that gave it; says whether the group needs to give no more. */
export type OfferPart = (part: Uint8Array, key: MasterKey) => boolean;

/** A group while it is being opened: which of its keys are still to be tried, and why others failed. */
export class GroupOpening {
  readonly #batches: readonly Batch[];
  readonly #untried: Set<MasterKey>;
  readonly #failures = new Map<MasterKey, KeyFailure>();
  readonly #attempt: Attempt;

  constructor(group: KeyGroup, attempt: Attempt) {
    this.#batches = batchesOf(group, attempt);
    this.#untried = new Set(group);
    this.#attempt = attempt;
  }

  /** Why each key failed that was tried in vain, in the order in which they stand in the batches. */
  get failures(): KeyFailure[] {
    return this.#batches.flatMap(({ keys }) => keys.flatMap((key) => this.#failures.get(key) ?? []));
  }

  /** Tries the keys that were not tried yet, until a part is enough or no key is left. */
  async open(offer: OfferPart): Promise<void> {
    for (const { remote, keys } of this.#batches) {
      const left = keys.filter((key) => this.#untried.has(key));
      if (left.length === 0) continue;
      if (await (remote ? this.#trySideBySide(left, offer) : this.#tryInTurn(left, offer))) return;
    }
  }

  #tryInTurn(keys: readonly MasterKey[], offer: OfferPart): Promise<boolean> {
    const { localQueue, signal } = this.#attempt;
    return localQueue.run(async () => {
      // The group before may have given the last part that was needed.
      await nextTurn();
      for (const key of keys) {
        if (signal.aborted) return false;
        if (this.#note(key, await tryKey(key, this.#attempt), offer)) return true;
      }
      return false;
    });
  }

  /**
   * The first key has a head start, and each failure before its end gives the turn to the next one; then all are asked. Ends with the first
   * part that is enough; the other attempts are told to stop. Waits until local keys had their chance.
   */
  async #trySideBySide(keys: readonly MasterKey[], offer: OfferPart): Promise<boolean> {
    const { localQueue, turns } = this.#attempt;
    await localQueue.idle();
    return turns.take(() => this.#askRemotes(keys, offer));
  }

  async #askRemotes(keys: readonly MasterKey[], offer: OfferPart): Promise<boolean> {
    const attempt = this.#attempt;
    if (attempt.signal.aborted) return false;
    const stop = new AbortController();
    const signal = AbortSignal.any([attempt.signal, stop.signal]);
    // Every key that is asked listens to it; from the eleventh on Node would warn the user of a leak.
    setMaxListeners(0, signal);
    const waiting = [...keys];
    let pending = keys.length;
    let asked = 0;
    let atOnce = 1;
    return new Promise<boolean>((settle, reject) => {
      const end = (isEnough: boolean): void => {
        clearTimeout(headStart);
        settle(isEnough);
      };
      const note = (key: MasterKey, outcome: Uint8Array | KeyFailure): void => {
        pending -= 1;
        asked -= 1;
        if (stop.signal.aborted) return;
        if (this.#note(key, outcome, offer)) {
          stop.abort();
          end(true);
        } else if (pending === 0) end(false);
        else start();
      };
      const start = (): void => {
        for (; asked < atOnce && waiting.length > 0; asked++) {
          const key = waiting.shift() as MasterKey;
          tryKey(key, { ...attempt, signal }).then((one) => note(key, one), reject);
        }
      };
      const headStart = setTimeout(() => {
        atOnce = MOST_AT_ONCE;
        if (!signal.aborted) start();
      }, HEAD_START);
      signal.addEventListener('abort', () => clearTimeout(headStart), { once: true });
      start();
    });
  }

  #note(key: MasterKey, outcome: Uint8Array | KeyFailure, offer: OfferPart): boolean {
    this.#untried.delete(key);
    if (outcome instanceof Uint8Array) return offer(outcome, key);
    this.#failures.set(key, outcome);
    return false;
  }
}

/**
 * What is known comes first. Types that the order names come one after another, whatever they are. Of the others, for which the user has no wish,
 * those of this machine come first.
 */
function batchesOf(group: KeyGroup, { decryptionOrder: order, known }: Attempt): Batch[] {
  const atHand = group.filter((key) => known.has(key));
  const sorted = sortKeys(group, order).filter((key) => !known.has(key));
  const named = order.map((type) => sorted.filter((key) => key.type === type));
  const others = sorted.filter((key) => !order.includes(key.type));
  const local = others.filter((key) => !isRemote(key));
  const remote = others.filter(isRemote);
  const batches = [...named, local, remote].filter((keys) => keys.length > 0);
  const first = atHand.length > 0 ? [{ keys: atHand, remote: false }] : [];
  return [...first, ...batches.map((keys) => ({ keys, remote: keys.every(isRemote) }))];
}

function isRemote(key: MasterKey): boolean {
  return keyTypeRow(key.type)?.remote ?? false;
}

/** The part of a key from the first service that gives it. */
async function tryKey(key: MasterKey, { keyServices, known, signal }: Attempt): Promise<Uint8Array | KeyFailure> {
  const part = known.get(key);
  if (part) return part;
  const reasons: string[] = [];
  const hints: string[] = [];
  for (const service of keyServices) {
    if (signal.aborted) break;
    try {
      return await service.unwrap(key, signal);
    } catch (error) {
      if (!signal.aborted && !(error instanceof SopsError)) throw error;
      reasons.push(error instanceof SopsError ? reasonOf(error, key) : 'stopped');
      if (error instanceof SopsError && error.hint !== undefined) hints.push(error.hint);
    }
  }
  if (keyServices.length === 0) hints.push(noServicesHint());
  return { keyString: oneLine(await keyStringOf(key)), reasons, hints };
}
