/** Which key groups may ask their remote keys now: as many as parts are missing. The others wait a moment. */

/**
 * How long those that are asked first are asked alone, in milliseconds: a healthy file then costs no call too many, and no service's log fills
 * with calls that its keeper denied. A call takes a few hundred, with the loading of a cloud's package.
 */
export const HEAD_START = 1000;

/** The turns of one file's groups. */
export class GroupTurns {
  readonly #missing: () => number;
  readonly #signal: AbortSignal;
  readonly #waiting: (() => void)[] = [];
  #asking = 0;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  /** `missing` tells how many parts are missing at that moment. When the signal is aborted nobody waits any more. */
  constructor(missing: () => number, signal: AbortSignal) {
    this.#missing = missing;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#endHeadStart(), { once: true });
  }

  /** Does what a group does in its turn. Another one's turn comes when it fails, or after the head start. */
  async take<T>(action: () => Promise<T>): Promise<T> {
    if (!this.#isOver && !this.#isFree()) await new Promise<void>((begin) => this.#waiting.push(begin));
    else this.#asking += 1;
    this.#timer ??= setTimeout(() => this.#endHeadStart(), HEAD_START);
    try {
      return await action();
    } finally {
      this.#asking -= 1;
      this.#callNext();
      if (this.#asking === 0) this.#stopTimer();
    }
  }

  /** A part of another data key was counted, but the search has to go on. */
  #isFree(): boolean {
    return this.#asking < Math.max(1, this.#missing());
  }

  #callNext(): void {
    while (this.#waiting.length > 0 && (this.#isOver || this.#isFree())) {
      this.#asking += 1;
      this.#waiting.shift()?.();
    }
  }

  #endHeadStart(): void {
    this.#isOver = true;
    this.#stopTimer();
    this.#callNext();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    if (!this.#isOver && !this.#signal.aborted) this.#timer = undefined;
  }
}
