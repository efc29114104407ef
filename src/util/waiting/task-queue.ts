/** Runs tasks one after another, for what must not happen twice at a time, such as asking the user. */

export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a task when those before it have ended, however they ended. Settles as the task does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when nothing is under way and nothing waits, what the last task gave rise to included. */
  async idle(): Promise<void> {
    for (let last: unknown; last !== this.#last; ) {
      last = this.#last;
      await last;
      await nextTurn();
    }
  }
}

/** Resolves when what is due now has had its turn. Made of the global: `node:timers/promises` would be one more module to load. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
