/** GHASH, the sum that AES-GCM authenticates with (NIST SP 800-38D, section 6.4), for inputs of few blocks. */

const BLOCK_BYTES = 16;
const BLOCK_BITS = 128;
const BYTE_VALUES = 256;
const WORDS = 4;
/** The polynomial of the field, reflected as GCM has it, in the first word. */
const POLYNOMIAL = 0xe1000000;

/**
 * Sums of blocks times powers of the hash key. Each byte of a block picks an entry from a table of multiples, so what memory is
 * read depends only on the bytes that are hashed (initialisation vectors, paths, ciphertexts: all of them stand in the file) and
 * never on the key or on a sum. The tables themselves are made without looking anything up.
 */
export class Ghash {
  /** The sum so far, as four words, the first one first. */
  readonly sum = new Int32Array(WORDS);
  /** By power, from 1 on; entry 4·(256·position + byte). 64 KiB each. */
  private readonly tables: Int32Array[] = [];
  /** The highest power so far. */
  private power: Int32Array;
  private readonly key: Int32Array;

  /** @param key the block of zeros under the block cipher: 16 bytes. */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, BLOCK_BYTES);
    this.key = Int32Array.from({ length: WORDS }, (_, word) => view.getInt32(word * 4));
    this.power = this.key;
    this.tables.push(tableOf(this.key));
  }

  reset(): void {
    this.sum.fill(0);
  }

  /**
   * Adds bytes as blocks, the last one filled up with zeros: the first times the key to the power of `power`, and each one behind
   * times a power less. `power` is at least the number of blocks.
   */
  add(bytes: Uint8Array, start: number, end: number, power: number): void {
    const { sum } = this;
    let a = sum[0] ?? 0;
    let b = sum[1] ?? 0;
    let c = sum[2] ?? 0;
    let d = sum[3] ?? 0;
    let degree = power;
    for (let block = start; block < end; block += BLOCK_BYTES, degree--) {
      const table = this.table(degree);
      const stop = Math.min(block + BLOCK_BYTES, end);
      for (let at = block, row = 0; at < stop; at++, row += BYTE_VALUES * WORDS) {
        const entry = row + (bytes[at] ?? 0) * WORDS;
        a ^= table[entry] ?? 0;
        b ^= table[entry + 1] ?? 0;
        c ^= table[entry + 2] ?? 0;
        d ^= table[entry + 3] ?? 0;
      }
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
  }

  /** Adds the last block, which holds the lengths of what was added, each in bits; `aadBytes` and `bytes` are below 8192. */
  addLengths(aadBytes: number, bytes: number): void {
    this.addWord(aadBytes * 8, 6);
    this.addWord(bytes * 8, 14);
  }

  /** Adds 16 bits at a position of the last block. */
  private addWord(word: number, position: number): void {
    const { sum } = this;
    const table = this.table(1);
    const high = (position * BYTE_VALUES + (word >> 8)) * WORDS;
    const low = ((position + 1) * BYTE_VALUES + (word & 0xff)) * WORDS;
    for (let at = 0; at < WORDS; at++) {
      sum[at] = (sum[at] ?? 0) ^ (table[high + at] ?? 0) ^ (table[low + at] ?? 0);
    }
  }

  private table(power: number): Int32Array {
    for (let made = this.tables.length; made < power; made++) {
      this.power = product(this.power, this.key);
      this.tables.push(tableOf(this.power));
    }
    return this.tables[power - 1] as Int32Array;
  }
}

/** The multiples of an element by every byte at every position of a block. */
function tableOf(element: Int32Array): Int32Array {
  const table = new Int32Array(BLOCK_BYTES * BYTE_VALUES * WORDS);
  const multiple = Int32Array.from(element);
  for (let bit = 0; bit < BLOCK_BITS; bit++) {
    const row = (bit >> 3) * BYTE_VALUES;
    const value = 0x80 >> (bit & 7);
    table.set(multiple, (row + value) * WORDS);
    timesX(multiple);
  }
  for (let row = 0; row < BLOCK_BYTES * BYTE_VALUES; row += BYTE_VALUES) {
    for (let value = 1; value < BYTE_VALUES; value++) {
      const rest = value & (value - 1);
      if (rest === 0) continue;
      const sum = (row + value) * WORDS;
      const one = (row + rest) * WORDS;
      const other = (row + (value ^ rest)) * WORDS;
      for (let word = 0; word < WORDS; word++) {
        table[sum + word] = (table[one + word] ?? 0) ^ (table[other + word] ?? 0);
      }
    }
  }
  return table;
}

/** Multiplies two elements, in the same steps whatever they are. */
function product(one: Int32Array, other: Int32Array): Int32Array {
  const sum = new Int32Array(WORDS);
  const multiple = Int32Array.from(other);
  for (let bit = 0; bit < BLOCK_BITS; bit++) {
    const mask = -(((one[bit >> 5] ?? 0) >>> (31 - (bit & 31))) & 1);
    for (let word = 0; word < WORDS; word++) sum[word] = (sum[word] ?? 0) ^ ((multiple[word] ?? 0) & mask);
    timesX(multiple);
  }
  return sum;
}

/** Multiplies an element by x, in the same steps whatever it is: a shift to the right, since GCM writes the lowest power first. */
function timesX(element: Int32Array): void {
  const a = element[0] ?? 0;
  const b = element[1] ?? 0;
  const c = element[2] ?? 0;
  const d = element[3] ?? 0;
  element[0] = (a >>> 1) ^ (POLYNOMIAL & -(d & 1));
  element[1] = (b >>> 1) | (a << 31);
  element[2] = (c >>> 1) | (b << 31);
  element[3] = (d >>> 1) | (c << 31);
}
