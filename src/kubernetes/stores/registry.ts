/** The stores: one row each. A new store is one file and one row. */
import type { StoreProvider } from './provider.js';
import { usage } from './settings.js';

export interface StoreRow {
  readonly name: string;
  readonly about: string;
  /** The field of a destination rule by which `publish` sends files there; absent where it does not. */
  readonly publishedBy?: string;
  /** The store as which `publish` knows it, where that has another name. */
  readonly publishedAs?: string;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  load(): Promise<StoreProvider>;
}

export const STORES: readonly StoreRow[] = [
  {
    name: 'vault',
    about: 'HashiCorp Vault',
    publishedBy: 'vault_path',
    load: async () => (await import('./vault.js')).vaultStoreProvider,
  },
  {
    name: 'openbao',
    about: 'OpenBao',
    publishedAs: 'vault',
    load: async () => (await import('./vault.js')).openBaoStoreProvider,
  },
  {
    name: 'aws',
    about: 'AWS Secrets Manager',
    publishedBy: 'aws_secretsmanager',
    load: async () => (await import('./aws.js')).secretsManagerProvider,
  },
  {
    name: 'aws-ssm',
    about: 'AWS Parameter Store',
    publishedBy: 'aws_ssm',
    load: async () => (await import('./aws.js')).parameterStoreProvider,
  },
  {
    name: 'gcp',
    about: 'Google Secret Manager',
    publishedBy: 'gcp_secretmanager',
    load: async () => (await import('./gcp.js')).gcpProvider,
  },
  {
    name: 'azure',
    about: 'Azure Key Vault',
    publishedBy: 'azure_keyvault',
    load: async () => (await import('./azure.js')).azureStoreProvider,
  },
  {
    name: 'kubernetes',
    about: 'Secrets elsewhere',
    publishedBy: 'kubernetes',
    load: async () => (await import('./kubernetes.js')).kubernetesProvider,
  },
];

/** The row of a store's name. Throws `usage`. */
export function storeNamed(name: string): StoreRow {
  const found = STORES.find((row) => row.name === name);
  if (found) return found;
  throw usage(`${JSON.stringify(name)} is not a store`, `The stores are ${STORES.map((row) => row.name).join(', ')}.`);
}
