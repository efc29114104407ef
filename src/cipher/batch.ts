/**
 * Opens many values at once. Node's AES-GCM needs an object for each value, which costs ten times what decrypting a short one does;
 * here the block cipher runs over all values in one call (node:crypto), and GHASH is summed by `ghash.ts`.
 */
import { type Cipher, createCipheriv, type KeyObject } from 'node:crypto';
import type { TypeWord } from '../tree/value.js';
import { decodeText } from '../util/text.js';
import { IV_BYTES, TAG_BYTES } from './encrypted-value.js';
import { BLOCK_BYTES, blocksOf, Ghash } from './ghash.js';
import { ivTextOf, readSealed, type SealedPlaces } from './sealed-bytes.js';
import { TextBytes } from './text-bytes.js';

const TAG_WORDS = TAG_BYTES / 4;
/** Blocks of additional data and ciphertext; a longer value is opened by itself, where the object's cost is lost in the work. */
const MOST_BLOCKS = 12;
const MOST_BYTES = MOST_BLOCKS * BLOCK_BYTES;
/** A text of that many characters holds more bytes. */
const MOST_TEXT = 512;
const NOTHING = Buffer.alloc(0);

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

/** The values of a batch stand in arrays by their index: an object for each would have to be collected. */
class Opener implements BatchOpener {
  private readonly sealed: TextBytes;
  private readonly aads: TextBytes;
  /** The ciphertexts, and later the plaintexts. */
  private readonly bytes: Buffer;
  private readonly blocks: Buffer;
  private readonly counters: DataView;
  /** Where a value's parts go; all its tags are kept, as they stand in the file. */
  private readonly places: SealedPlaces;
  private readonly tags: DataView;
  /** Of each value the sum that the right tag is made of. */
  private readonly sums: Int32Array;
  private readonly states: Uint8Array;
  private readonly types: TypeWord[] = [];
  /** Where the bytes of the value at an index begin; those of the one before end there. */
  private readonly starts: Int32Array;
  /** The first block of each value among those to be encrypted. */
  private readonly blockAt: Int32Array;
  private readonly blockCipher: Cipher;
  private readonly ghash: Ghash;

  constructor(
    key: KeyObject,
    readonly capacity: number,
    private readonly withIvs: boolean,
  ) {
    this.sealed = new TextBytes(capacity);
    this.aads = new TextBytes(capacity);
    this.bytes = Buffer.alloc(capacity * MOST_BYTES);
    this.blocks = Buffer.alloc(capacity * MOST_BLOCKS * BLOCK_BYTES);
    this.counters = viewOf(this.blocks);
    const tag = Buffer.alloc(capacity * TAG_BYTES);
    this.tags = viewOf(tag);
    this.places = { data: this.bytes, dataAt: 0, iv: Buffer.alloc(IV_BYTES), tag, tagAt: 0 };
    this.sums = new Int32Array(capacity * TAG_WORDS);
    this.states = new Uint8Array(capacity);
    this.starts = new Int32Array(capacity + 1);
    this.blockAt = new Int32Array(capacity);
    this.blockCipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    this.ghash = new Ghash(this.blockCipher.update(Buffer.alloc(BLOCK_BYTES)), MOST_BLOCKS);
  }

  open(texts: readonly string[], aads: readonly string[]): (index: number) => BatchResult {
    this.sealed.fill(texts.map((text) => (text.length > MOST_TEXT ? '' : text)));
    this.aads.fill(aads.map((aad) => (aad.length > MOST_BYTES ? '' : aad)));
    const { places } = this;
    places.dataAt = 0;
    let block = 0;
    for (let index = 0; index < texts.length; index++) {
      const start = places.dataAt;
      this.blockAt[index] = block;
      if (this.read(index, aads[index] !== '')) {
        const dataBlocks = blocksOf(places.dataAt - start);
        this.prepareCounters(block, dataBlocks);
        block += 1 + dataBlocks;
        this.states[index] = State.Pending;
      } else {
        places.dataAt = start;
        this.states[index] = State.Alone;
      }
      this.starts[index + 1] = places.dataAt;
    }
    const stream = this.blockCipher.update(this.blocks.subarray(0, block * BLOCK_BYTES));
    const masks = viewOf(stream);
    for (let index = 0; index < texts.length; index++) {
      if (this.states[index] === State.Pending) this.states[index] = this.decrypt(index, stream, masks);
    }
    const ascii = this.bytes.toString('latin1', 0, places.dataAt);
    return (index) => this.result(index, texts[index] ?? '', ascii);
  }

