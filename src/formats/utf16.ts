/** UTF-16 with a byte order mark: the other encoding of YAML, and what some shells make of any output. The mark stays in the text as U+FEFF. */

interface Encoding {
  decode(bytes: Uint8Array): string;
  encode(text: string): Uint8Array;
}

const LITTLE: Encoding = {
  decode: (bytes) => Buffer.from(bytes).toString('utf16le'),
  encode: (text) => Buffer.from(text, 'utf16le'),
};

const BIG: Encoding = {
  decode: (bytes) => LITTLE.decode(swapped(bytes)),
  encode: (text) => swapped(LITTLE.encode(text)),
};

/** The encoding that the first two bytes announce, undefined for UTF-8. Half a unit at the end is not UTF-16, and no UTF-8 either. */
export function utf16Of(bytes: Uint8Array): Encoding | undefined {
  const mark = bytes.length % 2 === 0 ? (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0) : 0;
  return mark === 0xfffe ? LITTLE : mark === 0xfeff ? BIG : undefined;
}

const UTF8_MARK = [0xef, 0xbb, 0xbf];

/** Bytes of text as UTF-8 without a byte order mark; the same bytes when they are that. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  const utf16 = utf16Of(bytes);
  if (utf16) return Buffer.from(utf16.decode(bytes).slice(1));
  return UTF8_MARK.every((byte, at) => bytes[at] === byte) ? bytes.subarray(UTF8_MARK.length) : bytes;
}

function swapped(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes).swap16();
}
