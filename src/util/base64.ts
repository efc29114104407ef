/** Standard base64 as RFC 4648 section 4 has it; `Buffer.from` alone skips over what is not base64. */

const PATTERN = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The bytes of a standard base64 text with padding, or null when a character or the padding is wrong.
 * Unused bits of the last character are not looked at, as in Go's reader.
 */
export function decodeBase64(text: string): Buffer | null {
  return isBase64(text) ? Buffer.from(text, 'base64') : null;
}

/** Whether a text is standard base64 with padding. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && PATTERN.test(text);
}
