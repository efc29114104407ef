/** The key service of this machine: the providers of the registry, with the user's own environment and identities. */
import { SopsError } from '../errors.js';
import type { KeyProvider, MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import type { Session } from '../util/host/host.js';
import { SYSTEM_CLOCK } from '../util/waiting/clock.js';
import { concurrencyLimitOf } from '../util/waiting/concurrency-limit.js';
import { eitherSignal } from '../util/waiting/deadline.js';
import { Slots } from '../util/waiting/slots.js';
import { TaskQueue } from '../util/waiting/task-queue.js';
import { inTime, keyTimeout } from '../util/waiting/timeout.js';
import { keySpeedOf } from './key-speed.js';
import type { KeyService } from './keyservice.js';

/** Calls of services under way in a run, whichever files they are for. */
export const MOST_CALLS = 32;
const CALLS = Symbol('calls of services');

/** Keys of this machine are used one after another in a run, whichever files they are for. */
const QUEUE = Symbol('keys of this machine');

export class LocalKeyService implements KeyService {
  readonly #host: Session;
  readonly #timeout: number;
  /** Several files in work may all need the passphrase that the first one asks for. */
  readonly #queue: TaskQueue;
  readonly #calls: Slots;

  /** Throws `usage` for an unreadable `SOPS_TS_KEY_TIMEOUT`. */
  constructor(host: Session) {
    this.#host = host;
    this.#timeout = keyTimeout(host);
    this.#queue = host.once(QUEUE, () => new TaskQueue());
    this.#calls = host.once(CALLS, () => new Slots(() => concurrencyLimitOf(host).allowedCalls(MOST_CALLS)));
  }

  async wrap(key: MasterKey, part: Uint8Array): Promise<string> {
    return this.#use(key, false, this.#host.signal, (provider, signal) => provider.wrap(key, part, this.#host, signal));
  }

  async unwrap(key: MasterKey, signal?: AbortSignal): Promise<Uint8Array> {
    const either = eitherSignal(signal, this.#host.signal);
    return this.#use(key, true, either, (provider, stop) => provider.unwrap(key, this.#host, stop));
  }

  /** Only remote keys have a deadline: a local one may wait for a passphrase, a touch or a program. */
  async #use<T>(
    key: MasterKey,
    isOpening: boolean,
    signal: AbortSignal | undefined,
    use: (provider: KeyProvider, signal?: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const given =
      this.#host.bringsKeys && (await import('./replaced-providers.js')).givenFor(key, isOpening, this.#host);
    const provider = given || (await providerOf(key));
    const row = keyTypeRow(key.type);
    if (!row) return use(provider, signal);
    if (!row.remote) return this.#queue.run(() => this.#timed(() => use(provider, signal)));
    keySpeedOf(this.#host).asksService = true;
    await provider.permit?.(key, this.#host, signal);
    const activity = this.#host.begin?.(`waiting for ${row.title}`);
    try {
      return await this.#calls.run(() => inTime(this.#timeout, signal, (stop) => use(provider, stop)));
    } finally {
      activity?.end();
    }
  }

  async #timed<T>(use: () => Promise<T>): Promise<T> {
    const since = SYSTEM_CLOCK.steady();
    try {
      return await use();
    } finally {
      const speed = keySpeedOf(this.#host);
      speed.quickest = Math.min(speed.quickest, SYSTEM_CLOCK.steady() - since);
    }
  }
}

/** Loads the provider of a key's type. Throws `key` for a type that has none. */
async function providerOf(key: MasterKey): Promise<KeyProvider> {
  const row = keyTypeRow(key.type);
  if (row?.load) return row.load();
  throw new SopsError('key', `keys of ${row?.title ?? key.type} cannot be used by this version of sops-ts yet`);
}
