/** From opened parts to the file's data key, also when parts of other keys are among them: foreign ones, or stale ones. */

import { SopsError } from '../errors.js';
import type { MasterKey } from '../keys/provider.js';
import type { Metadata } from '../metadata/metadata.js';
import { append } from '../util/lists.js';
import { DATA_KEY_BYTES, DataKey } from './data-key.js';
import { Proof, type SealedParts } from './data-key-proof.js';
import { chooseParts, combineParts } from './shamir.js';

/** What recovery needs of a file. */
export interface Wrapped extends Pick<Metadata, 'keyGroups' | 'shamirThreshold'>, SealedParts {}

/** Choices of parts tried before the combination of the first ones is taken for the answer. */
const MOST_CHOICES = 500;

interface OpenedPart {
  readonly part: Uint8Array;
  /** The key that gave it. */
  readonly key: MasterKey;
}

/** The search for one file's data key, to which parts are added as they are opened. */
export class KeySearch {
  /** The data key once it is known to be the file's. */
  dataKey: DataKey | undefined;
  /** Keys whose parts belong to another data key than that. */
  readonly passedOver: MasterKey[] = [];
  /** How many parts make the key. */
  readonly #size: number;
  readonly #proof: Proof;
  /** By group, the latest part first. */
  readonly #opened: OpenedPart[][];
  #choices = 0;

  constructor(file: Wrapped) {
    const { keyGroups, shamirThreshold } = file;
    // Shamir's scheme knows no fewer than two.
    this.#size = keyGroups.length > 1 ? Math.max(2, shamirThreshold) : 1;
    this.#proof = new Proof(file);
    this.#opened = keyGroups.map(() => []);
  }

  /** Whether it can be known which key is the file's. */
  get isDecidable(): boolean {
    return this.#proof.isPossible;
  }

  /** How many parts are missing until there are enough of them. */
  get missing(): number {
    return this.#size - this.#opened.filter((parts) => parts.length > 0).length;
  }

  isOpen(group: number): boolean {
    return (this.#opened[group] ?? []).length > 0;
  }

  /** Adds a part of a group, and says whether the data key is known now. */
  add(group: number, opened: OpenedPart): boolean {
    const others = this.#opened[group] ?? [];
    // Mostly all keys of a group give the same.
    if (this.dataKey || others.some(({ part }) => Buffer.from(part).equals(opened.part)))
      return this.dataKey !== undefined;
    others.unshift(opened);
    const latest = this.#opened.flatMap((parts) => parts.slice(0, 1));
    if (latest.length < this.#size) return false;
    return this.#try(latest) || this.#tryChoices(group, opened);
  }

  /**
   * The key that the first parts of all groups make, proven or not: what SOPS would take. Throws `data-key-not-recovered` when
   * they make none.
   */
  first(): DataKey {
    const found = this.#combine(this.#opened.flatMap((parts) => parts.slice(-1)));
    if (found instanceof SopsError) throw found;
    return found;
  }

  /** One foreign or stale part among good ones would spoil the key: every smaller choice that the new part makes possible. */
  #tryChoices(group: number, opened: OpenedPart): boolean {
    const others = this.#opened.filter((parts, at) => at !== group && parts.length > 0);
    for (const choice of chooseParts(others, this.#size - 1)) {
      this.#choices += 1;
      if (this.#choices > MOST_CHOICES) return false;
      if (this.#try([opened, ...choice])) return true;
    }
    return false;
  }

  #try(choice: readonly OpenedPart[]): boolean {
    const candidate = this.#combine(choice);
    if (candidate instanceof SopsError || !this.#proof.isKey(candidate)) return false;
    this.dataKey = candidate;
    const used = this.#opened.filter((parts) => parts.some((one) => choice.includes(one)));
    append(
      this.passedOver,
      used.flat().flatMap((one) => (choice.includes(one) ? [] : one.key)),
    );
    return true;
  }

  /** The key that all of these parts make, or why they make none. */
  #combine(choice: readonly OpenedPart[]): DataKey | SopsError {
    const parts = choice.map(({ part }) => part);
    try {
      const [only = new Uint8Array()] = parts;
      return dataKeyOf(this.#opened.length > 1 ? combineParts(parts) : only);
    } catch (cause) {
      if (cause instanceof SopsError) return cause;
      if (!(cause instanceof RangeError)) throw cause;
      return new SopsError('data-key-not-recovered', `could not get data key from shamir parts: ${cause.message}`);
    }
  }
}

/** Throws `data-key-not-recovered` for another length. */
function dataKeyOf(bytes: Uint8Array): DataKey {
  if (bytes.length === DATA_KEY_BYTES) return new DataKey(bytes);
  const message = `the master keys give a data key of ${bytes.length} bytes instead of ${DATA_KEY_BYTES}`;
  throw new SopsError('data-key-not-recovered', message, { hint: 'Were key groups removed from the file by hand?' });
}
