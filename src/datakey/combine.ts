/** Putting the parts of several key groups together, also when a foreign one is among them. */
import { Cipher } from '../cipher/cipher.js';
import { opensMac } from '../cipher/mac.js';
import { SopsError } from '../errors.js';
import type { Metadata } from '../metadata/metadata.js';
import { DATA_KEY_BYTES, DataKey } from './data-key.js';
import { choosePartsOf, combineParts } from './shamir.js';

/** What says how many parts are needed, and tells whether they made the right key. */
type Proof = Pick<Metadata, 'shamirThreshold' | 'mac' | 'lastModified'>;

/** Choices of parts tried before the combination of all of them is taken for the answer. */
const MOST_CHOICES = 500;

/** The key of all these parts when they are enough and it opens the file's MAC; undefined when more may be needed. */
export function provenKey(parts: readonly Uint8Array[], proof: Proof): DataKey | undefined {
  const dataKey = parts.length < sizeOf(proof) ? undefined : combineAll(parts);
  return dataKey instanceof DataKey && opens(dataKey, proof) ? dataKey : undefined;
}

/**
 * The key of parts of which there will be no more. When there are more than needed and their combination does not open the MAC,
 * smaller choices are tried: one foreign part among good ones would otherwise spoil the key.
 * Throws `data-key-not-recovered` for parts that do not fit together.
 */
export function combine(parts: readonly Uint8Array[], proof: Proof): DataKey {
  const size = sizeOf(proof);
  const whole = combineAll(parts);
  const settled = parts.length <= size || (whole instanceof DataKey && opens(whole, proof));
  const found = settled ? undefined : searchChoices(parts, size, proof);
  if (found) return found;
  if (whole instanceof SopsError) throw whole;
  return whole;
}

/** The data key that is its own only part. Throws `data-key-not-recovered` for another length. */
export function dataKeyOf(bytes: Uint8Array): DataKey {
  if (bytes.length === DATA_KEY_BYTES) return new DataKey(bytes);
  const message = `the master keys give a data key of ${bytes.length} bytes instead of ${DATA_KEY_BYTES}`;
  throw new SopsError('data-key-not-recovered', message, { hint: 'Were key groups removed from the file by hand?' });
}

/** How many parts make the key; Shamir's scheme knows no fewer than two. */
function sizeOf({ shamirThreshold }: Proof): number {
  return Math.max(2, shamirThreshold);
}

/** A key from fewer parts that opens the MAC. Choices that leave out one part come first, since one bad part is likeliest. */
function searchChoices(parts: readonly Uint8Array[], size: number, proof: Proof): DataKey | undefined {
  let tried = 0;
  for (const length of new Set([parts.length - 1, size])) {
    for (const choice of choosePartsOf(parts, length)) {
      tried += 1;
      if (tried > MOST_CHOICES) return undefined;
      const candidate = combineAll(choice);
      if (candidate instanceof DataKey && opens(candidate, proof)) return candidate;
    }
  }
  return undefined;
}

/** The key that all of these parts make, or why they make none. */
function combineAll(parts: readonly Uint8Array[]): DataKey | SopsError {
  try {
    return dataKeyOf(combineParts(parts));
  } catch (cause) {
    if (cause instanceof SopsError) return cause;
    if (!(cause instanceof RangeError)) throw cause;
    return new SopsError('data-key-not-recovered', `could not get data key from shamir parts: ${cause.message}`);
  }
}

function opens(dataKey: DataKey, { mac, lastModified }: Proof): boolean {
  return opensMac(new Cipher(dataKey.bytes), mac, lastModified);
}
