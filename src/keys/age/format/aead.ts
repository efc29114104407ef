/** ChaCha20-Poly1305 of node:crypto, or a portable one where the runtime has none (Bun builds without it). */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type Aead, TAG_LENGTH } from './aead-contract.js';
import { quickKey } from './quick-key.js';

const ALGORITHM = 'chacha20-poly1305';

const native: Aead = {
  seal(key, nonce, plaintext) {
    const cipher = createCipheriv(ALGORITHM, quickKey(key), nonce, { authTagLength: TAG_LENGTH });
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
  open(key, nonce, sealed) {
    if (sealed.length < TAG_LENGTH) return null;
    const decipher = createDecipheriv(ALGORITHM, quickKey(key), nonce, { authTagLength: TAG_LENGTH });
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
    createCipheriv(ALGORITHM, quickKey(Buffer.alloc(32)), Buffer.alloc(12), { authTagLength: TAG_LENGTH });
    return true;
  } catch {
    return false;
  }
}
