/** The kinds of files that can be imported: one row each. A new one is its module, a row here, and a command. */
import type { ImportKind, ImportSettings } from './source.js';

export interface ImportRow {
  /** As the second word of the command. */
  readonly name: string;
  /** Loads the module; the file's name is written out so that bundlers see it. */
  load(): Promise<(settings: ImportSettings) => ImportKind>;
}

export const IMPORT_KINDS: readonly ImportRow[] = [
  { name: 'ansible-vault', load: async () => (await import('./ansible-vault.js')).ansibleVaultKind },
  { name: 'dotenvx', load: async () => (await import('./dotenvx.js')).dotenvxKind },
  { name: 'env', load: async () => (await import('./env.js')).envKind },
  { name: 'git-crypt', load: async () => (await import('./git-crypt.js')).gitCryptKind },
  { name: 'sealed-secret', load: async () => (await import('./sealed-secret.js')).sealedSecretKind },
];

/** The row of a name that a command has. */
export function importKindNamed(name: string): ImportRow {
  const row = IMPORT_KINDS.find((one) => one.name === name);
  if (!row) throw new RangeError(`no kind of import: ${name}`);
  return row;
}
