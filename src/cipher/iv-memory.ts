/** Which IV a plaintext had: unchanged values at unchanged places get their ciphertext back (spec file-format.md section 2). */

/** How a plaintext stood in the file that was read. */
export interface Remembered {
  /** The IV, in base64. */
  readonly iv: string;
  /** The additional data it authenticated under, when that is not the one of its place (a comment read under another path). */
  readonly aad?: string;
}

/** IVs are remembered at this length only, which all SOPS releases write: a short one could repeat under other plaintexts. */
const IV_TEXT_LENGTH = 44;

/**
 * The memory of one command that reads and writes: decrypting remembers, encrypting asks and remembers nothing.
 * The key is additional data, type word and the plaintext as it was decrypted. SOPS compares typed values instead, where
 * −0 and 0, or an int written `+5` and one written `5`, are equal: two plaintexts would then share an IV.
 * Of equal items of a list the last one counts.
 */
export class IvMemory {
  private readonly known = new Map<string, Remembered>();
  private readonly kept = new Set<string>();

  remember(aad: string, type: string, plaintext: string, remembered: Remembered): void {
    if (remembered.iv.length === IV_TEXT_LENGTH) this.known.set(keyOf(aad, type, plaintext), remembered);
  }

  recall(aad: string, type: string, plaintext: string): Remembered | undefined {
    return this.known.get(keyOf(aad, type, plaintext));
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
