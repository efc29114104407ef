/** Of `@aws-sdk/client-kms`. */
export { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
