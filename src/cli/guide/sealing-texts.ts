/** What help pages and shell completion say of the flags of Sealed Secrets. */
import { SCOPES } from '../../kubernetes/sealed-secrets/scope.js';
import type { FlagText } from './flag-texts.js';

export const SEALING_TEXTS: readonly (readonly [string, FlagText])[] = [
  ['cert', { value: 'FILE|URL', group: 'certificate', offers: 'files' }],
  ['fetch-from', { value: 'URL', group: 'certificate' }],
  ['scope', { value: 'SCOPE', group: 'binding', offers: SCOPES.map((row) => row.name) }],
  ['seal --name', { value: 'NAME', group: 'binding' }],
  ['seal --namespace', { value: 'NS', group: 'binding' }],
  ['name', { value: 'NAME', help: 'the name of the object' }],
  ['namespace', { value: 'NS', help: 'the namespace of the object, where it names none' }],
  ['merge-into', { value: 'FILE', help: 'replace values of the SealedSecret in FILE, in its scope', offers: 'files' }],
  ['prune', { help: 'remove what the input does not have' }],
  ['raw', { help: 'seal the whole input as one value, and print that alone' }],
  ['re-encrypt', { help: 'the input is sealed: open it with --private-key and seal it anew' }],
  [
    'private-key',
    {
      value: 'FILES',
      help: "the controller's keys: PEM, or a backup of their Secrets",
      offers: 'files',
    },
  ],
  ['allow-empty-data', { help: 'seal a Secret without values, too' }],
  ['yaml11', { help: 'take unquoted 007, yes or null as YAML 1.1 does, instead of refusing' }],
  ['format', { value: 'FORM', group: 'layout', offers: ['yaml', 'json'] }],
  ['sealed-secret-file', { value: 'FILE', group: 'layout', offers: 'files' }],
  ['unseal --mac-only-encrypted', { group: 'selection' }],
  ['unseal --allow-unencrypted', { group: 'selection' }],
  ['seal --config', { value: 'FILE', group: 'general', offers: 'files' }],
  ['seal --ignore-mac', { group: 'opening' }],
  ['seal --decryption-order', { value: 'LIST', group: 'opening' }],
  ['seal --filename-override', { value: 'NAME', group: 'general', offers: 'files' }],
  ['unseal --encrypt', { help: 'encrypt the result by the creation rules for its file' }],
  ['keep-owner', { help: 'add the reference to the owner that the controller writes' }],
];
