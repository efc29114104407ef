/** What both implementations of ChaCha20-Poly1305 do. */

export const TAG_LENGTH = 16;

export interface Aead {
  /** Ciphertext followed by its tag of 16 bytes. Key of 32 bytes, nonce of 12. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Buffer;
  /** The plaintext, or null when the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer | null;
}
