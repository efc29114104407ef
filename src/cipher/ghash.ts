/** GHASH, the sum that AES-GCM authenticates with (NIST SP 800-38D, section 6.4), for inputs of few blocks. */
import type { Spans } from './text-bytes.js';

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
  /** The tables of the powers, the highest one first, so that bytes one behind the other have their rows likewise. */
  private readonly tables: Int32Array;
  /** The powers whose tables were needed so far. */
  private made = 0;
  /** The highest of them. */
  private power: Int32Array;
  private readonly key: Int32Array;

  /**
   * @param key the block of zeros under the block cipher: 16 bytes
   * @param mostBlocks the highest power that will be asked for; 512 at most
   */
  constructor(
    key: Uint8Array,
    private readonly mostBlocks: number,
  ) {
    const view = new DataView(key.buffer, key.byteOffset, BLOCK_BYTES);
    this.key = Int32Array.from({ length: WORDS }, (_, word) => view.getInt32(word * 4));
    this.tables = new Int32Array(mostBlocks * TABLE_WORDS);
    this.power = this.key;
  }

  /**
   * Sums up messages as GCM does: additional data, bytes and a block with their lengths in bits, the last block of each filled up
   * with zeros. An initialisation vector is a message without additional data.
   * @param sums receives four words for each, the first one first; nothing for a message that needs a higher power than there may be
   */
  sumUp(count: number, aads: Spans, texts: Spans, sums: Int32Array): void {
    for (let index = 0; index < count; index++) {
      const aadStart = aads.starts[index] ?? 0;
      const aadEnd = aads.starts[index + 1] ?? 0;
      const start = texts.starts[index] ?? 0;
      const end = texts.starts[index + 1] ?? 0;
      const blocks = 1 + blocksOf(end - start);
      const allBlocks = blocks + blocksOf(aadEnd - aadStart);
      if (allBlocks > this.mostBlocks) continue;
      if (allBlocks > this.made) this.makeTables(allBlocks);
      this.putLengths(aadEnd - aadStart, end - start, sums, index * WORDS);
      this.add(aads.bytes, aadStart, aadEnd, allBlocks, sums, index * WORDS);
      this.add(texts.bytes, start, end, blocks, sums, index * WORDS);
    }
  }

  /** Adds bytes to the sum at `to`, as blocks: the first times the key to the power of `power`, each one behind times a power less. */
  private add(bytes: Uint8Array, start: number, end: number, power: number, sums: Int32Array, to: number): void {
    const { tables } = this;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let at = start, row = tables.length - power * TABLE_WORDS; at < end; at++, row += ROW_WORDS) {
      const entry = row + (bytes[at] ?? 0) * WORDS;
      a ^= tables[entry] ?? 0;
      b ^= tables[entry + 1] ?? 0;
      c ^= tables[entry + 2] ?? 0;
      d ^= tables[entry + 3] ?? 0;
    }
    sums[to] = (sums[to] ?? 0) ^ a;
    sums[to + 1] = (sums[to + 1] ?? 0) ^ b;
    sums[to + 2] = (sums[to + 2] ?? 0) ^ c;
    sums[to + 3] = (sums[to + 3] ?? 0) ^ d;
  }

  /** Begins the sum at `to` with the block of the lengths. Of either number, 8 bytes long, only the last two are not zero. */
  private putLengths(aadBytes: number, bytes: number, sums: Int32Array, to: number): void {
    const { tables } = this;
    const last = tables.length - TABLE_WORDS;
    const one = last + 6 * ROW_WORDS + (aadBytes >> 5) * WORDS;
    const two = last + 7 * ROW_WORDS + ((aadBytes << 3) & 0xff) * WORDS;
    const three = last + 14 * ROW_WORDS + (bytes >> 5) * WORDS;
    const four = last + 15 * ROW_WORDS + ((bytes << 3) & 0xff) * WORDS;
    for (let word = 0; word < WORDS; word++) {
      const aad = (tables[one + word] ?? 0) ^ (tables[two + word] ?? 0);
      sums[to + word] = aad ^ (tables[three + word] ?? 0) ^ (tables[four + word] ?? 0);
    }
  }

  /** Makes the tables up to that of a power. */
  private makeTables(power: number): void {
    for (; this.made < power; this.made++) {
      if (this.made > 0) this.power = product(this.power, this.key);
      const end = this.tables.length - this.made * TABLE_WORDS;
      fillTable(this.tables.subarray(end - TABLE_WORDS, end), this.power);
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
