/** In which order the keys of a group are tried (docs/keys/README.md#recovering-the-data-key). */
import { SopsError } from '../errors.js';
import type { MasterKey } from '../keys/provider.js';

/** Keys of this machine before those that need a network. */
export const DEFAULT_DECRYPTION_ORDER: readonly string[] = ['age', 'pgp'];

/**
 * The type identifiers of `--decryption-order`, separated by commas; nothing is trimmed, unknown ones are accepted.
 * Undefined or empty is the default. Throws `decryption-order` for a repeated one.
 */
export function parseDecryptionOrder(text: string | undefined): readonly string[] {
  if (!text) return DEFAULT_DECRYPTION_ORDER;
  const order = text.split(',');
  const repeated = order.find((type, at) => order.indexOf(type) < at);
  if (repeated === undefined) return order;
  throw new SopsError('decryption-order', `Duplicate decryption key type: ${repeated}`);
}

/** The keys in that order; those of one type keep theirs, types that are not named come last. */
export function sortKeys(keys: readonly MasterKey[], order: readonly string[]): MasterKey[] {
  const rank = (key: MasterKey) => (order.includes(key.type) ? order.indexOf(key.type) : order.length);
  return [...keys].sort((one, other) => rank(one) - rank(other));
}
