/** ChaCha20-Poly1305 of @noble/ciphers, for runtimes whose node:crypto has none. */
import { type Aead, TAG_LENGTH } from './aead-contract.js';

/** The cipher of `aead.ts` without node:crypto; both are held to the same vectors. */
export async function loadPortableAead(): Promise<Aead> {
  const { chacha20poly1305 } = await import('../../../packages/chacha.js');
  return {
    seal: (key, nonce, plaintext) => Buffer.from(chacha20poly1305(key, nonce).encrypt(plaintext)),
    open(key, nonce, sealed) {
      if (sealed.length < TAG_LENGTH) return null;
      try {
        return Buffer.from(chacha20poly1305(key, nonce).decrypt(sealed));
      } catch {
        return null;
      }
    },
  };
}
