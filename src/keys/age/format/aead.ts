/** ChaCha20-Poly1305 of node:crypto, or a portable one where the runtime has none (Bun builds without it). */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const ALGORITHM = 'chacha20-poly1305';
export const TAG_LENGTH = 16;

export interface Aead {
  /** Ciphertext followed by its tag of 16 bytes. Key of 32 bytes, nonce of 12. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Buffer;
  /** The plaintext, or null when the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer | null;
}

const native: Aead = {
  seal(key, nonce, plaintext) {
    const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_LENGTH });
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
  open(key, nonce, sealed) {
    if (sealed.length < TAG_LENGTH) return null;
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_LENGTH));
    const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG_LENGTH));
    try {
      return Buffer.concat([plaintext, decipher.final()]);
    } catch {
      return null;
    }
  },
};

let chosen: Promise<Aead> | undefined;

/** The cipher to use in this process, found out once. */
export function loadAead(): Promise<Aead> {
  chosen ??= hasNative()
    ? Promise.resolve(native)
    : import('./portable-aead.js').then((portable) => portable.loadPortableAead());
  return chosen;
}

function hasNative(): boolean {
  try {
    createCipheriv(ALGORITHM, Buffer.alloc(32), Buffer.alloc(12), { authTagLength: TAG_LENGTH });
    return true;
  } catch {
    return false;
  }
}
