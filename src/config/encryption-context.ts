/** The encryption context of AWS KMS as a text (docs/keys/aws-kms.md#encryption-context). */
import { SopsError } from '../errors.js';

/**
 * Reads `key:value,key:value`, as `--encryption-context` gives it; nothing is trimmed. Returns undefined for an empty text.
 * Throws `encryption-context` when a pair has not exactly one colon: SOPS drops the whole context then, if the keys come
 * from a rule, and the file could be decrypted without it.
 */
export function parseEncryptionContext(text: string): ReadonlyMap<string, string> | undefined {
  if (text === '') return undefined;
  const context = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [key, value, ...more] = pair.split(':');
    if (key === undefined || value === undefined || more.length > 0) {
      throw new SopsError('encryption-context', 'Invalid KMS encryption context format', {
        hint: 'Write it as key:value,key:value.',
      });
    }
    context.set(key, value);
  }
  return context;
}
