/** The stores: one row each. A new store is one file and one row. */
import type { StoreProvider } from './provider.js';
import { usage } from './settings.js';

export interface StoreRow {
  readonly name: string;
  readonly about: string;
  /** The store as which `publish` knows it, where that has another name. */
  readonly publishedAs?: string;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  load(): Promise<StoreProvider>;
}

export const STORES: readonly StoreRow[] = [
  { name: 'vault', about: 'HashiCorp Vault', load: async () => (await import('./vault.js')).vaultStoreProvider },
  {
    name: 'openbao',
    about: 'OpenBao',
    publishedAs: 'vault',
    load: async () => (await import('./vault.js')).openBaoStoreProvider,
  },
  { name: 'aws', about: 'AWS Secrets Manager', load: async () => (await import('./aws.js')).secretsManagerProvider },
  {
    name: 'aws-ssm',
    about: 'AWS Parameter Store',
    load: async () => (await import('./aws.js')).parameterStoreProvider,
  },
  { name: 'gcp', about: 'Google Secret Manager', load: async () => (await import('./gcp.js')).gcpProvider },
  { name: 'azure', about: 'Azure Key Vault', load: async () => (await import('./azure.js')).azureStoreProvider },
  {
    name: 'kubernetes',
    about: 'Secrets elsewhere',
    load: async () => (await import('./kubernetes.js')).kubernetesProvider,
  },
];

/** The row of a store's name. Throws `usage`. */
export function storeNamed(name: string): StoreRow {
  const found = STORES.find((row) => row.name === name);
  if (found) return found;
  throw usage(`${JSON.stringify(name)} is not a store`, `The stores are ${STORES.map((row) => row.name).join(', ')}.`);
}
