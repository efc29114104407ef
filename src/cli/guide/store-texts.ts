/** What help pages and shell completion say of the flags of `emit`. */
import { STORES } from '../../kubernetes/stores/registry.js';
import type { FlagText } from './flag-texts.js';

const COMMANDS = ['external-secret', 'push-secret', 'secret-provider-class', 'secret-store'].map(
  (name) => `emit ${name}`,
);
/** By flag: what stands for its value. */
const SETTINGS = new Map([
  ['server', 'URL'],
  ['mount', 'PATH'],
  ['kv-version', '1|2'],
  ['vault-namespace', 'NS'],
  ['auth', 'METHOD'],
  ['auth-mount', 'PATH'],
  ['role', 'ROLE'],
  ['username', 'NAME'],
  ['credentials', 'SECRET[/KEY]'],
  ['service-account', 'NAME'],
  ['authority', 'CONFIGMAP[/KEY]'],
  ['region', 'REGION'],
  ['prefix', 'TEXT'],
  ['project', 'ID'],
  ['location', 'PLACE'],
  ['cluster-name', 'NAME'],
  ['cluster-location', 'PLACE'],
  ['vault-url', 'URL'],
  ['tenant', 'ID'],
  ['client-id', 'ID'],
  ['environment', 'CLOUD'],
  ['remote-namespace', 'NS'],
]);

/** A text for the same flag behind each of these commands. */
const behind = (commands: readonly string[], flag: string, text: FlagText): (readonly [string, FlagText])[] =>
  commands.map((command) => [`${command} --${flag}`, text] as const);

export const STORE_TEXTS: readonly (readonly [string, FlagText])[] = [
  ...[...SETTINGS].flatMap(([flag, value]) => behind(COMMANDS.slice(2), flag, { value, group: 'store' })),
  ['store', { value: 'NAME', help: 'the SecretStore to name' }],
  ['cluster-store', { help: 'it is a ClusterSecretStore' }],
  ['provider', { value: 'STORE', group: 'place', offers: STORES.map((row) => row.name) }],
  ['to', { value: 'KEY', group: 'place' }],
  ['one-secret', { group: 'place' }],
  ['per-key', { group: 'place' }],
  ['as-published', { group: 'place' }],
  ['emit secret-store --provider', { value: 'STORE', group: 'store', offers: STORES.map((row) => row.name) }],
  ['base64', { value: 'KEYS', help: 'their values stand in the store as base64; nothing is decrypted then' }],
  ['no-decrypt', { help: 'do not decrypt to see which values are no text' }],
  ['refresh-interval', { value: 'TIME', group: 'policies' }],
  ['refresh-policy', { value: 'WORD', group: 'policies', offers: ['CreatedOnce', 'Periodic', 'OnChange'] }],
  [
    'creation-policy',
    { value: 'WORD', group: 'policies', offers: ['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge'] },
  ],
  ['deletion-policy', { value: 'WORD', group: 'policies', offers: ['Retain', 'Delete', 'Merge', 'None'] }],
  ['update-policy', { value: 'WORD', group: 'policies', offers: ['Replace', 'IfNotExists'] }],
  ['allow-namespaces', { value: 'NAMES', help: 'with --cluster-store: the namespaces that may use it (comma list)' }],
  ['sync', { help: 'make a Secret of the files, too, while a pod mounts them' }],
  ...behind(COMMANDS, 'config', { value: 'FILE', group: 'general', offers: 'files' }),
  ...behind(COMMANDS, 'ignore-mac', { group: 'opening' }),
  ...behind(COMMANDS, 'decryption-order', { value: 'LIST', group: 'opening' }),
  ...behind(COMMANDS, 'filename-override', { value: 'NAME', group: 'general', offers: 'files' }),
];
