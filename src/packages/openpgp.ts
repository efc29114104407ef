/** Of `openpgp`. */
export { createMessage, decrypt, encrypt, enums, readKey, readKeys, readMessage, readPrivateKeys } from 'openpgp';
