/** The texts of many encrypted values read from their bytes: only in the shape that every release writes. */
import type { TypeWord } from '../tree/value.js';
import { HEAD, IV, IV_BYTES, TAG, TAG_BYTES, TYPE } from './encrypted-value.js';
import type { Spans } from './text-bytes.js';

const PADDING = 0x3d;
/** Bytes that decoding may write behind those that count. */
const SURPLUS = 2;

/** How a text ends, by the type words of leaves; others are read the general way. */
const TYPES = (['str', 'int', 'float', 'bool', 'time'] as const satisfies readonly TypeWord[]).map((type) => ({
  type,
  bytes: Buffer.from(`${TYPE}${type}]`),
}));

/** The values of base64 digits by byte; padding is 64, and what is no digit has the highest bit set. */
const DIGITS = new Uint8Array(256).fill(0x80);
for (const [value, digit] of [
  ...Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'),
].entries()) {
  DIGITS[digit] = value;
}
DIGITS[PADDING] = 64;

/** One part of all values: ciphertexts, initialisation vectors or tags. */
class Part implements Spans {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly mark: Buffer;
  /** The digits of `mostBytes`. */
  readonly mostDigits: number;

  /**
   * @param mark what stands before it in a text
   * @param mostBytes that one may have
   * @param isFixed whether each has as many
   */
  constructor(
    capacity: number,
    mark: string,
    readonly mostBytes: number,
    readonly isFixed: boolean,
  ) {
    this.mark = Buffer.from(mark);
    this.mostDigits = digitsOf(mostBytes);
    this.bytes = Buffer.alloc(capacity * mostBytes + SURPLUS);
    this.starts = Int32Array.from({ length: capacity + 1 }, (_, index) => (isFixed ? index * mostBytes : 0));
  }
}

/** The parts of many encrypted values. They are read in one loop, since V8 would compile a method for one several times. */
export class SealedParts {
  /** What was encrypted; empty for a value that could not be read. */
  readonly data: Part;
  readonly ivs: Part;
  readonly tags: Part;
  /** Null for a value that could not be read. */
  readonly types: (TypeWord | null)[] = [];
  /** The last one of a text first. */
  private readonly parts: readonly Part[];

  /**
   * @param capacity values that may be read at once
   * @param mostBytes that the data of one may have
   */
  constructor(capacity: number, mostBytes: number) {
    this.data = new Part(capacity, HEAD, mostBytes, false);
    this.ivs = new Part(capacity, IV, IV_BYTES, true);
    this.tags = new Part(capacity, TAG, TAG_BYTES, true);
    this.parts = [this.tags, this.ivs, this.data];
  }

  /**
   * Reads values in the usual shape; others, and longer ones, are marked as not read (`parseEncryptedValue` knows them all). As
   * there, unused bits of the last base64 digit are not looked at.
   */
  read(count: number, texts: Spans): void {
    const { starts } = this.data;
    for (let index = 0; index < count; index++) {
      starts[index + 1] = starts[index] ?? 0;
      this.types[index] = this.readOne(texts.bytes, texts.starts[index] ?? 0, texts.starts[index + 1] ?? 0, index);
    }
  }

  /** Reads `text[start, end)` from its end on: only what stands last cannot be forged by what stands before. */
  private readOne(text: Uint8Array, start: number, end: number, index: number): TypeWord | null {
    const found = typeAt(text, start, end);
    if (!found) return null;
    let partEnd = end - found.bytes.length;
    for (let number = 0; number < this.parts.length; number++) {
      const { mark, mostBytes, mostDigits, isFixed, bytes, starts } = this.parts[number] as Part;
      const partStart = isFixed ? partEnd - mostDigits : start + mark.length;
      const markStart = partStart - mark.length;
      if (markStart < start || partEnd - partStart > mostDigits || !standsAt(text, mark, markStart)) return null;
      const at = starts[index] ?? 0;
      const read = decode(text, partStart, partEnd, bytes, at);
      if (isFixed ? read !== mostBytes : read <= 0 || read > mostBytes) return null;
      if (!isFixed) starts[index + 1] = at + read;
      partEnd = markStart;
    }
    return found.type;
  }
}

/** The initialisation vector of a text that was read, in base64. */
export function ivTextOf(text: string, type: TypeWord): string {
  const end = text.length - `${TYPE}${type}]`.length - digitsOf(TAG_BYTES) - TAG.length;
  return text.slice(end - digitsOf(IV_BYTES), end);
}

/** The digits of so many bytes in base64, padding included. */
function digitsOf(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** The type that a text ends with. */
function typeAt(text: Uint8Array, start: number, end: number): (typeof TYPES)[number] | undefined {
  for (let index = 0; index < TYPES.length; index++) {
    const type = TYPES[index] as (typeof TYPES)[number];
    const at = end - type.bytes.length;
    if (at >= start && standsAt(text, type.bytes, at)) return type;
  }
  return undefined;
}

function standsAt(text: Uint8Array, mark: Uint8Array, at: number): boolean {
  for (let index = 0; index < mark.length; index++) if (text[at + index] !== mark[index]) return false;
  return true;
}

/**
 * Decodes base64 with padding; returns the number of bytes, -1 when it is malformed. It writes whole groups of three: up to two
 * bytes behind those that count.
 */
function decode(text: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  let seen = 0;
  let padding = 0;
  let out = at;
  for (let quad = start; quad < end; quad += 4, out += 3) {
    const one = DIGITS[text[quad] ?? 0] ?? 0;
    const two = DIGITS[text[quad + 1] ?? 0] ?? 0;
    const three = DIGITS[text[quad + 2] ?? 0] ?? 0;
    const four = DIGITS[text[quad + 3] ?? 0] ?? 0;
    seen |= one | two | three | four;
    padding += (one >> 6) + (two >> 6) + (three >> 6) + (four >> 6);
    into[out] = (one << 2) | (two >> 4);
    into[out + 1] = (two << 4) | (three >> 2);
    into[out + 2] = (three << 6) | four;
  }
  const last = text[end - 1] !== PADDING ? 0 : text[end - 2] !== PADDING ? 1 : 2;
  return seen >= 0x80 || padding !== last || (end - start) % 4 !== 0 ? -1 : out - at - padding;
}
