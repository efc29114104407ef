/** The leaves of a tree on their way to plaintext: opened many at a time, hashed for the MAC in their order. */
import { SopsError } from '../errors.js';
import type { EncryptionScope } from '../tree/scope.js';
import type { Branch, KeyPath, Leaf, LeafValue } from '../tree/tree.js';
import { readValue, textOf, typeWordOf } from '../tree/value.js';
import { walk } from '../tree/walk.js';
import { decodeText } from '../util/text.js';
import type { BatchResult, OpenedValue } from './batch.js';
import type { Cipher } from './cipher.js';
import { parseEncryptedValue } from './encrypted-value.js';
import type { LongText } from './long-text.js';
import type { MacHash } from './mac.js';

/** Leaves per batch: their texts must not come to 128 KiB, for which V8 would take new pages each time. */
const BATCH_LEAVES = 512;
/** Fewer are opened one by one: preparing for batches takes as long as opening about that many. */
const WORTH_A_BATCH = 1024;

const NOTHING = Buffer.alloc(0);

/** What a queue works with. */
export interface QueueOptions {
  readonly cipher: Cipher;
  readonly mac: MacHash;
  /** The tree, to find the path of a leaf that fails. */
  readonly documents: readonly Branch[];
  readonly scope: EncryptionScope;
  readonly longText?: LongText | undefined;
}

/** A value that can be hashed and encrypted. */
type Filled = Exclude<LeafValue, null>;

export class LeafQueue {
  private leaves: Leaf[] = [];
  private values: Filled[] = [];
  /** The ciphertexts among them, with the empty text for all else. */
  private texts: string[] = [];
  /** The additional data of each leaf; empty, as those of none are, for one that is not encrypted. */
  private aads: string[] = [];
  private batched = false;
  /** Bytes that are to be hashed. */
  private runBytes: Uint8Array = NOTHING;
  private runStart = 0;
  private runEnd = 0;

  constructor(private readonly options: QueueOptions) {}

  /** Hashes a readable leaf in its turn. Throws as {@link flush} does. */
  addPlain(leaf: Leaf, value: Filled): void {
    this.add(leaf, value, '');
  }

  /** Decrypts a leaf in place, and hashes it, in its turn. Throws as {@link flush} does. */
  addSealed(leaf: Leaf, value: Filled, aad: string): void {
    this.add(leaf, value, aad);
  }

  private add(leaf: Leaf, value: Filled, aad: string): void {
    this.leaves.push(leaf);
    this.values.push(value);
    this.texts.push(aad !== '' && typeof value === 'string' ? value : '');
    this.aads.push(aad);
    if (this.leaves.length === (this.batched ? BATCH_LEAVES : WORTH_A_BATCH)) this.flush();
  }

  /** Does what waits. Throws `leaf-not-decryptable` for the first leaf that cannot be decrypted; those before it are. */
  flush(): void {
    const { leaves, values, texts, aads } = this;
    this.leaves = [];
    this.values = [];
    this.texts = [];
    this.aads = [];
    this.batched ||= leaves.length >= WORTH_A_BATCH;
    const resultOf = this.batched ? this.options.cipher.openTogether(texts, aads) : undefined;
    for (let index = 0; index < leaves.length; index++) {
      const leaf = leaves[index] as Leaf;
      const value = values[index] as Filled;
      const aad = aads[index] as string;
      if (aad === '') this.hash(leaf, value);
      else this.decrypt(leaf, value, aad, resultOf?.(index));
    }
    this.endRun();
  }

  private decrypt(leaf: Leaf, sealed: Filled, aad: string, result: BatchResult): void {
    const { cipher } = this.options;
    if (typeof sealed !== 'string') {
      throw notDecryptable(this.pathOf(leaf), `Expected encrypted value as string, but got ${typeWordOf(sealed)}`);
    }
    const opened = result === undefined ? this.openAlone(leaf, sealed, aad) : result;
    if (opened === null) throw notDecryptable(this.pathOf(leaf), UNAUTHENTIC, AUTHENTICATION_HINT);
    const { text, type } = opened;
    const value = readValue(text, type);
    if (value === undefined) {
      throw notDecryptable(this.pathOf(leaf), `Could not decrypt value: it is not of the type ${printable(type)}`);
    }
    if (opened.iv !== null) cipher.remember(opened.iv, type, text, aad);
    leaf.value = value;
    // A typed value is hashed as it prints, which need not be how it was written (an int `+5`).
    if (value === text || textOf(value) === text) this.hashBytes(opened);
    else this.hash(leaf, value);
  }

  private openAlone(leaf: Leaf, text: string, aad: string): OpenedValue | null {
    const parsed = parseEncryptedValue(text);
    if (!parsed) throw notDecryptable(this.pathOf(leaf), MALFORMED);
    const bytes = this.options.cipher.open(parsed, aad);
    if (!bytes) return null;
    const { longText } = this.options;
    const plain = longText ? longText.textOf(bytes) : decodeText(bytes);
    return { text: plain, type: parsed.type, iv: parsed.iv, bytes, start: 0, end: bytes.length };
  }

  /** Hashes the bytes of a value, at once with those before when they follow each other. */
  private hashBytes({ bytes, start, end }: OpenedValue): void {
    if (bytes !== this.runBytes || start !== this.runEnd) {
      this.endRun();
      this.runBytes = bytes;
      this.runStart = start;
    }
    this.runEnd = end;
  }

  /** Hashes what waits for bytes that follow; before anything else is hashed, and before the bytes are gone. */
  private endRun(): void {
    this.options.mac.addBytes(this.runBytes, this.runStart, this.runEnd);
    this.runBytes = NOTHING;
    this.runStart = 0;
    this.runEnd = 0;
  }

  private hash(leaf: Leaf, value: Filled): void {
    this.endRun();
    const text = textOf(value);
    if (text === null) throw notDecryptable(this.pathOf(leaf), 'the value is outside the range of its type');
    this.options.mac.addText(text);
  }

  /** The path of a leaf, which is looked for only when it is to be told. */
  private pathOf(wanted: Leaf): KeyPath {
    let path: KeyPath = [];
    walk(this.options.documents, this.options.scope, {
      leaf(leaf, place) {
        if (leaf === wanted) path = place.path;
      },
    });
    return path;
  }
}

export const MALFORMED = "Could not decrypt value: it does not match sops' data format";
export const UNAUTHENTIC = 'Could not decrypt value: Could not decrypt with AES_GCM: message authentication failed';
export const AUTHENTICATION_HINT =
  'The value was changed or moved to another key, or the file was given the key of another.';

/** The error for a leaf; `reason` never quotes a value. */
export function notDecryptable(path: KeyPath, reason: string, hint?: string): SopsError {
  const details = hint === undefined ? { path } : { path, hint };
  return new SopsError('leaf-not-decryptable', `Error decrypting tree: Error walking tree: ${reason}`, details);
}

/** A type word comes from the file: only a plain word is repeated. */
function printable(word: string): string {
  return /^[a-z]{1,12}$/.test(word) ? `"${word}"` : 'given in the file';
}
