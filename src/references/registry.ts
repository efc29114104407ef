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
    'ttl',
    'kubernetes_namespace',
  ],
];

export const BACKENDS: readonly BackendRow[] = [
  {
    schemes: ['echo'],
    title: 'the reference itself',
    parameters: [],
    load: async () => (await import('./backends/echo.js')).echo,
  },
  {
    schemes: ['file'],
    title: 'files',
    parameters: ['encode'],
    load: async () => (await import('./backends/file.js')).file,
  },
  {
    schemes: ['sops'],
    title: 'encrypted files',
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
    schemes: ['envsubst'],
    title: 'environment variables',
    parameters: [],
    onlyAllowed: true,
    load: async () => (await import('./backends/environment.js')).environment,
  },
  {
    schemes: ['exec'],
    title: 'programs',
    parameters: ['args', 'timeout', 'trim', 'env_*'],
    onlyAllowed: true,
    load: async () => (await import('./backends/program.js')).program,
  },
];

/** The row of a scheme, in lower case. */
export function backendRow(scheme: string): BackendRow | undefined {
  return BACKENDS.find(({ schemes }) => schemes.includes(scheme));
}
