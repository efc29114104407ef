/** The places that `publish` sends files to: one row each. The fields of destination rules come from the rows. */
import type { RemoteRow } from './remote.js';

export const REMOTES: readonly RemoteRow[] = [
  {
    field: 's3_bucket',
    title: 'AWS S3',
    options: [{ name: 's3_prefix', kind: 'text' }],
    sends: 'sealed',
    packages: ['@aws-sdk/client-s3', '@aws-sdk/client-sts', '@aws-sdk/core'],
    load: async () => (await import('./s3.js')).s3,
  },
  {
    field: 'gcs_bucket',
    title: 'Google Cloud Storage',
    options: [{ name: 'gcs_prefix', kind: 'text' }],
    sends: 'sealed',
    packages: ['google-auth-library'],
    load: async () => (await import('./gcs.js')).gcs,
  },
  {
    field: 'vault_path',
    title: 'HashiCorp Vault / OpenBao KV',
    address: 'vault_address',
    options: [
      { name: 'vault_address', kind: 'text' },
      { name: 'vault_kv_mount_name', kind: 'text' },
      { name: 'vault_kv_version', kind: 'integer' },
    ],
    sends: 'plain',
    load: async () => (await import('./vault-kv.js')).vaultKv,
  },
];
