/** UTF-16 with a byte order mark, the other encoding of YAML; the mark stays in the text as U+FEFF. */

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

/** The encoding that the first two bytes announce, undefined for UTF-8. Half a unit at the end is no UTF-16, and no UTF-8 either. */
export function utf16Of(bytes: Uint8Array): Encoding | undefined {
  const mark = bytes.length % 2 === 0 ? (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0) : 0;
  return mark === 0xfffe ? LITTLE : mark === 0xfeff ? BIG : undefined;
}

function swapped(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes).swap16();
}
