/** The public face of the library: the operations, their requests, and the errors they throw. */
export { type ErrorCode, EXIT_STATUS, SopsError } from './errors.js';
export type { FormatName } from './formats/store.js';
export { decryptFile } from './operations/decrypt.js';
export { encryptFile } from './operations/encrypt.js';
export { generateAgeKey } from './operations/generate-age-key.js';
export type { DecryptRequest, EncryptRequest, Input, Outcome, Output, SelectionFlags } from './operations/requests.js';
export type { Host } from './util/host.js';
