/** The places that `publish` sends files to: one row each. The fields of destination rules come from the rows. */
import { isSameServer } from '../services/vault/address.js';
import type { Receiver, RemoteField, RemoteRow } from './remote.js';

const LAYOUT: RemoteField = { name: 'layout', kind: 'text', words: ['json', 'per_key'] };
const AWS_OPTIONS: readonly RemoteField[] = [
  LAYOUT,
  { name: 'aws_region', kind: 'text' },
  { name: 'aws_profile', kind: 'text' },
];

const OWN_LIST = 'SOPS_TS_PUBLISH_ALLOWLIST';
const isSameText = (one: string, other: string): boolean => one === other;
const AWS_PROFILE: Receiver = {
  field: 'aws_profile',
  called: 'the AWS profile',
  variable: OWN_LIST,
  advice: 'set AWS_PROFILE to it',
  chosen: ({ AWS_PROFILE: own }) => (own ? [own] : []),
  isSame: isSameText,
};

export const REMOTES: readonly RemoteRow[] = [
  {
    field: 's3_bucket',
    title: 'AWS S3',
    options: [{ name: 's3_prefix', kind: 'text' }],
    sends: 'sealed',
    packages: ['@aws-sdk/client-s3', '@aws-sdk/client-sts', '@aws-sdk/core', '@smithy/core'],
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
    receivers: [
      {
        field: 'vault_address',
        called: 'the Vault address',
        variable: 'SOPS_HC_VAULT_ALLOWLIST',
        advice: 'set VAULT_ADDR to it',
        chosen: ({ VAULT_ADDR }) => (VAULT_ADDR ? [VAULT_ADDR] : []),
        isSame: isSameServer,
      },
    ],
    options: [
      { name: 'vault_address', kind: 'text' },
      { name: 'vault_kv_mount_name', kind: 'text' },
      { name: 'vault_kv_version', kind: 'integer' },
    ],
    sends: 'plain',
    load: async () => (await import('./vault-kv.js')).vaultKv,
  },
  {
    field: 'aws_secretsmanager',
    title: 'AWS Secrets Manager',
    options: AWS_OPTIONS,
    receivers: [AWS_PROFILE],
    sends: 'plain',
    unwraps: true,
    packages: ['@aws-sdk/client-secrets-manager', '@aws-sdk/client-sts', '@aws-sdk/core', '@smithy/core'],
    load: async () => (await import('./aws-secrets.js')).awsSecretsRemote,
  },
  {
    field: 'aws_ssm',
    title: 'AWS Parameter Store',
    options: AWS_OPTIONS,
    receivers: [AWS_PROFILE],
    sends: 'plain',
    unwraps: true,
    packages: ['@aws-sdk/client-ssm', '@aws-sdk/client-sts', '@aws-sdk/core', '@smithy/core'],
    load: async () => (await import('./aws-parameters.js')).awsParametersRemote,
  },
  {
    field: 'gcp_secretmanager',
    title: 'Google Secret Manager',
    receivers: [
      {
        field: 'gcp_secretmanager',
        called: 'the Google Cloud resource',
        variable: OWN_LIST,
        advice: 'set GOOGLE_CLOUD_PROJECT to its project',
        chosen: ({ GOOGLE_CLOUD_PROJECT: own }) => (own ? [`projects/${own}`] : []),
        isSame: isSameProject,
      },
    ],
    options: [LAYOUT],
    sends: 'plain',
    unwraps: true,
    packages: ['google-auth-library'],
    load: async () => (await import('./google-secrets.js')).googleSecretsRemote,
  },
  {
    field: 'azure_keyvault',
    title: 'Azure Key Vault',
    receivers: [
      {
        field: 'azure_keyvault',
        called: 'the Azure Key Vault',
        variable: 'SOPS_AZURE_KEYVAULT_ALLOWLIST',
        advice: 'name a key of it in SOPS_AZURE_KEYVAULT_URLS',
        chosen: ({ SOPS_AZURE_KEYVAULT_URLS: urls = '' }) => urls.split(',').map((url) => url.trim()),
        isSame: isSameOrigin,
      },
    ],
    options: [LAYOUT],
    sends: 'plain',
    unwraps: true,
    packages: ['@azure/identity'],
    load: async () => (await import('./azure-secrets.js')).azureSecretsRemote,
  },
  {
    field: 'kubernetes',
    title: 'Kubernetes Secrets',
    receivers: [
      {
        field: 'kubernetes_context',
        called: 'the Kubernetes context',
        variable: OWN_LIST,
        advice: 'make it the current one and leave it out',
        chosen: () => [],
        isSame: isSameText,
      },
    ],
    options: [LAYOUT, { name: 'kubernetes_context', kind: 'text' }],
    sends: 'plain',
    unwraps: true,
    packages: ['yaml'],
    load: async () => (await import('./kubernetes-secrets.js')).kubernetesSecretsRemote,
  },
];

function isSameProject(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => /^projects\/([^/]+)/.exec(text)?.[1]);
  return first !== undefined && first === second;
}

function isSameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}
