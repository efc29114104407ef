/** Of `age-encryption`. */
export { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption';
