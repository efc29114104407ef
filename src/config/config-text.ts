/** The text of a configuration's bytes, in the encodings that go-yaml takes: UTF-8, and UTF-16 with a byte order mark. */
import { SopsError } from '../errors.js';
import { utf16Of } from '../formats/utf16.js';
import { decodeText, hasInvalidBytes } from '../util/text/text.js';

/**
 * Throws `document-invalid` for bytes in no such encoding, in comments too: SOPS refuses them, and an expression with a broken letter would
 * match nothing without a word.
 */
export function configText(bytes: Uint8Array): string {
  const text = utf16Of(bytes)?.decode(bytes) ?? decodeText(bytes);
  if (!hasInvalidBytes(text)) return text;
  const line = text.split('\n').findIndex(hasInvalidBytes) + 1;
  throw new SopsError('document-invalid', `line ${line}: the text is neither UTF-8 nor UTF-16`);
}
