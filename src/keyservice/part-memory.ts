/** Opened parts of data keys, kept for a time, so that many files with one wrapped key cost one call. */
import { type Clock, type Moment, momentOf, SYSTEM_CLOCK, since } from '../util/waiting/clock.js';

/** How much is kept, and for how long. */
export interface MemoryLimits {
  /** Parts at a time; the one that was not asked for the longest goes first. */
  readonly most: number;
  /** Milliseconds without being asked for after which a part is forgotten. */
  readonly idle: number;
  /** Milliseconds after which a part is forgotten however often it is asked for. */
  readonly lifetime: number;
}

/** Of one run. One that goes on for long must notice that a key was taken away. */
const LIMITS_OF_A_RUN: MemoryLimits = { most: 64, idle: Number.POSITIVE_INFINITY, lifetime: 5 * 60_000 };

/** A part that is kept. */
interface Kept {
  readonly part: Uint8Array;
  /** The key that opened it, in words. */
  readonly label: string;
  readonly opened: Moment;
  used: Moment;
}

interface UnderWay {
  readonly part: Promise<Uint8Array>;
  readonly stop: AbortController;
  waiting: number;
}

/** A part with the key that opened it, in words. The part belongs to whoever gets it. */
export interface Recalled {
  readonly part: Uint8Array;
  readonly label: string;
}

/** The right to open what nobody else is opening meanwhile; to be ended in any case. */
export interface Turn {
  keep(part: Uint8Array, label: string): void;
  /** Without a part, whoever waits has the next turn. */
  end(): void;
}

/** Why a part does not come from whoever had the turn. */
class TurnGivenBack extends Error {}

export interface RecallOptions {
  /** Takes the caller's interest back: when nobody is interested any more, `open` is told. */
  readonly signal?: AbortSignal | undefined;
  /** The key, in words. */
  readonly label?: string;
}

/**
 * A copy outside of the heap of the runtime, which moves what is small when it collects garbage, and leaves the bytes where they were: those
 * could not be wiped.
 */
function apartFrom(part: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(part.length));
  copy.set(part);
  return copy;
}

/** Opened parts by what was asked. Private fields: nothing of it shows when it is printed. */
export class PartMemory {
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, UnderWay>();
  readonly #limits: MemoryLimits;
  readonly #clock: Clock;

  constructor(limits = LIMITS_OF_A_RUN, clock = SYSTEM_CLOCK) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** How many parts are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * The part for a question; `open` is called only when it is neither known nor being asked for. Failures are shared by those who
   * wait for them and then forgotten. What is returned belongs to the caller.
   */
  async recall(
    question: string,
    open: (signal: AbortSignal) => Promise<Uint8Array>,
    { signal, label = '' }: RecallOptions = {},
  ): Promise<Uint8Array> {
    for (;;) {
      signal?.throwIfAborted();
      const known = this.known(question);
      if (known) return known.part;
      const asking = this.#underWay.get(question) ?? this.#ask(question, open, label);
      try {
        return apartFrom(await this.#wait(question, asking, signal));
      } catch (error) {
        if (!(error instanceof TurnGivenBack)) throw error;
      }
    }
  }

  /** A part that is known, which counts as asking for it. */
  known(question: string): Recalled | undefined {
    const found = this.#kept.get(question);
    if (!found) return undefined;
    if (this.#isOver(found)) {
      this.forget(question);
      return undefined;
    }
    this.#kept.delete(question);
    this.#kept.set(question, found);
    found.used = momentOf(this.#clock);
    return { part: apartFrom(found.part), label: found.label };
  }

  /**
   * The part for a question if it is known or somebody else opens it meanwhile; otherwise it is the caller's turn. `waits` is called
   * if others have it. Rejects when the signal is aborted before.
   */
  async claim(question: string, signal: AbortSignal, waits: () => void): Promise<Recalled | Turn> {
    for (;;) {
      signal.throwIfAborted();
      const known = this.known(question);
      if (known) return known;
      const asking = this.#underWay.get(question);
      if (!asking) return this.#giveTurn(question);
      waits();
      // Why others could not open it says nothing of the caller: that one may have keys that they have not.
      const part = await this.#wait(question, asking, signal).catch(() => undefined);
      if (part) return this.known(question) ?? { part: apartFrom(part), label: '' };
    }
  }

  /** Wipes what is known of a question. */
  forget(question: string): void {
    this.#kept.get(question)?.part.fill(0);
    this.#kept.delete(question);
  }

  /** Wipes all; what is being opened now is not kept. Returns how many parts there were. */
  forgetAll(): number {
    const count = this.#kept.size;
    for (const question of [...this.#kept.keys()]) this.forget(question);
    this.#underWay.clear();
    return count;
  }

  /** Wipes what is over, which otherwise happens when it is asked for. */
  sweep(): void {
    for (const [question, kept] of [...this.#kept]) if (this.#isOver(kept)) this.forget(question);
  }

  #isOver({ opened, used }: Kept): boolean {
    const { idle, lifetime } = this.#limits;
    return since(opened, this.#clock) > lifetime || since(used, this.#clock) > idle;
  }

  #ask(question: string, open: (signal: AbortSignal) => Promise<Uint8Array>, label: string): UnderWay {
    const stop = new AbortController();
    const asking: UnderWay = { part: open(stop.signal), stop, waiting: 0 };
    this.#underWay.set(question, asking);
    asking.part.then(
      (part) => {
        if (this.#ended(question, asking)) this.#keep(question, part, label);
      },
      () => this.#ended(question, asking),
    );
    return asking;
  }

  /** Whether what was asked for is still wanted: everything may have been forgotten meanwhile. */
  #ended(question: string, asking: UnderWay): boolean {
    return this.#underWay.get(question) === asking && this.#underWay.delete(question);
  }

  #giveTurn(question: string): Turn {
    let settle = (_: Uint8Array): void => undefined;
    let giveBack = (_: Error): void => undefined;
    const part = new Promise<Uint8Array>((resolve, reject) => {
      settle = resolve;
      giveBack = reject;
    });
    part.catch(() => undefined);
    // Only the interest of whoever has the turn counts.
    const asking: UnderWay = { part, stop: new AbortController(), waiting: 1 };
    this.#underWay.set(question, asking);
    return {
      keep: (opened, label) => {
        // This very buffer is kept and wiped when it is forgotten, so that no copy stays in memory.
        const own = apartFrom(opened);
        if (this.#ended(question, asking)) this.#keep(question, own, label);
        settle(own);
      },
      end: () => {
        this.#ended(question, asking);
        giveBack(new TurnGivenBack());
      },
    };
  }

  async #wait(question: string, asking: UnderWay, signal: AbortSignal | undefined): Promise<Uint8Array> {
    asking.waiting += 1;
    const leave = (): void => {
      asking.waiting -= 1;
      if (asking.waiting > 0) return;
      // Whoever asks from now on must not be given a request that was called off.
      if (this.#underWay.get(question) === asking) this.#underWay.delete(question);
      asking.stop.abort(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await asking.part;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  #keep(question: string, part: Uint8Array, label: string): void {
    const now = momentOf(this.#clock);
    this.#kept.set(question, { part, label, opened: now, used: now });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limits.most) break;
      this.forget(oldest);
    }
  }
}
