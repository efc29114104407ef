/** The leaves of a tree under the cipher: decrypted in place, each hashed for the MAC in its turn. */
import { SopsError } from '../errors.js';
import type { Place } from '../tree/leaves.js';
import type { KeyPath, Leaf, LeafValue } from '../tree/tree.js';
import { readValue, textOf, typeWordOf } from '../tree/value.js';
import { decodeText } from '../util/text/text.js';
import type { Cipher } from './cipher.js';
import { parseEncryptedEmpty, parseEncryptedValue } from './encrypted-value.js';
import type { LongText } from './long-text.js';
import type { MacHash } from './mac.js';

/** A value that can be hashed and encrypted. */
export type Filled = Exclude<LeafValue, null>;

/** What leaves are decrypted with. */
export interface LeafTools {
  readonly cipher: Cipher;
  readonly mac: MacHash;
  readonly longText?: LongText | undefined;
}

/**
 * Decrypts a leaf in place, and hashes its plaintext. `sealed` is its value, which may be cut out of the text each time it is asked for.
 * Throws `leaf-not-decryptable`.
 */
export function decryptLeaf({ cipher, mac, longText }: LeafTools, leaf: Leaf, sealed: Filled, place: Place): void {
  if (typeof sealed !== 'string') {
    throw notDecryptable(place.path, `Expected encrypted value as string, but got ${typeWordOf(sealed)}`);
  }
  const parsed = parseEncryptedValue(sealed) ?? parseEncryptedEmpty(sealed);
  if (!parsed) throw notDecryptable(place.path, MALFORMED);
  const { joinedPath } = place;
  const bytes = cipher.open(parsed, joinedPath);
  if (!bytes) throw notDecryptable(place.path, UNAUTHENTIC, AUTHENTICATION_HINT);
  const text = longText ? longText.textOf(bytes) : decodeText(bytes);
  const { type } = parsed;
  const value = readValue(text, type);
  if (value === undefined) {
    throw notDecryptable(place.path, `Could not decrypt value: it is not of the type ${printable(type)}`);
  }
  cipher.remember(parsed.iv, type, text, joinedPath);
  leaf.value = value;
  // A typed value is hashed as it prints, which need not be how it was written (an int `+5`).
  if (value === text || textOf(value) === text) mac.addBytes(bytes);
  else hashLeaf(mac, value, place);
}

/** Hashes a readable leaf. Throws `leaf-not-decryptable` for a value that SOPS has no text for. */
export function hashLeaf(mac: MacHash, value: Filled, place: Place): void {
  const text = textOf(value);
  if (text === null) throw notDecryptable(place.path, 'the value is outside the range of its type');
  mac.addText(text);
}

const MALFORMED = "Could not decrypt value: it does not match sops' data format";
export const UNAUTHENTIC = 'Could not decrypt value: Could not decrypt with AES_GCM: message authentication failed';
export const AUTHENTICATION_HINT =
  'The value was changed or moved to another key, or the file was given the key of another.';

/** The error for a leaf; `reason` never quotes a value. */
export function notDecryptable(path: KeyPath, reason: string, hint?: string): SopsError {
  const details = hint === undefined ? { path } : { path, hint };
  return new SopsError('leaf-not-decryptable', `Error decrypting tree: Error walking tree: ${reason}`, details);
}

/** A type word comes from the file: only a plain word is repeated. */
function printable(word: string): string {
  return /^[a-z]{1,12}$/.test(word) ? `"${word}"` : 'given in the file';
}
