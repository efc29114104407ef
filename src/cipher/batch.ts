/**
 * Opens many values at once. Node's AES-GCM needs an object for each value, which costs ten times what decrypting a short one does;
 * here the block cipher runs over all values in one call (node:crypto), and GHASH is summed by `ghash.ts`.
 */
import { type Cipher, createCipheriv, type KeyObject } from 'node:crypto';
import { decodeText } from '../util/text.js';
import { Ghash } from './ghash.js';
import { IV_BYTES, IV_TEXT_LENGTH, readSealed, TAG_BYTES } from './sealed-bytes.js';

const BLOCK = 16;
/** Blocks of additional data and ciphertext; a longer value is opened by itself, where the object's cost is lost in the work. */
const MOST_BLOCKS = 12;
const MOST_BYTES = MOST_BLOCKS * BLOCK;
/** A text of that many characters holds more bytes. */
const MOST_TEXT = 512;
/** GHASH of a 32-byte initialisation vector: its two blocks, and one with its length in bits, 256. */
const IV_BLOCKS = IV_BYTES / BLOCK + 1;
const IV_LENGTH_BLOCK = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0);

/** A text that was authentic, and what it stands for. */
export interface OpenedValue {
  readonly text: string;
  readonly type: string;
  /** In base64. */
  readonly iv: string;
  /** The text's bytes are `bytes[start, end)`, until the next batch. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** What became of a value: null when it does not authenticate, undefined when it must be opened by itself. */
export type BatchResult = OpenedValue | null | undefined;

/** Opens batches under one key. */
export interface BatchOpener {
  /** Values that a batch may have. */
  readonly capacity: number;
  /**
   * Opens up to that many texts, each under the additional data at the same index. A plaintext is made only when its tag
   * has been compared. Values of an unusual shape, and long ones, are left to the caller.
   */
  open(texts: readonly string[], aads: readonly string[]): BatchResult[];
}

/** An opener for a data key. */
export function makeBatchOpener(key: KeyObject, capacity: number): BatchOpener {
  return new Opener(key, capacity);
}

/** Where a value begins in the lists of its batch. */
interface Start {
  readonly index: number;
  /** Where its ciphertext stands, and later its plaintext. */
  readonly start: number;
  /** Its first block among those to be encrypted. */
  readonly block: number;
}

/** A value on its way. */
interface Pending extends Start {
  readonly type: string;
  readonly iv: string;
  readonly end: number;
}

class Opener implements BatchOpener {
  private readonly bytes: Buffer;
  private readonly blocks: Buffer;
  private readonly text = Buffer.alloc(MOST_TEXT);
  private readonly aad = Buffer.alloc(MOST_BYTES);
  private readonly iv = Buffer.alloc(IV_BYTES);
  private readonly lengths = Buffer.alloc(BLOCK);
  /** Of each value the tag that its file has, and the sum that the right one is made of. */
  private readonly tags: Buffer;
  private readonly sums: Buffer;
  private readonly blockCipher: Cipher;
  private readonly ghash: Ghash;

  constructor(
    key: KeyObject,
    readonly capacity: number,
  ) {
    this.bytes = Buffer.alloc(capacity * MOST_BYTES);
    this.blocks = Buffer.alloc(capacity * MOST_BLOCKS * BLOCK);
    this.tags = Buffer.alloc(capacity * TAG_BYTES);
    this.sums = Buffer.alloc(capacity * TAG_BYTES);
    this.blockCipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    this.ghash = new Ghash(this.blockCipher.update(Buffer.alloc(BLOCK)));
  }

  open(texts: readonly string[], aads: readonly string[]): BatchResult[] {
    const pending: (Pending | undefined)[] = [];
    let filled = 0;
    let block = 0;
    for (const [index, text] of texts.entries()) {
      const one = this.read(text, aads[index] ?? '', { index, start: filled, block });
      pending.push(one);
      if (!one) continue;
      filled = one.end;
      block += 1 + blocksOf(one.end - one.start);
    }
    const stream = this.blockCipher.update(this.blocks.subarray(0, block * BLOCK));
    const results: (Pending | null | undefined)[] = pending.map(
      (one) => one && (this.isAuthentic(one, stream) ? one : null),
    );
    for (const one of results) if (one) this.decrypt(one, stream);
    const ascii = this.bytes.toString('latin1', 0, filled);
    return results.map((one) => one && this.opened(one, ascii));
  }

