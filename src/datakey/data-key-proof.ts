/** Telling whether a recovered key is the one that a file was sealed with: by its MAC, or by one of its values. */

import { Cipher } from '../cipher/cipher.js';
import { type EncryptedValue, parseEncryptedValue } from '../cipher/encrypted-value.js';
import { opensMac } from '../cipher/mac.js';
import type { Metadata } from '../metadata/metadata.js';
import { leaves } from '../tree/leaves.js';
import type { Branch } from '../tree/tree.js';
import type { DataKey } from './data-key.js';

/** What a file holds that only its own data key opens. */
export interface SealedParts extends Pick<Metadata, 'mac' | 'lastModified'> {
  /** The documents as they were read. */
  readonly documents?: readonly Branch[] | undefined;
}

/** Values tried when the MAC does not open: the first of them may have been moved or damaged. */
const MOST_VALUES = 16;

interface SealedValue {
  readonly value: EncryptedValue;
  readonly aad: string;
}

export class Proof {
  readonly #sealed: SealedParts;
  #values: readonly SealedValue[] | undefined;

  constructor(sealed: SealedParts) {
    this.#sealed = sealed;
  }

  /** Whether there is anything that could tell a wrong key from the right one. */
  get isPossible(): boolean {
    return parseEncryptedValue(this.#sealed.mac) !== null || this.#someValues().length > 0;
  }

  /**
   * Whether a key opens the MAC or, where that was damaged or belongs to another `lastmodified`, one of the file's values. Who can
   * change a value can make the file unreadable anyway, so nothing is lost by taking one for an answer. `verifyMac` opens the MAC once
   * more, with the tree in hand: that takes some 50 µs a file, and keeps what it says out of the recovery, which takes a value as well.
   */
  isKey(dataKey: DataKey): boolean {
    const { mac, lastModified } = this.#sealed;
    const cipher = new Cipher(dataKey.bytes);
    if (opensMac(cipher, mac, lastModified)) return true;
    return this.#someValues().some(({ value, aad }) => cipher.open(value, aad) !== null);
  }

  #someValues(): readonly SealedValue[] {
    this.#values ??= firstOf(sealedValues(this.#sealed.documents ?? []), MOST_VALUES);
    return this.#values;
  }
}

function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    first.push(item);
    if (first.length === count) break;
  }
  return first;
}

/** Everything that looks encrypted, in order, with the joined path it stands at. */
function* sealedValues(documents: readonly Branch[]): Generator<SealedValue> {
  for (const place of leaves(documents)) {
    const { value } = place.node;
    const parsed = typeof value === 'string' ? parseEncryptedValue(value) : null;
    if (parsed) yield { value: parsed, aad: place.joinedPath };
  }
}
