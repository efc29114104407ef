/**
 * Opens many values at once. Node's AES-GCM needs an object for each value, which costs ten times what decrypting a short one does;
 * here the block cipher runs over all values in one call (node:crypto), and GHASH is summed by `ghash.ts`.
 */
import { type Cipher, createCipheriv, type KeyObject } from 'node:crypto';
import { decodeText } from '../util/text.js';
import { TAG_BYTES } from './encrypted-value.js';
import { BLOCK_BYTES, blocksOf, Ghash } from './ghash.js';
import { ivTextOf, SealedParts } from './sealed-bytes.js';
import { type Spans, TextBytes } from './text-bytes.js';

const TAG_WORDS = TAG_BYTES / 4;
/** Blocks of additional data and ciphertext; a longer value is opened by itself, where the object's cost is lost in the work. */
const MOST_BLOCKS = 12;
const MOST_BYTES = MOST_BLOCKS * BLOCK_BYTES;
/** A text of that many characters holds more bytes. */
const MOST_TEXT = 512;

/** A text that was authentic, and what it stands for. */
export interface OpenedValue {
  readonly text: string;
  readonly type: string;
  /** In base64; null where nobody will ask for it. */
  readonly iv: string | null;
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
   * @returns what became of the value at an index, until the next batch.
   */
  open(texts: readonly string[], aads: readonly string[]): (index: number) => BatchResult;
}

/** An opener for a data key. `withIvs` says that initialisation vectors are to be told. */
export function makeBatchOpener(key: KeyObject, capacity: number, withIvs: boolean): BatchOpener {
  return new Opener(key, capacity, withIvs);
}

/** What is known of a value on its way; the last three are what can become of it. */
const State = { Pending: 0, Ascii: 1, Text: 2, Alone: 3, Unauthentic: 4 } as const;

/**
 * The values of a batch stand in arrays by their index: an object for each would have to be collected. Each step is taken for all
 * values before the next one.
 */
class Opener implements BatchOpener {
  private readonly sealed: TextBytes;
  private readonly aads: TextBytes;
  /** Instead of additional data where there is none. */
  private readonly nothing: Spans;
  /** Their data are ciphertexts, and later the plaintexts. */
  private readonly parts: SealedParts;
  private readonly tags: DataView;
  /** Of each value the sum that the right tag is made of, and that of the initialisation vector. */
  private readonly sums: Int32Array;
  private readonly ivSums: Int32Array;
  private readonly states: Uint8Array;
  /** The first block of each value among those to be encrypted. */
  private readonly blockAt: Int32Array;
  private readonly blocks: Buffer;
  private readonly counters: DataView;
  private readonly blockCipher: Cipher;
  private readonly ghash: Ghash;

  constructor(
    key: KeyObject,
    readonly capacity: number,
    private readonly withIvs: boolean,
  ) {
    this.sealed = new TextBytes(capacity, MOST_TEXT);
    this.aads = new TextBytes(capacity, MOST_BYTES);
    this.nothing = new TextBytes(capacity, 0);
    this.parts = new SealedParts(capacity, MOST_BYTES);
    this.tags = viewOf(this.parts.tags.bytes);
    this.sums = new Int32Array(capacity * TAG_WORDS);
    this.ivSums = new Int32Array(capacity * TAG_WORDS);
    this.states = new Uint8Array(capacity);
    this.blockAt = new Int32Array(capacity + 1);
    this.blocks = Buffer.alloc(capacity * MOST_BLOCKS * BLOCK_BYTES);
    this.counters = viewOf(this.blocks);
    this.blockCipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    this.ghash = new Ghash(this.blockCipher.update(Buffer.alloc(BLOCK_BYTES)), MOST_BLOCKS);
  }

  open(texts: readonly string[], aads: readonly string[]): (index: number) => BatchResult {
    const count = texts.length;
    this.sealed.fill(texts);
    this.aads.fill(aads);
    this.parts.read(count, this.sealed);
    this.choose(aads);
    this.ghash.sumUp(count, this.aads, this.parts.data, this.sums);
    this.ghash.sumUp(count, this.nothing, this.parts.ivs, this.ivSums);
    this.putCounters(count);
    this.decrypt(count, this.blockCipher.update(this.blocks.subarray(0, (this.blockAt[count] ?? 0) * BLOCK_BYTES)));
    const { bytes, starts } = this.parts.data;
    const ascii = bytes.toString('latin1', 0, starts[count]);
    return (index) => this.result(index, texts[index] ?? '', ascii);
  }