  /** Takes a value apart and sums it up; false when it cannot be part of a batch. */
  private read(index: number, hasAad: boolean): boolean {
    const { sealed, aads, places, ghash, sums } = this;
    const start = places.dataAt;
    places.tagAt = index * TAG_BYTES;
    const type = readSealed(sealed.bytes, sealed.starts[index] ?? 0, sealed.starts[index + 1] ?? 0, places);
    if (!type) return false;
    const aadStart = aads.starts[index] ?? 0;
    const aadEnd = aads.starts[index + 1] ?? 0;
    const isLong = blocksOf(aadEnd - aadStart) + blocksOf(places.dataAt - start) >= MOST_BLOCKS;
    if (isLong || (hasAad && aadStart === aadEnd)) return false;
    this.types[index] = type;
    ghash.sumUp(aads.bytes, aadStart, aadEnd, places.data, start, places.dataAt);
    for (let word = 0; word < TAG_WORDS; word++) sums[index * TAG_WORDS + word] = ghash.sum[word] ?? 0;
    return true;
  }

  /** Puts the counter blocks of the value at hand where they are encrypted: that of the tag, and one for each block of data. */
  private prepareCounters(block: number, dataBlocks: number): void {
    const { ghash, counters } = this;
    ghash.sumUp(NOTHING, 0, 0, this.places.iv, 0, IV_BYTES);
    const { sum } = ghash;
    const counter = sum[3] ?? 0;
    for (let at = block * BLOCK_BYTES, count = 0; count <= dataBlocks; at += BLOCK_BYTES, count++) {
      counters.setInt32(at, sum[0] ?? 0);
      counters.setInt32(at + 4, sum[1] ?? 0);
      counters.setInt32(at + 8, sum[2] ?? 0);
      counters.setInt32(at + 12, counter + count);
    }
  }

  /** Turns a ciphertext into its plaintext, if it is authentic; returns what became of it. */
  private decrypt(index: number, stream: Uint8Array, masks: DataView): number {
    const block = this.blockAt[index] ?? 0;
    if (!this.isAuthentic(index, block * BLOCK_BYTES, masks)) return State.Unauthentic;
    const { bytes, starts } = this;
    const end = starts[index + 1] ?? 0;
    let seen = 0;
    for (let at = starts[index] ?? 0, key = (block + 1) * BLOCK_BYTES; at < end; at++, key++) {
      const byte = (bytes[at] ?? 0) ^ (stream[key] ?? 0);
      bytes[at] = byte;
      seen |= byte;
    }
    return seen < 0x80 ? State.Ascii : State.Text;
  }

  /** Whether the tag of the file is the right one; all of it is compared, wherever it differs. */
  private isAuthentic(index: number, maskAt: number, masks: DataView): boolean {
    let difference = 0;
    for (let word = 0; word < TAG_WORDS; word++) {
      const tag = this.tags.getInt32(index * TAG_BYTES + word * 4);
      const sum = this.sums[index * TAG_WORDS + word] ?? 0;
      difference |= tag ^ sum ^ masks.getInt32(maskAt + word * 4);
    }
    return difference === 0;
  }

  private result(index: number, sealed: string, ascii: string): BatchResult {
    const state = this.states[index];
    if (state === State.Unauthentic) return null;
    const type = this.types[index];
    if (state === State.Alone || type === undefined) return undefined;
    const { bytes, starts } = this;
    const start = starts[index] ?? 0;
    const end = starts[index + 1] ?? 0;
    const text = state === State.Ascii ? ascii.slice(start, end) : decodeText(bytes.subarray(start, end));
    return { text, type, iv: this.withIvs ? ivTextOf(sealed, type) : null, bytes, start, end };
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
