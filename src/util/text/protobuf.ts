/** The wire format of Protocol Buffers, as far as key services and GCP KMS speak it: messages of length-delimited fields. */
import { isUtf8 } from 'node:buffer';
import { SopsError } from '../../errors.js';

/** Wire types (protobuf.dev/programming-guides/encoding); the others are groups, which nobody writes any more. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** A tag is an unsigned number of 32 bits; nothing longer than that is read as a length either. */
const MOST_VARINT_BYTES = 5;
const MOST_VARINT = 2 ** 32;

/** A field's number and, when it is length-delimited, its content; fields of other shapes are passed over. */
export interface WireField {
  readonly number: number;
  readonly bytes: Buffer;
}

/** A length-delimited field; nothing at all when it is empty, as proto3 has it. */
export function encodeField(number: number, content: Uint8Array): Buffer {
  return content.length === 0 ? Buffer.alloc(0) : encodePresent(number, content);
}

/** A length-delimited field that is there even when it is empty: an embedded message. */
export function encodePresent(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([encodeVarint(number * 8 + BYTES), encodeVarint(content.length), content]);
}

/**
 * The length-delimited fields of a message among `known` numbers, in order. Fields of other numbers are passed over, as
 * later versions of the protocol may have them. Throws `key` for what is no message, and for known fields of
 * another shape.
 */
export function decodeFields(message: Uint8Array, known: readonly number[]): WireField[] {
  const reader = new Reader(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
  const fields: WireField[] = [];
  while (!reader.atEnd) {
    const tag = reader.varint();
    const number = Math.floor(tag / 8);
    const bytes = reader.content(tag % 8);
    if (number === 0) throw malformed('a field without a number');
    if (!known.includes(number)) continue;
    if (bytes === null) throw malformed(`field ${number} has the wrong type`);
    fields.push({ number, bytes });
  }
  return fields;
}

/** The one field of a number, or undefined. Throws `key` when there are several. */
export function onlyField(fields: readonly WireField[], number: number): Buffer | undefined {
  const [field, another] = fields.filter((one) => one.number === number);
  if (another) throw malformed(`field ${number} is there more than once`);
  return field?.bytes;
}

/** Text of a field. Throws `key` when it is not UTF-8. */
export function decodeString(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('a text is not UTF-8');
  return bytes.toString('utf8');
}

class Reader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** A number below 2³². */
  varint(): number {
    let value = 0;
    for (let count = 0; count < MOST_VARINT_BYTES; count++) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw malformed('it ends too early');
      value += (byte % 0x80) * 0x80 ** count;
      if (byte < 0x80 && value < MOST_VARINT) return value;
    }
    throw malformed('a number is too large');
  }

  /** The content of a length-delimited field; null after passing over a field of another shape. */
  content(wireType: number): Buffer | null {
    if (wireType === BYTES) return this.take(this.varint());
    if (wireType === VARINT) this.skipVarint();
    else if (wireType === FIXED64) this.take(8);
    else if (wireType === FIXED32) this.take(4);
    else throw malformed('a field has an unknown type');
    return null;
  }

  private take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.bytes.length) throw malformed('it ends too early');
    const taken = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Values, other than tags and lengths, may have 64 bits. */
  private skipVarint(): void {
    for (let count = 0; count < 10; count++) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw malformed('it ends too early');
      if (byte < 0x80) return;
    }
    throw malformed('a number is too large');
  }
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 0x80) + 0x80);
  }
}

function malformed(reason: string): SopsError {
  return new SopsError('key', `not a message of the protocol: ${reason}`);
}
