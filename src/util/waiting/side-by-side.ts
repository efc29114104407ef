/** Work on many things side by side, with a bound on how many, and what came of them in their order, whatever ended first. */

import { keepTokens } from '../locks/lock-token.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';

export interface SideBySide<Item, Result> {
  /** Called once an item, as its turn comes. A rejection ends all: what may go wrong with one item is a result. */
  work(item: Item): Promise<Result>;
  /** How many are worked on at a time. */
  readonly most: number;
  /** The memory in bytes that an item takes from its beginning until its result is taken; absent for none. */
  weigh?(item: Item): number;
  /** Fewer than `most` while the services that are called refuse calls because of their number. */
  readonly limit?: ConcurrencyLimit | undefined;
  /** When it is aborted no other item is begun; those in work end. */
  readonly stop?: AbortSignal | undefined;
}

/**
 * For many files: enough that slow services and disks are not waited for one after another, and that what is done for many at once
 * (flushes, the program that copies attributes) is. Calls of services have a bound of their own.
 */
export const MOST_AT_A_TIME = 128;
/** At most so many times `most` finished items may wait for an earlier one. */
const MOST_WAITING = 4;
/** Items in work and results that wait may take so much memory; one alone may take more. */
const MOST_BYTES = 64 << 20;

interface Begun<Item, Result> {
  readonly item: Item;
  readonly weight: number;
  readonly result: Promise<Result>;
}

/** The items with their results, in order. Whoever stops to ask waits until what was in work has ended. */
export async function* sideBySide<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  options: SideBySide<Item, Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const line = new Line(items, options);
  const letGo = keepTokens();
  try {
    for (;;) {
      await line.fill();
      const first = line.shift();
      if (!first) return;
      yield [first.item, await line.until(first.result)];
      line.forget(first);
    }
  } finally {
    await line.end();
    letGo();
  }
}

/** The items that were begun and not handed out yet. */
class Line<Item, Result> {
  readonly #source: AsyncIterator<Item> | Iterator<Item>;
  readonly #options: SideBySide<Item, Result>;
  readonly #begun: Begun<Item, Result>[] = [];
  readonly #inWork = new Set<Promise<unknown>>();
  /** Read, but too heavy to be begun yet. */
  #next: { readonly item: Item; readonly weight: number } | undefined;
  #weight = 0;
  #isOver = false;
  /** Whether something has ended since that was last waited for. */
  #hasChanged = false;
  #tellChange: () => void = () => undefined;

  constructor(items: Iterable<Item> | AsyncIterable<Item>, options: SideBySide<Item, Result>) {
    this.#source =
      Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : (items as Iterable<Item>)[Symbol.iterator]();
    this.#options = options;
  }

  /** Begins what may be begun. */
  async fill(): Promise<void> {
    while (this.#isFree()) {
      const next = await this.#take();
      if (next === undefined) return;
      if (this.#weight > 0 && this.#weight + next.weight > MOST_BYTES) {
        this.#next = next;
        return;
      }
      this.#begin(next);
    }
  }

  /** The first that was begun. */
  shift(): Begun<Item, Result> | undefined {
    return this.#begun.shift();
  }

  /** It was taken, and is in memory no more. */
  forget({ weight }: Begun<Item, Result>): void {
    this.#weight -= weight;
  }

  /** Waits for the first one's result; whenever another ends meanwhile, the next is begun. */
  async until(result: Promise<Result>): Promise<Result> {
    let isThere = false;
    const note = (): void => {
      isThere = true;
      this.#change();
    };
    result.then(note, note);
    while (!isThere) {
      await this.#changed();
      if (!isThere) await this.fill();
    }
    return result;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#inWork);
    await this.#source.return?.();
  }

  #change(): void {
    this.#hasChanged = true;
    this.#tellChange();
  }

  /** Resolves when something has ended; at once if that was since the last call. (A race would leave a function with each that goes on, each time.) */
  async #changed(): Promise<void> {
    if (!this.#hasChanged) {
      await new Promise<void>((done) => {
        this.#tellChange = done;
      });
    }
    this.#hasChanged = false;
  }

  #isFree(): boolean {
    const { most, limit, stop } = this.#options;
    if (this.#isOver || stop?.aborted) return false;
    const allowed = limit?.allowed(most) ?? most;
    return this.#inWork.size < allowed && this.#begun.length < most * MOST_WAITING;
  }

  async #take(): Promise<{ item: Item; weight: number } | undefined> {
    const kept = this.#next;
    this.#next = undefined;
    if (kept) return kept;
    const { done, value } = await this.#source.next();
    if (!done) return { item: value, weight: this.#options.weigh?.(value) ?? 0 };
    this.#isOver = true;
    return undefined;
  }

  #begin({ item, weight }: { readonly item: Item; readonly weight: number }): void {
    const result = this.#options.work(item);
    this.#weight += weight;
    this.#begun.push({ item, weight, result });
    const inWork = result
      .then(
        () => this.#options.limit?.onSuccess(),
        () => undefined,
      )
      .finally(() => {
        this.#inWork.delete(inWork);
        this.#change();
      });
    this.#inWork.add(inWork);
  }
}
