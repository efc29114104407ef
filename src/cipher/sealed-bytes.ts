/** The text of an encrypted value read from its bytes, for many of them: only in the shape that every release writes. */
import type { TypeWord } from '../tree/value.js';
import { HEAD, IV, IV_BYTES, IV_TEXT_LENGTH, TAG, TAG_BYTES, TYPE } from './encrypted-value.js';

/** What stands before the parts of a text, in bytes. */
const HEAD_MARK = Buffer.from(HEAD);
const IV_MARK = Buffer.from(IV);
const TAG_MARK = Buffer.from(TAG);
const TAG_TEXT_LENGTH = 24;
const PADDING = 0x3d;

/** How a text ends, by the type words of leaves; others are read the general way. */
const TYPES = (['str', 'int', 'float', 'bool', 'time'] as const satisfies readonly TypeWord[]).map((type) => ({
  type,
  bytes: Buffer.from(`${TYPE}${type}]`),
}));

/** The values of base64 digits by byte; what is no digit has the highest bit set. */
const DIGITS = new Uint8Array(256).fill(0x80);
for (const [value, digit] of [
  ...Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'),
].entries()) {
  DIGITS[digit] = value;
}

/** Where the bytes of a value go. */
export interface SealedPlaces {
  readonly data: Uint8Array;
  /** Where the next data go: reading a value moves it behind what was read. */
  dataAt: number;
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  tagAt: number;
}

/**
 * Reads `text[start, end)`, the bytes of an encrypted value, and puts its parts where they are wanted. Returns its type; null
 * for any other shape than the usual (`parseEncryptedValue` knows them all). As there, unused bits of the last base64 digit are
 * not looked at.
 */
export function readSealed(text: Uint8Array, start: number, end: number, places: SealedPlaces): TypeWord | null {
  for (let index = 0; index < TYPES.length; index++) {
    const { type, bytes } = TYPES[index] as (typeof TYPES)[number];
    const typeAt = end - bytes.length;
    if (typeAt >= start && standsAt(text, bytes, typeAt)) return readParts(text, start, typeAt, places) ? type : null;
  }
  return null;
}

/** Reads the parts before the type; false when they are malformed. */
function readParts(text: Uint8Array, start: number, end: number, places: SealedPlaces): boolean {
  const { data, dataAt, iv, tag, tagAt } = places;
  const dataStart = start + HEAD_MARK.length;
  const tagStart = end - TAG_TEXT_LENGTH;
  const ivStart = tagStart - TAG_MARK.length - IV_TEXT_LENGTH;
  const dataEnd = ivStart - IV_MARK.length;
  if (dataEnd <= dataStart || !standsAt(text, HEAD_MARK, start)) return false;
  if (!standsAt(text, IV_MARK, dataEnd) || !standsAt(text, TAG_MARK, tagStart - TAG_MARK.length)) return false;
  const dataBytes = decode(text, dataStart, dataEnd, data, dataAt);
  const whole =
    dataBytes > 0 &&
    decode(text, ivStart, ivStart + IV_TEXT_LENGTH, iv, 0) === IV_BYTES &&
    decode(text, tagStart, end, tag, tagAt) === TAG_BYTES;
  if (whole) places.dataAt += dataBytes;
  return whole;
}

/** The initialisation vector of a text that {@link readSealed} has read, in base64. */
export function ivTextOf(text: string, type: TypeWord): string {
  const end = text.length - `${TYPE}${type}]`.length - TAG_TEXT_LENGTH - TAG_MARK.length;
  return text.slice(end - IV_TEXT_LENGTH, end);
}

function standsAt(text: Uint8Array, mark: Uint8Array, at: number): boolean {
  for (let index = 0; index < mark.length; index++) if (text[at + index] !== mark[index]) return false;
  return true;
}

/** Decodes base64 with padding; returns the number of bytes, -1 when it is malformed. */
function decode(text: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  if ((end - start) % 4 !== 0) return -1;
  const padding = text[end - 1] !== PADDING ? 0 : text[end - 2] !== PADDING ? 1 : 2;
  let seen = 0;
  let out = at;
  for (let quad = start; quad < end; quad += 4) {
    const last = quad + 4 === end ? padding : 0;
    const one = DIGITS[text[quad] ?? 0] ?? 0;
    const two = DIGITS[text[quad + 1] ?? 0] ?? 0;
    const three = last > 1 ? 0 : (DIGITS[text[quad + 2] ?? 0] ?? 0);
    const four = last > 0 ? 0 : (DIGITS[text[quad + 3] ?? 0] ?? 0);
    seen |= one | two | three | four;
    into[out++] = (one << 2) | (two >> 4);
    if (last < 2) into[out++] = (two << 4) | (three >> 2);
    if (last < 1) into[out++] = (three << 6) | four;
  }
  return seen & 0x80 ? -1 : out - at;
}
