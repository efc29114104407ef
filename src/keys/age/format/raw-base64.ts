/** Standard base64 without padding, canonical only, as age headers use it (C2SP age, "Conventions used"). */

/** The text of some bytes. */
export function encodeRawBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('base64')
    .replace(/={1,2}$/, '');
}

/** The bytes of a text, or null when it is not the one canonical spelling of any bytes. */
export function decodeRawBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return encodeRawBase64(bytes) === text ? bytes : null;
}
