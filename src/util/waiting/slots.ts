/** A bound on how many tasks of a kind are under way at a time; the others wait for their turn, first come, first served. */

export class Slots {
  readonly #most: () => number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most how many at a time, at least 1; it is asked before each task begins, and may change. */
  constructor(most: number | (() => number)) {
    this.#most = typeof most === 'number' ? () => most : most;
  }

  /** Runs a task when there is room. Settles as the task does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#isFree()) this.#taken += 1;
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await task();
    } finally {
      this.#taken -= 1;
      while (this.#waiting.length > 0 && this.#isFree()) {
        this.#taken += 1;
        this.#waiting.shift()?.();
      }
    }
  }

  #isFree(): boolean {
    return this.#taken < this.#most();
  }
}
