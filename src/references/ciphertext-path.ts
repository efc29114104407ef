/** Ciphertext as the path of a reference. */
import { SopsError } from '../errors.js';

/** The bytes of URL-safe base64, with or without padding. Throws `reference-malformed` for anything else. */
export function ciphertextOfPath(path: string): Buffer {
  const text = path.replace(/={1,2}$/, '');
  if (/^[\w-]+$/.test(text) && text.length % 4 !== 1) return Buffer.from(text, 'base64url');
  throw new SopsError('reference-malformed', 'the path is not ciphertext in URL-safe base64', {
    hint: "Write - for + and _ for /, e.g. by: tr '+/' '-_'",
  });
}
