/** Which IV a plaintext had: unchanged values at unchanged places get their ciphertext back (docs/format.md#values). */
import { IV_TEXT_LENGTH } from './encrypted-value.js';

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
  /** Nearly always one at a place, and by that place: then its IV alone, since there may be hundreds of thousands. */
  private readonly known = new Map<string, string | Remembered[]>();
  /** Which entry is served next, where there is a choice. */
  private readonly next = new Map<string, number>();
  private readonly kept = new Set<string>();
  private follows = false;

  remember(aad: string, type: string, plaintext: string, remembered: Remembered): void {
    // All SOPS releases write that length: a short one could repeat under other plaintexts.
    if (remembered.iv.length !== IV_TEXT_LENGTH) return;
    const key = keyOf(aad, type, plaintext);
    const entries = this.known.get(key);
    if (typeof entries === 'string') this.known.set(key, [{ iv: entries }, remembered]);
    else if (entries) entries.push(remembered);
    else this.known.set(key, remembered.aad === undefined ? remembered.iv : [remembered]);
  }

  /** The next entry for a plaintext. After the last one it begins anew, so that encrypting twice gives the same twice. */
  recall(aad: string, type: string, plaintext: string): Remembered | undefined {
    const key = keyOf(aad, type, plaintext);
    const entries = this.known.get(key);
    if (typeof entries === 'string') return { iv: entries };
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

/** The length makes the key unambiguous: additional data and plaintext may hold anything. */
function keyOf(aad: string, type: string, plaintext: string): string {
  return `${aad.length}:${type}:${aad}${plaintext}`;
}
