/** A bound on how many tasks of a kind are under way at a time; the others wait for their turn, first come, first served. */

export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most tasks at a time, at least 1. */
  constructor(most: number) {
    this.#free = most;
  }

  /** Runs a task when there is room. Settles as the task does. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      // Whoever waits takes over the place.
      if (next) next();
      else this.#free += 1;
    }
  }
}
