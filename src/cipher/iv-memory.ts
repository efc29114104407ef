/** Which IV a plaintext had: unchanged values at unchanged places get their ciphertext back (docs/format.md#values). */
import { IV_BYTES, IV_TEXT_LENGTH } from './encrypted-value.js';

/** How a plaintext stood in the file that was read. */
export interface Remembered {
  /** The IV, in base64. */
  readonly iv: string;
  /** The additional data it authenticated under, when that is not the one of its place (a comment read under another path). */
  readonly aad?: string;
}

/**
 * The memory of one command that reads and writes: decrypting remembers, encrypting asks and remembers nothing.
 * The key is additional data, type word and the plaintext as it was decrypted. SOPS compares typed values instead, where
 * −0 and 0, or an int written `+5` and one written `5`, are equal: two plaintexts would then share an IV.
 * Equal plaintexts at one place (list items, comments) are served in the order they were read, so each untouched one
 * keeps its ciphertext; SOPS gives the last one's IV to all of them.
 */
export class IvMemory {
  /** Nearly always one at a place, and by that place: then its number in `ivs` alone, since there may be hundreds of thousands. */
  private readonly known = new Map<string, number | Remembered[]>();
  private readonly ivs = new IvStore();
  /** Which entry is served next, where there is a choice. */
  private readonly next = new Map<string, number>();
  private readonly kept = new Set<string>();
  private follows = false;

  remember(aad: string, type: string, plaintext: string, remembered: Remembered): void {
    // All SOPS releases write that length: a short one could repeat under other plaintexts.
    if (remembered.iv.length !== IV_TEXT_LENGTH) return;
    const key = keyOf(aad, type, plaintext);
    const entries = this.known.get(key);
    if (typeof entries === 'number') this.known.set(key, [{ iv: this.ivs.at(entries) }, remembered]);
    else if (entries) entries.push(remembered);
    else this.known.set(key, (remembered.aad === undefined ? this.ivs.add(remembered.iv) : undefined) ?? [remembered]);
  }

  /** The next entry for a plaintext. After the last one it begins anew, so that encrypting twice gives the same twice. */
  recall(aad: string, type: string, plaintext: string): Remembered | undefined {
    const key = keyOf(aad, type, plaintext);
    const entries = this.known.get(key);
    if (typeof entries === 'number') return { iv: this.ivs.at(entries) };
    if (!entries || entries.length === 1) return entries?.[0];
    const at = this.next.get(key) ?? 0;
    this.next.set(key, (at + 1) % entries.length);
    return entries[at];
  }

  /** Lets {@link knows} say no: where the selection is another one than before, it alone decides what is encrypted. */
  followSelection(): void {
    this.follows = true;
  }

  /** Whether there is an entry for a plaintext, which was encrypted then whatever the selection says. */
  knows(aad: string, type: string, plaintext: string): boolean {
    return !this.follows && this.known.has(keyOf(aad, type, plaintext));
  }

  /** Serves entries from the first again, so that another encryption of the same tree gives the same. */
  restart(): void {
    this.next.clear();
  }

  /** Notes a comment that could not be decrypted, so that writing leaves it instead of encrypting its ciphertext again. */
  keep(aad: string, text: string): void {
    this.kept.add(keyOf(aad, '', text));
  }

  isKept(aad: string, text: string): boolean {
    return this.kept.has(keyOf(aad, '', text));
  }
}

/** IVs in few large pieces of memory: as texts cut out of that of a file they would be larger, and hold all of it. */
class IvStore {
  private readonly pages: Buffer[] = [];
  private count = 0;

  /** @returns its number; undefined for one whose text is not what its bytes are written as. */
  add(iv: string): number | undefined {
    const page = Math.floor(this.count / PAGE_IVS);
    this.pages[page] ??= Buffer.alloc(PAGE_IVS * IV_BYTES);
    this.pages[page]?.write(iv, (this.count % PAGE_IVS) * IV_BYTES, IV_BYTES, 'base64');
    return this.at(this.count) === iv ? this.count++ : undefined;
  }

  at(number: number): string {
    const start = (number % PAGE_IVS) * IV_BYTES;
    return this.pages[Math.floor(number / PAGE_IVS)]?.toString('base64', start, start + IV_BYTES) ?? '';
  }
}

const PAGE_IVS = 128;
/** Texts that are longer are not copied. */
const LONG = 1024;

/**
 * The length makes the key unambiguous: additional data and plaintext may hold anything. Joined, since V8 keeps the parts of a text
 * that was added up; hundreds of thousands of keys are half as large so.
 */
function keyOf(aad: string, type: string, plaintext: string): string {
  const head = `${aad.length}:${type}:`;
  return plaintext.length < LONG ? [head, aad, plaintext].join('') : head + aad + plaintext;
}