  /** Tells which values can be part of the batch, and how many blocks each takes: one for its tag, and those of its data. */
  private choose(aads: readonly string[]): void {
    const { parts, states, blockAt } = this;
    for (let index = 0; index < aads.length; index++) {
      const aadBytes = lengthAt(this.aads, index);
      const dataBlocks = blocksOf(lengthAt(parts.data, index));
      const isLong = blocksOf(aadBytes) + dataBlocks >= MOST_BLOCKS;
      const lacksAad = aadBytes === 0 && aads[index] !== '';
      const isPending = parts.types[index] !== null && !isLong && !lacksAad;
      states[index] = isPending ? State.Pending : State.Alone;
      blockAt[index + 1] = (blockAt[index] ?? 0) + (isPending ? 1 + dataBlocks : 0);
    }
  }

  /** Puts the counter blocks of all values where they are encrypted. */
  private putCounters(count: number): void {
    const { ivSums, blockAt, counters } = this;
    for (let index = 0; index < count; index++) {
      const first = blockAt[index] ?? 0;
      const end = blockAt[index + 1] ?? 0;
      const sum = index * TAG_WORDS;
      for (let block = first; block < end; block++) {
        const at = block * BLOCK_BYTES;
        counters.setInt32(at, ivSums[sum] ?? 0);
        counters.setInt32(at + 4, ivSums[sum + 1] ?? 0);
        counters.setInt32(at + 8, ivSums[sum + 2] ?? 0);
        counters.setInt32(at + 12, (ivSums[sum + 3] ?? 0) + block - first);
      }
    }
  }

  /** Turns the ciphertexts that are authentic into their plaintexts. @param stream what the counters were encrypted to */
  private decrypt(count: number, stream: Uint8Array): void {
    const { states, blockAt } = this;
    const { bytes, starts } = this.parts.data;
    const masks = viewOf(stream);
    for (let index = 0; index < count; index++) {
      if (states[index] !== State.Pending) continue;
      const block = (blockAt[index] ?? 0) * BLOCK_BYTES;
      if (!this.isAuthentic(index, block, masks)) {
        states[index] = State.Unauthentic;
        continue;
      }
      const end = starts[index + 1] ?? 0;
      let seen = 0;
      for (let at = starts[index] ?? 0, key = block + BLOCK_BYTES; at < end; at++, key++) {
        const byte = (bytes[at] ?? 0) ^ (stream[key] ?? 0);
        bytes[at] = byte;
        seen |= byte;
      }
      states[index] = seen < 0x80 ? State.Ascii : State.Text;
    }
  }

  /** Whether the tag of the file is the right one; all of it is compared, wherever it differs. */
  private isAuthentic(index: number, maskAt: number, masks: DataView): boolean {
    let difference = 0;
    for (let word = 0; word < TAG_WORDS; word++) {
      const tag = this.tags.getInt32((index * TAG_WORDS + word) * 4);
      const sum = this.sums[index * TAG_WORDS + word] ?? 0;
      difference |= tag ^ sum ^ masks.getInt32(maskAt + word * 4);
    }
    return difference === 0;
  }

  private result(index: number, sealed: string, ascii: string): BatchResult {
    const state = this.states[index];
    if (state === State.Unauthentic) return null;
    const type = this.parts.types[index] ?? null;
    if (state === State.Alone || type === null) return undefined;
    const { bytes, starts } = this.parts.data;
    const start = starts[index] ?? 0;
    const end = starts[index + 1] ?? 0;
    const text = state === State.Ascii ? ascii.slice(start, end) : decodeText(bytes.subarray(start, end));
    return { text, type, iv: this.withIvs ? ivTextOf(sealed, type) : null, bytes, start, end };
  }
}

/** How many bytes one of the strings has. */
function lengthAt({ starts }: Spans, index: number): number {
  return (starts[index + 1] ?? 0) - (starts[index] ?? 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
