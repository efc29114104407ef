/** Keeps what stores lend alive as long as it is needed, and gives it back in the end (docs/stores.md#leases). */
import { SopsError } from '../errors.js';
import type { KeptValues, LeaseNote } from '../operations/programs/kept-run.js';
import { noteLease, withoutLogin } from '../run/reference-trail.js';
import type { Host } from '../util/host/host.js';
import { isError } from '../util/realms.js';
import { SYSTEM_CLOCK } from '../util/waiting/clock.js';
import { LONGEST_TIMER_MS } from '../util/waiting/timeout.js';
import type { Lease, Leases } from './lease.js';

/** A lease is renewed when this part of its time is over. */
const RENEW_AT = 2 / 3;
/** Renewal is put off by up to this part of it at random, so that many programs do not ask at the same time. */
const JITTER = 0.1;
/** Less than this part of what was granted at first: the lease is at its end. */
const GRACE = 0.15;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Giving back must not keep a program's exit status waiting. */
const CLOSE_MS = 5000;

interface Kept {
  readonly lease: Lease;
  /** Until when it is good, in milliseconds of the clock that also counts while the machine sleeps, and of the one that nobody sets back. */
  until: Moment;
  /** How often less was granted than was asked for. */
  short: number;
  timer: NodeJS.Timeout | undefined;
}

interface Moment {
  readonly byDay: number;
  readonly steady: number;
}

function momentIn(milliseconds: number): Moment {
  return { byDay: Date.now() + milliseconds, steady: SYSTEM_CLOCK.steady() + milliseconds };
}

export class LeaseKeeper implements Leases, KeptValues {
  readonly #host: Host;
  readonly #leases: Kept[] = [];
  readonly #logins: Kept[] = [];
  readonly #notes: Promise<void>[] = [];
  readonly #stop = new AbortController();
  #tellEnd: (reason: string) => void = () => undefined;
  /** Settles with the reason when the first of them cannot be kept any longer. */
  readonly ended = new Promise<string>((settle) => {
    this.#tellEnd = settle;
  });

  constructor(host: Host) {
    this.#host = host;
  }

  add(lease: Lease, asLogin = false): void {
    const kept: Kept = { lease, until: momentIn(lease.duration * 1000), short: 0, timer: undefined };
    (asLogin ? this.#logins : this.#leases).push(kept);
    this.#wait(kept, lease.duration);
    const noted = noteLease('lease', lease.called, this.#host);
    noted.catch(() => undefined);
    this.#notes.push(noted);
  }

  /** The log-ins by which they were made are not for the program. */
  leases(): LeaseNote[] {
    return this.#leases.map(({ lease, until }) => ({
      lease: withoutLogin(lease.called),
      lease_id: lease.id,
      lease_duration: lease.duration,
      renewable: lease.isRenewable,
      expires: new Date(until.byDay).toISOString(),
    }));
  }

  /** What became of noting those that were added; one that could not be noted must not be used. Never rejects. */
  noted(): Promise<PromiseSettledResult<void>[]> {
    return Promise.allSettled(this.#notes);
  }

  /** Stops to renew, and gives all back: what was lent first, then the log-ins. Never rejects. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const { timer } of [...this.#leases, ...this.#logins]) clearTimeout(timer);
    const late = AbortSignal.timeout(CLOSE_MS);
    await this.#giveBack(this.#leases, late);
    await this.#giveBack(this.#logins, late);
  }

  /** For values that outlive this run, as printed ones do: gives log-ins back, unless that would end what they were lent. Never rejects. */
  async leave(): Promise<void> {
    if (this.#leases.every(({ lease }) => !lease.revoke)) return this.close();
    this.#stop.abort();
    for (const { timer } of [...this.#leases, ...this.#logins]) clearTimeout(timer);
  }

  async #giveBack(kept: Kept[], signal: AbortSignal): Promise<void> {
    const revoked = kept.splice(0).map(async ({ lease }) => {
      if (!lease.revoke) return;
      try {
        await untilAborted(lease.revoke(signal), signal);
      } catch (error) {
        this.#host.warn(`${lease.called} could not be given back, and ends at its own time: ${reasonOf(error)}`);
        return;
      }
      // It is gone already: there is nothing left to hold back.
      await noteLease('revoke-lease', lease.called, this.#host).catch((error: unknown) =>
        this.#host.warn(`${lease.called} was given back, which could not be noted: ${reasonOf(error)}`),
      );
    });
    await Promise.all(revoked);
  }

  /** What is not renewable is good until shortly before its end; a duration of 0 has none. */
  #wait(kept: Kept, duration: number): void {
    if (duration <= 0 || this.#stop.signal.aborted) return;
    const part = kept.lease.isRenewable ? RENEW_AT + JITTER * Math.random() : 1 - GRACE;
    this.#sleep(kept, duration * 1000 * part);
  }

  /** In several steps where one timer cannot wait that long. */
  #sleep(kept: Kept, pause: number): void {
    const step = Math.min(pause, LONGEST_TIMER_MS);
    kept.timer = setTimeout(() => (pause > step ? this.#sleep(kept, pause - step) : void this.#due(kept)), step);
    kept.timer.unref();
  }

  async #due(kept: Kept): Promise<void> {
    const { lease } = kept;
    if (!lease.isRenewable) return this.#tellEnd(`${lease.called} ends and cannot be renewed`);
    const granted = await this.#renew(kept);
    if (granted === undefined || this.#stop.signal.aborted) return;
    kept.until = momentIn(granted * 1000);
    kept.short = granted < lease.duration ? kept.short + 1 : 0;
    if (granted < lease.duration * GRACE || kept.short > 1) {
      this.#tellEnd(`${lease.called} has reached the end of its life`);
      return;
    }
    this.#wait(kept, granted);
  }

  /** The seconds granted; undefined when the lease has ended. Tries again, later and later, as long as it is good. */
  async #renew({ lease, until }: Kept): Promise<number | undefined> {
    const { signal } = this.#stop;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await lease.renew(lease.duration, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        const hasEnded = error instanceof SopsError && error.code === 'lease-expired';
        const next = momentIn(pause);
        if (hasEnded || next.byDay >= until.byDay || next.steady >= until.steady) {
          this.#tellEnd(`${lease.called} could not be renewed: ${reasonOf(error)}`);
          return undefined;
        }
      }
      await new Promise((go) => setTimeout(go, pause).unref());
    }
  }
}

function reasonOf(error: unknown): string {
  return isError(error) ? error.message : 'unknown';
}

/** A store that does not answer is not waited for any longer. */
function untilAborted<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new SopsError('store-unreachable', 'no answer in time')), {
      once: true,
    });
  });
  return Promise.race([task, late]);
}
