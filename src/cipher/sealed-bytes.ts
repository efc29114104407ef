/** The text of an encrypted value read from its bytes, for many of them: only in the shape that every release writes. */

/** Where the parts of a text stand in its bytes. */
const HEAD = Buffer.from('ENC[AES256_GCM,data:');
const IV_MARK = Buffer.from(',iv:');
const TAG_MARK = Buffer.from(',tag:');
const TYPE_MARK = Buffer.from(',type:');
export const IV_TEXT_LENGTH = 44;
const TAG_TEXT_LENGTH = 24;
export const IV_BYTES = 32;
export const TAG_BYTES = 16;
const CLOSE = 0x5d;
const PADDING = 0x3d;

/** The type words of leaves; others are read the general way. */
const TYPE_WORDS = ['str', 'int', 'float', 'bool', 'time'].map((word) => ({ word, bytes: Buffer.from(word) }));

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
  readonly dataAt: number;
  readonly iv: Uint8Array;
  readonly ivAt: number;
  readonly tag: Uint8Array;
  readonly tagAt: number;
}

/** What was read besides the bytes. */
export interface SealedShape {
  readonly dataBytes: number;
  readonly type: string;
  /** Where the text of the initialisation vector begins in the text. */
  readonly ivAt: number;
}

/**
 * Reads `text[0, length)`, the ASCII bytes of an encrypted value, and puts its parts where they are wanted; null for any other
 * shape than the usual (`parseEncryptedValue` knows them all). As there, unused bits of the last base64 digit are not looked at.
 */
export function readSealed(text: Uint8Array, length: number, places: SealedPlaces): SealedShape | null {
  if (length < HEAD.length + IV_TEXT_LENGTH + TAG_TEXT_LENGTH || text[length - 1] !== CLOSE) return null;
  for (const { word, bytes } of TYPE_WORDS) {
    const typeAt = length - 1 - bytes.length;
    if (!standsAt(text, bytes, typeAt)) continue;
    const tagAt = typeAt - TYPE_MARK.length - TAG_TEXT_LENGTH;
    const ivAt = tagAt - TAG_MARK.length - IV_TEXT_LENGTH;
    const dataEnd = ivAt - IV_MARK.length;
    const marked =
      standsAt(text, TYPE_MARK, typeAt - TYPE_MARK.length) &&
      standsAt(text, TAG_MARK, tagAt - TAG_MARK.length) &&
      standsAt(text, IV_MARK, dataEnd) &&
      standsAt(text, HEAD, 0);
    if (!marked || dataEnd <= HEAD.length) return null;
    const dataBytes = decode(text, HEAD.length, dataEnd, places.data, places.dataAt);
    const whole =
      dataBytes > 0 &&
      decode(text, ivAt, ivAt + IV_TEXT_LENGTH, places.iv, places.ivAt) === IV_BYTES &&
      decode(text, tagAt, tagAt + TAG_TEXT_LENGTH, places.tag, places.tagAt) === TAG_BYTES;
    return whole ? { dataBytes, type: word, ivAt } : null;
  }
  return null;
}

function standsAt(text: Uint8Array, mark: Uint8Array, at: number): boolean {
  if (at < 0) return false;
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
