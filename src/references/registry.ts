/** What references may read from: one row each. */
import type { BackendRow } from './backend.js';

const VAULT_PARAMETERS = [
  ...['address', 'host', 'proto', 'namespace', 'version', 'decode', 'auth_method', 'token_env', 'token_file'],
  ...[
    'role',
    'role_id',
    'secret_id',
    'username',
    'password_env',
    'password_file',
    'common_name',
    'ip',
    'public_key',
    'valid_principals',
    'ttl',
    'kubernetes_namespace',
  ],
];

const AWS_PARAMETERS = ['region', 'profile', 'role_arn'];
/** What every one of them loads: the sessions of roles, and the SDK's own. */
const AWS_PACKAGES = ['@aws-sdk/client-sts', '@aws-sdk/core', '@smithy/core'];

export const BACKENDS: readonly BackendRow[] = [
  {
    schemes: ['echo'],
    isFixed: true,
    title: 'the reference itself',
    tellsNobody: true,
    parameters: ['*'],
    pathIsValue: true,
    load: async () => (await import('./backends/echo.js')).echo,
  },
  {
    schemes: ['file'],
    title: 'files',
    tellsNobody: true,
    namesFiles: true,
    parameters: ['encode'],
    load: async () => (await import('./backends/file.js')).file,
  },
  {
    schemes: ['sops'],
    title: 'encrypted files',
    tellsNobody: true,
    namesFiles: true,
    parameters: ['format', 'key_type'],
    load: async () => (await import('./backends/sealed-file.js')).sealedFile,
  },
  {
    schemes: ['vault'],
    title: 'HashiCorp Vault',
    parameters: VAULT_PARAMETERS,
    load: async () => (await import('./backends/vault.js')).vault,
  },
  {
    schemes: ['openbao'],
    title: 'OpenBao',
    parameters: VAULT_PARAMETERS,
    load: async () => (await import('./backends/vault.js')).openbao,
  },
  {
    schemes: ['awssecrets'],
    title: 'AWS Secrets Manager',
    parameters: [...AWS_PARAMETERS, 'version_stage', 'version_id'],
    packages: ['@aws-sdk/client-secrets-manager', ...AWS_PACKAGES],
    load: async () => (await import('./backends/aws-secrets.js')).awsSecrets,
  },
  {
    schemes: ['awsssm'],
    title: 'AWS Systems Manager',
    parameters: [...AWS_PARAMETERS, 'mode', 'recursive', 'version'],
    packages: ['@aws-sdk/client-ssm', ...AWS_PACKAGES],
    load: async () => (await import('./backends/aws-parameters.js')).awsParameters,
  },
  {
    schemes: ['s3'],
    title: 'AWS S3',
    parameters: [...AWS_PARAMETERS, 'version_id', 'version'],
    packages: ['@aws-sdk/client-s3', ...AWS_PACKAGES],
    load: async () => (await import('./backends/s3-object.js')).s3Object,
  },
  {
    schemes: ['awskms'],
    isFixed: true,
    title: 'AWS KMS',
    parameters: [...AWS_PARAMETERS, 'key', 'alg', 'context'],
    packages: ['@aws-sdk/client-kms', ...AWS_PACKAGES],
    load: async () => (await import('./backends/aws-ciphertext.js')).awsCiphertext,
  },
  {
    schemes: ['gcpsecrets'],
    title: 'Google Secret Manager',
    parameters: ['version', 'location', 'optional', 'fallback_value', 'trim_nl'],
    packages: ['google-auth-library'],
    load: async () => (await import('./backends/google-secrets.js')).googleSecrets,
  },
  {
    schemes: ['gcs'],
    title: 'Google Cloud Storage',
    parameters: ['generation'],
    packages: ['google-auth-library'],
    load: async () => (await import('./backends/google-object.js')).googleObject,
  },
  {
    schemes: ['gkms'],
    isFixed: true,
    title: 'Google Cloud KMS',
    parameters: ['project', 'location', 'keyring', 'crypto_key'],
    packages: ['google-auth-library'],
    load: async () => (await import('./backends/google-ciphertext.js')).googleCiphertext,
  },
  {
    schemes: ['azurekeyvault'],
    title: 'Azure Key Vault',
    parameters: [],
    packages: ['@azure/identity'],
    load: async () => (await import('./backends/azure-secrets.js')).azureSecrets,
  },
  {
    schemes: ['k8s'],
    title: 'Kubernetes',
    parameters: ['kubeConfigPath', 'kubeContext', 'inCluster'],
    packages: ['yaml'],
    load: async () => (await import('./backends/kubernetes-object.js')).kubernetesObject,
  },
  {
    schemes: ['op'],
    title: '1Password',
    parameters: [],
    load: async () => (await import('./backends/one-password.js')).onePassword,
  },
  {
    schemes: ['onepasswordconnect'],
    title: '1Password Connect',
    parameters: [],
    load: async () => (await import('./backends/one-password-connect.js')).onePasswordConnect,
  },
  {
    schemes: ['envsubst'],
    isFixed: true,
    title: 'environment variables',
    parameters: [],
    pathIsValue: true,
    onlyAllowed: true,
    tellsNobody: true,
    load: async () => (await import('./backends/environment.js')).environment,
  },
  {
    schemes: ['exec'],
    isFixed: true,
    title: 'programs',
    parameters: ['args', 'timeout', 'trim', 'env_*'],
    onlyAllowed: true,
    // After a name its arguments stand; an absolute path is the program alone.
    takesMore: (path) => !path.startsWith('/'),
    load: async () => (await import('./backends/program.js')).program,
  },
];

/** All of them. */
export const SCHEMES: readonly string[] = BACKENDS.flatMap(({ schemes }) => schemes);

/** The row of a scheme, in lower case. */
export function backendRow(scheme: string): BackendRow | undefined {
  return BACKENDS.find(({ schemes }) => schemes.includes(scheme));
}
