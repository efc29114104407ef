/** GHASH, the sum that AES-GCM authenticates with (NIST SP 800-38D, section 6.4), for inputs of few blocks. */

export const BLOCK_BYTES = 16;
const BLOCK_BITS = 128;
const BYTE_VALUES = 256;
const WORDS = 4;
/** Words of the entries for one position of a block, and of the table of one power: 64 KiB. */
const ROW_WORDS = BYTE_VALUES * WORDS;
const TABLE_WORDS = BLOCK_BYTES * ROW_WORDS;
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
  /** The tables of the powers from 1 on, those that were needed so far. */
  private readonly tables: Int32Array;
  private made = 0;
  /** The highest power so far. */
  private power: Int32Array;
  private readonly key: Int32Array;

  /**
   * @param key the block of zeros under the block cipher: 16 bytes
   * @param mostBlocks the highest power that will be asked for
   */
  constructor(key: Uint8Array, mostBlocks: number) {
    const view = new DataView(key.buffer, key.byteOffset, BLOCK_BYTES);
    this.key = Int32Array.from({ length: WORDS }, (_, word) => view.getInt32(word * 4));
    this.tables = new Int32Array(mostBlocks * TABLE_WORDS);
    this.power = this.key;
    this.makeTables(1);
  }

  /**
   * Sums up additional data, bytes and the block with their lengths in bits, as GCM does; the last block of each is filled up with
   * zeros. The initialisation vector is summed up as bytes without additional data. Both are shorter than 8192.
   */
  sumUp(aad: Uint8Array, aadStart: number, aadEnd: number, bytes: Uint8Array, start: number, end: number): void {
    for (let word = 0; word < WORDS; word++) this.sum[word] = 0;
    const power = 1 + blocksOf(end - start);
    this.add(aad, aadStart, aadEnd, power + blocksOf(aadEnd - aadStart));
    this.add(bytes, start, end, power);
    this.addLengths(aadEnd - aadStart, end - start);
  }

  /** Adds bytes as blocks: the first times the key to the power of `power`, and each one behind times a power less. */
  private add(bytes: Uint8Array, start: number, end: number, power: number): void {
    if (power > this.made) this.makeTables(power);
    const { sum, tables } = this;
    let a = sum[0] ?? 0;
    let b = sum[1] ?? 0;
    let c = sum[2] ?? 0;
    let d = sum[3] ?? 0;
    let table = (power - 1) * TABLE_WORDS;
    for (let block = start; block < end; block += BLOCK_BYTES, table -= TABLE_WORDS) {
      const stop = Math.min(block + BLOCK_BYTES, end);
      for (let at = block, row = table; at < stop; at++, row += ROW_WORDS) {
        const entry = row + (bytes[at] ?? 0) * WORDS;
        a ^= tables[entry] ?? 0;
        b ^= tables[entry + 1] ?? 0;
        c ^= tables[entry + 2] ?? 0;
        d ^= tables[entry + 3] ?? 0;
      }
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
  }

  private addLengths(aadBytes: number, bytes: number): void {
    const { sum, tables } = this;
    // Of either number, 8 bytes long, only the last two are not zero.
    const one = 6 * ROW_WORDS + (aadBytes >> 5) * WORDS;
    const two = 7 * ROW_WORDS + ((aadBytes << 3) & 0xff) * WORDS;
    const three = 14 * ROW_WORDS + (bytes >> 5) * WORDS;
    const four = 15 * ROW_WORDS + ((bytes << 3) & 0xff) * WORDS;
    for (let word = 0; word < WORDS; word++) {
      const aad = (tables[one + word] ?? 0) ^ (tables[two + word] ?? 0);
      sum[word] = (sum[word] ?? 0) ^ aad ^ (tables[three + word] ?? 0) ^ (tables[four + word] ?? 0);
    }
  }

  /** Makes the tables up to that of a power. */
  private makeTables(power: number): void {
    for (; this.made < power; this.made++) {
      if (this.made > 0) this.power = product(this.power, this.key);
      fillTable(this.tables.subarray(this.made * TABLE_WORDS, (this.made + 1) * TABLE_WORDS), this.power);
    }
  }
}

/** How many blocks a number of bytes takes. */
export function blocksOf(bytes: number): number {
  return (bytes + BLOCK_BYTES - 1) >> 4;
}

/** Fills a table with the multiples of an element by every byte at every position of a block. */
function fillTable(table: Int32Array, element: Int32Array): void {
  const multiple = Int32Array.from(element);
  for (let bit = 0; bit < BLOCK_BITS; bit++) {
    const entry = (bit >> 3) * ROW_WORDS + (0x80 >> (bit & 7)) * WORDS;
    for (let word = 0; word < WORDS; word++) table[entry + word] = multiple[word] ?? 0;
    timesX(multiple);
  }
  for (let row = 0; row < TABLE_WORDS; row += ROW_WORDS) {
    for (let value = 1; value < BYTE_VALUES; value++) {
      const rest = row + (value & (value - 1)) * WORDS;
      const lowest = row + (value & -value) * WORDS;
      const entry = row + value * WORDS;
      if (entry === lowest) continue;
      for (let word = 0; word < WORDS; word++)
        table[entry + word] = (table[rest + word] ?? 0) ^ (table[lowest + word] ?? 0);
    }
  }
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
