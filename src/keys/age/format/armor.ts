/** The ASCII armor of age files: PEM with 64 columns, canonical base64 and no headers (C2SP age, "ASCII armor"). */
import { SopsError } from '../../../errors.js';

const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----';
const END = '-----END AGE ENCRYPTED FILE-----';
const COLUMNS = 64;

/** The armored text of a binary age file, with a final line feed. */
export function encodeArmor(file: Uint8Array): string {
  const base64 = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('base64');
  const lines = [BEGIN];
  for (let at = 0; at < base64.length; at += COLUMNS) lines.push(base64.slice(at, at + COLUMNS));
  lines.push(END, '');
  return lines.join('\n');
}

/**
 * The binary age file in an armored text. Lines may end in CRLF, and white space may stand before and after;
 * nothing else is forgiven. Throws `key`.
 */
export function decodeArmor(text: string): Buffer {
  const lines = withoutOuterSpace(text).split('\n');
  const last = lines.length - 1;
  const body = lines.map((line, index) => (index < last && line.endsWith('\r') ? line.slice(0, -1) : line));
  if (body.shift() !== BEGIN) throw broken('the first line is not the BEGIN line');
  if (body.pop() !== END) throw broken('the last line is not the END line');
  for (const [index, line] of body.entries()) {
    const full = index < body.length - 1;
    if (full ? line.length !== COLUMNS : line.length === 0 || line.length > COLUMNS) {
      throw broken(`line ${index + 2} is not ${COLUMNS} columns wide`);
    }
  }
  const base64 = body.join('');
  const file = Buffer.from(base64, 'base64');
  if (file.toString('base64') !== base64) throw broken('not canonical base64');
  return file;
}

function broken(what: string): SopsError {
  return new SopsError('key', `invalid armor: ${what}`);
}

/** Trims ASCII white space in linear time; before the text only whole lines of it. */
function withoutOuterSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text, end - 1)) end -= 1;
  let start = 0;
  while (start < end && isSpace(text, start)) start += 1;
  const lineStart = text.lastIndexOf('\n', start) + 1;
  return text.slice(start === end ? start : lineStart, end);
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
