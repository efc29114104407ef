/** How many calls to services a run makes at a time: fewer once a service says that it gets too many. */

import type { Host, Session } from '../host/host.js';
import { sessionOf } from '../host/session.js';
import { SYSTEM_CLOCK } from './clock.js';

/** Calls that were under way when a service said so are refused, too: refusals within this time count as one. */
const ONE_REFUSAL_MS = 250;

/** It is halved when a service refuses calls because of their number, and grows by one after as many successes as it allows. */
export class ConcurrencyLimit {
  #limit = Number.POSITIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;
  #processes = 1;
  #successes = 0;
  #loweredAt = Number.NEGATIVE_INFINITY;
  #refusals = 0;

  /** How many may be under way now: at least 1, and `most` while nothing is wrong. */
  allowed(most: number): number {
    this.#most = Math.min(this.#most, most);
    return Math.min(most, this.#limit);
  }

  /** The same for calls to services, of which every process makes its share. */
  allowedCalls(most: number): number {
    return Math.max(1, Math.floor(this.allowed(most) / this.#processes));
  }

  /** From now on so many processes call services; together they make no more calls at a time than this one could alone. */
  shareAmong(processes: number): void {
    this.#processes = processes;
  }

  /** How many calls services have refused because of their number. */
  get refusals(): number {
    return this.#refusals;
  }

  /** A service refused a call because it gets too many. */
  onRefusal(now = SYSTEM_CLOCK.steady()): void {
    this.#refusals += 1;
    if (now - this.#loweredAt < ONE_REFUSAL_MS) return;
    this.#loweredAt = now;
    this.#successes = 0;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, this.#most) / 2) || 1);
  }

  onSuccess(): void {
    if (!Number.isFinite(this.#limit)) return;
    this.#successes += 1;
    if (this.#successes < this.#limit) return;
    this.#successes = 0;
    this.#limit += 1;
  }
}

const LIMIT = Symbol('limit of calls');

/** The limit of a run. */
export function concurrencyLimitOf(host: Session): ConcurrencyLimit {
  return host.once(LIMIT, () => new ConcurrencyLimit());
}

/** To be called by a client whose service refuses a call because it gets too many; without effect outside of a run. */
export function noteThrottled(host: Host): void {
  concurrencyLimitOf(sessionOf(host)).onRefusal();
}
