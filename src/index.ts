/** The public face of the library. */
export { SopsError } from './errors.js';
export { generateAgeKey } from './library/age-key.js';
export { defineConfig } from './library/config.js';
export { execEnv, loadEnv } from './library/environment.js';
export { findConfig } from './library/find-config.js';
export { inspect } from './library/inspect.js';
export { decrypt, decryptData, decryptFile } from './library/read.js';
export { rotate, updateKeys } from './library/recipients.js';
export { open } from './library/secrets-file.js';
export type * from './library/types.js';
export { verify } from './library/verify.js';
export { encrypt, encryptFile } from './library/write.js';
