/** The data key of a file: 32 random bytes that must not appear anywhere by accident. */
import { randomBytes } from 'node:crypto';

/** Length of a data key in bytes. */
export const DATA_KEY_BYTES = 32;
const PLACEHOLDER = '[data key]';

/** Holds a data key. Printing, logging or serializing it shows a placeholder. */
export class DataKey {
  readonly #bytes: Uint8Array;

  /** @param bytes 32 bytes, which are copied. Throws RangeError for another length. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== DATA_KEY_BYTES) throw new RangeError(`a data key has ${DATA_KEY_BYTES} bytes`);
    this.#bytes = Uint8Array.from(bytes);
  }

  /** A new one, from the system's random source. */
  static generate(): DataKey {
    return new DataKey(randomBytes(DATA_KEY_BYTES));
  }

  /** The bytes themselves; do not keep or change them. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Overwrites it, once nothing is to be opened or sealed with it any more. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return PLACEHOLDER;
  }
}
