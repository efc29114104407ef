/** Bytes to text and back without losing any: bytes that are not UTF-8 become lone surrogates, as PEP 383 has it. */
import { isUtf8 } from 'node:buffer';

const ESCAPE = 0xdc00;

/**
 * The text of some bytes. Valid UTF-8 reads as usual (a byte order mark stays as U+FEFF); every byte that
 * is not part of valid UTF-8 becomes one lone low surrogate U+DC80…U+DCFF, which no valid text contains.
 */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString('utf8') : decodeEscaped(buffer);
}

/** The bytes of a text made by {@link decodeText}: its exact inverse; other lone surrogates become U+FFFD. */
export function encodeText(text: string): Buffer {
  return text.isWellFormed() ? Buffer.from(text, 'utf8') : encodeEscaped(text);
}

/** Whether a text stands for bytes that are not UTF-8. */
export function hasInvalidBytes(text: string): boolean {
  return !text.isWellFormed();
}

function decodeEscaped(buffer: Buffer): string {
  const parts: string[] = [];
  let start = 0;
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(buffer.toString('utf8', start, at), String.fromCharCode(ESCAPE + (buffer[at] ?? 0)));
    at += 1;
    start = at;
  }
  parts.push(buffer.toString('utf8', start));
  return parts.join('');
}

/** Length of the valid UTF-8 sequence at an offset, 0 if there is none (Unicode 15, table 3-7). */
function sequenceLength(buffer: Buffer, at: number): number {
  const lead = buffer[at] ?? 0;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  return length > 0 && at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length)) ? length : 0;
}

function encodeEscaped(text: string): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    if (unit < ESCAPE && at + 1 < text.length && (text.charCodeAt(at + 1) & 0xfc00) === ESCAPE) {
      at += 1;
      continue;
    }
    parts.push(Buffer.from(text.slice(start, at), 'utf8'));
    const escaped = unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff;
    parts.push(escaped ? Buffer.from([unit - ESCAPE]) : Buffer.from('\ufffd', 'utf8'));
    start = at + 1;
  }
  parts.push(Buffer.from(text.slice(start), 'utf8'));
  return Buffer.concat(parts);
}
