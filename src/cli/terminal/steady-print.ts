/** Printing what was done while more is to be done: a reader that is gone (`| head`) leaves no work half done. */
import { print, type Streams } from './streams.js';

export class SteadyPrint {
  #printed = Promise.resolve();

  constructor(private readonly streams: Streams) {}

  /** Prints a text, unless an earlier one could not be printed. Never rejects. */
  async add(text: string): Promise<void> {
    this.#printed = this.#printed.then(() => print(this.streams, text));
    await this.#printed.catch(() => undefined);
  }

  /** To be called when the work is done. Throws what printing threw. */
  async end(): Promise<void> {
    await this.#printed;
  }
}
