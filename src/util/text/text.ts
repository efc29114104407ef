/** Bytes to text and back without losing any: bytes that are not UTF-8 become lone surrogates, as PEP 383 has it. */
import { isUtf8 } from 'node:buffer';

const ESCAPE = 0xdc00;

/** What text that is not UTF-8 is read and written by. */
interface Tables {
  /** What each byte is by itself: a table, since in bytes that are not text a branch is guessed wrong half the time. */
  readonly alone: Uint16Array;
  /** Whether a byte may begin a sequence of several, and whether one may go on with it: both at once is seldom. */
  readonly leads: Uint8Array;
  readonly nexts: Uint8Array;
  /** By the upper nine bits of a unit, whether it stands for one byte, which the lower eight are. */
  readonly singles: Uint8Array;
}

let made: Tables | undefined;

/** Made when they are needed, which they seldom are: that takes a third of a millisecond of the start. */
function tables(): Tables {
  made ??= {
    alone: Uint16Array.from({ length: 256 }, (_, byte) => (byte < 0x80 ? byte : ESCAPE + byte)),
    leads: Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0xc2 && byte <= 0xf4 ? 1 : 0)),
    nexts: Uint8Array.from({ length: 256 }, (_, byte) => (isNext(byte) ? 1 : 0)),
    singles: Uint8Array.from({ length: 512 }, (_, upper) => (upper === 0 || upper === (ESCAPE + 0x80) >> 7 ? 1 : 0)),
  };
  return made;
}

/**
 * The text of some bytes. Valid UTF-8 reads as usual (a byte order mark stays as U+FEFF); every byte that
 * is not part of valid UTF-8 becomes one lone low surrogate U+DC80…U+DCFF, which no valid text contains.
 */
export function decodeText(bytes: Uint8Array): string {
  // Called for every value: without another view of what is a buffer, and without words for what is the default.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString() : decodeEscaped(buffer);
}

/** The bytes of a text made by {@link decodeText}: its exact inverse; other lone surrogates become U+FFFD. */
export function encodeText(text: string): Buffer {
  return text.isWellFormed() ? Buffer.from(text, 'utf8') : encodeEscaped(text);
}

/** A UTF-16 unit as JSON and others escape it. */
export function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Whether a text stands for bytes that are not UTF-8. */
export function hasInvalidBytes(text: string): boolean {
  return !text.isWellFormed();
}

/** One UTF-16 unit after another into memory of their own: bytes that are not text at all come in millions of short runs. */
function decodeEscaped(buffer: Buffer): string {
  const { alone, leads, nexts } = tables();
  const units = new Uint16Array(buffer.length);
  let size = 0;
  let at = 0;
  while (at < buffer.length) {
    const lead = buffer[at] as number;
    const mayLead = at + 1 < buffer.length && (leads[lead] as number) & (nexts[buffer[at + 1] as number] as number);
    const length = mayLead ? sequenceLength(buffer, at, lead) : 0;
    if (length === 0) {
      units[size++] = alone[lead] as number;
      at += 1;
      continue;
    }
    let point = lead & (0x7f >> length);
    for (let next = 1; next < length; next++) point = (point << 6) | ((buffer[at + next] as number) & 0x3f);
    at += length;
    if (point >= 0x10000) units[size++] = 0xd7c0 + (point >> 10);
    units[size++] = point < 0x10000 ? point : 0xdc00 | (point & 0x3ff);
  }
  return Buffer.from(units.buffer, 0, size * 2).toString('utf16le');
}

/** Length of the valid UTF-8 sequence that two such bytes begin, 0 if there is none (Unicode 15, table 3-7). */
function sequenceLength(buffer: Buffer, at: number, lead: number): number {
  const second = buffer[at + 1] as number;
  if (lead < 0xe0) return 2;
  // The second byte decides over long forms, surrogates and what is beyond Unicode.
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return 0;
  if (!isNext(buffer[at + 2] ?? 0)) return 0;
  if (lead < 0xf0) return 3;
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return 0;
  return isNext(buffer[at + 3] ?? 0) ? 4 : 0;
}

function isNext(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function encodeEscaped(text: string): Buffer {
  const { singles } = tables();
  const bytes = Buffer.allocUnsafe(text.length * 3);
  let size = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (singles[unit >> 7] === 1) {
      bytes[size++] = unit;
    } else if (unit < 0x800) {
      bytes[size++] = 0xc0 | (unit >> 6);
      bytes[size++] = 0x80 | (unit & 0x3f);
    } else {
      const point = text.codePointAt(at) ?? 0;
      if (point >= 0x10000) {
        at += 1;
        bytes[size++] = 0xf0 | (point >> 18);
        bytes[size++] = 0x80 | ((point >> 12) & 0x3f);
        bytes[size++] = 0x80 | ((point >> 6) & 0x3f);
        bytes[size++] = 0x80 | (point & 0x3f);
        continue;
      }
      const kept = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
      bytes[size++] = 0xe0 | (kept >> 12);
      bytes[size++] = 0x80 | ((kept >> 6) & 0x3f);
      bytes[size++] = 0x80 | (kept & 0x3f);
    }
  }
  return bytes.subarray(0, size);
}
