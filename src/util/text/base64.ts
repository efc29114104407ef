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
  if (text.length % 4 !== 0) return false;
  if (text.length < LONG) return PATTERN.test(text);
  for (const letter of OTHER_ALPHABET) if (text.includes(letter)) return false;
  const last = text.length - PART;
  let at = 0;
  for (; at < last; at += PART) if (!isWholePart(text.slice(at, at + PART))) return false;
  return PATTERN.test(text.slice(at));
}

/** From here on Node's reader, which skips what is not base64, is quicker than the pattern at telling that nothing was skipped. */
const LONG = 1 << 20;
const PART = 1 << 16;
/** What Node's reader takes as well. */
const OTHER_ALPHABET = '-_';

/** Whether every letter of a part counts, and none is padding. Of letters beyond ASCII Node's reader may look at half only. */
function isWholePart(part: string): boolean {
  return Buffer.byteLength(part) === PART && Buffer.from(part, 'base64').length === (PART / 4) * 3;
}
