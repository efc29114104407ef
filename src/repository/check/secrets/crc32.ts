/** CRC-32 as zlib has it (RFC 1952 section 8), which Node.js 20 does not offer. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum of a text of ASCII. */
export function crc32Of(text: string): number {
  let state = 0xffffffff;
  for (let at = 0; at < text.length; at++) state = (state >>> 8) ^ (TABLE[(state ^ text.charCodeAt(at)) & 0xff] ?? 0);
  return (state ^ 0xffffffff) >>> 0;
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A number in base 62, in so many digits. */
export function base62(value: number, length: number): string {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) text = DIGITS.charAt(rest % 62) + text;
  return text.padStart(length, '0');
}
