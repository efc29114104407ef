/** What help pages and shell completion say of the flags of the commands for Flux. */
import type { FlagText } from './flag-texts.js';

export const FLUX_TEXTS: readonly (readonly [string, FlagText])[] = [
  ['flux secret --name', { value: 'NAME', help: 'the name of the Secret (default: sops-age)' }],
  ['flux secret --namespace', { value: 'NS', help: 'its namespace: that of the Kustomization which names it' }],
  ['flux secret --encrypt', { help: 'encrypt it by the creation rules for its file' }],
  ['flux secret --mac-only-encrypted', { group: 'selection' }],
  ['flux secret --allow-unencrypted', { group: 'selection' }],
  [
    'secret',
    {
      value: 'FILE',
      help: 'try the keys of this decryption Secret, plain or encrypted, on every file',
      offers: 'files',
    },
  ],
];