  /** Takes a value apart and prepares the blocks it needs; undefined when it cannot be part of a batch. */
  private read(text: string, aad: string, { index, start, block }: Start): Pending | undefined {
    if (text.length > MOST_TEXT || aad.length > MOST_BYTES || this.text.write(text, 'utf8') !== text.length)
      return undefined;
    const places = { data: this.bytes, dataAt: start, iv: this.iv, ivAt: 0, tag: this.tags, tagAt: index * TAG_BYTES };
    const shape = readSealed(this.text, text.length, places);
    if (!shape) return undefined;
    const aadBytes = aadBytesOf(aad, this.aad);
    const { dataBytes, type, ivAt } = shape;
    const dataBlocks = blocksOf(dataBytes);
    if (aadBytes < 0 || blocksOf(aadBytes) + dataBlocks >= MOST_BLOCKS) return undefined;
    this.prepareCounters(block, dataBlocks);
    const end = start + dataBytes;
    this.sumUp(index, aadBytes, start, end);
    return { index, type, iv: text.slice(ivAt, ivAt + IV_TEXT_LENGTH), start, end, block };
  }

  /** Puts the counter blocks of the value at hand where they are encrypted: that of the tag, and one for each block of data. */
  private prepareCounters(block: number, dataBlocks: number): void {
    const { ghash, blocks } = this;
    ghash.reset();
    ghash.add(this.iv, 0, IV_BYTES, IV_BLOCKS);
    ghash.add(IV_LENGTH_BLOCK, 0, BLOCK, 1);
    const [high = 0, middle = 0, low = 0, counter = 0] = ghash.sum;
    for (let at = block * BLOCK, count = 0; count <= dataBlocks; at += BLOCK, count++) {
      blocks.writeInt32BE(high, at);
      blocks.writeInt32BE(middle, at + 4);
      blocks.writeInt32BE(low, at + 8);
      blocks.writeInt32BE((counter + count) | 0, at + 12);
    }
  }

  /** The sum over additional data, ciphertext and their lengths, from which the tag is made. */
  private sumUp(index: number, aadBytes: number, start: number, end: number): void {
    const { ghash, lengths, sums } = this;
    const dataBlocks = blocksOf(end - start);
    ghash.reset();
    ghash.add(this.aad, 0, aadBytes, blocksOf(aadBytes) + dataBlocks + 1);
    ghash.add(this.bytes, start, end, dataBlocks + 1);
    lengths.writeUInt32BE(aadBytes * 8, 4);
    lengths.writeUInt32BE((end - start) * 8, 12);
    ghash.add(lengths, 0, BLOCK, 1);
    for (let word = 0; word < 4; word++) sums.writeInt32BE(ghash.sum[word] ?? 0, index * TAG_BYTES + word * 4);
  }

  /** Whether the tag of the file is the right one; all of it is compared, wherever it differs. */
  private isAuthentic({ index, block }: Pending, stream: Uint8Array): boolean {
    let difference = 0;
    for (let at = 0; at < TAG_BYTES; at++) {
      const tag = this.tags[index * TAG_BYTES + at] ?? 0;
      const sum = this.sums[index * TAG_BYTES + at] ?? 0;
      difference |= tag ^ sum ^ (stream[block * BLOCK + at] ?? 0);
    }
    return difference === 0;
  }

  /** Turns the ciphertext of an authentic value into its plaintext. */
  private decrypt({ start, end, block }: Pending, stream: Uint8Array): void {
    const { bytes } = this;
    for (let at = start, key = (block + 1) * BLOCK; at < end; at++, key++)
      bytes[at] = (bytes[at] ?? 0) ^ (stream[key] ?? 0);
  }

  private opened(one: Pending, ascii: string): OpenedValue {
    const { type, iv, start, end } = one;
    return { text: this.textOf(one, ascii), type, iv, bytes: this.bytes, start, end };
  }

  private textOf({ start, end }: Pending, ascii: string): string {
    for (let at = start; at < end; at++)
      if ((this.bytes[at] ?? 0) > 0x7f) return decodeText(this.bytes.subarray(start, end));
    return ascii.slice(start, end);
  }
}

function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK);
}

/** Writes additional data; returns its length in bytes, -1 when it does not fit or is no text. */
function aadBytesOf(aad: string, into: Buffer): number {
  if (aad.length * 3 > into.length && Buffer.byteLength(aad) > into.length) return -1;
  return aad.isWellFormed() ? into.write(aad, 'utf8') : -1;
}
