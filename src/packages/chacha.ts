/** Of `@noble/ciphers`. */
export { chacha20poly1305 } from '@noble/ciphers/chacha.js';
