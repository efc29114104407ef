/** Keys with stand-ins of their services, by the fixture that says how using them fails. */
import { vi } from 'vitest';
import { TOKEN as AZURE_TOKEN, AzureService, CERTIFICATE, FOREIGN_TENANT, TENANT, VERSION } from './azure-service.js';
import { fixturePath } from './entries.js';
import { type Failure, modeOf, nowhere, type Places, type Subject } from './failure-subject.js';
import { aws } from './failure-subjects-aws.js';
import { age, pgp } from './failure-subjects-local.js';
import { GCP_STATES, type GcpState, startGrpc, startRest } from './gcp-service.js';
import { ACCESS_KEY, HuaweiService, SECRET_KEY, SESSION_TOKEN } from './huawei-service.js';
import { ProgramFolder } from './programs.js';
import { errors, TOKEN as VAULT_TOKEN, VaultService } from './vault-service.js';

async function gcp(kind: 'rest' | 'grpc'): Promise<Subject> {
  const service = await (kind === 'rest' ? startRest() : startGrpc());
  const places = await nowhere();
  const scheme = kind === 'rest' ? 'http://' : '';
  const own =
    kind === 'rest' ? { SOPS_GCP_KMS_CLIENT_TYPE: 'rest' } : { SSL_CERT_FILE: fixturePath('tls/localhost.crt') };
  const mode = modeOf(service);
  return {
    flag: '--gcp-kms',
    key: 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key',
    env: { ...own, GOOGLE_OAUTH_ACCESS_TOKEN: 'the-access-token', SOPS_GCP_KMS_ENDPOINT: service.endpoint },
    secrets: ['the-access-token', 'the-refresh-token', 'the-client-secret'],
    names: [[places.refused, 'REFUSED']],
    failures: [
      { name: 'no credentials', env: { GOOGLE_OAUTH_ACCESS_TOKEN: '', METADATA_SERVER_DETECTION: 'none' } },
      { name: 'credentials that are not JSON', env: { GOOGLE_CREDENTIALS: '/nonexistent/the-access-token.json' } },
      { name: 'expired login', arrange: mode('expired') },
      { name: 'denied', arrange: mode('refusing') },
      { name: 'absent key', arrange: mode('absent') },
      ...GCP_STATES.map((state: GcpState) => ({ name: `key or service: ${state}`, arrange: mode(state) })),
      { name: 'wrong key', only: 'decrypt', edit: (text) => text.replace('cryptoKeys/key', 'cryptoKeys/other') },
      { name: 'malformed key', key: 'projects/p1' },
      { name: 'no network', env: { SOPS_GCP_KMS_ENDPOINT: `${scheme}${places.refused}` } },
      { name: 'unknown host', env: { SOPS_GCP_KMS_ENDPOINT: `${scheme}${places.unknown}` } },
      { name: 'no answer', env: { SOPS_GCP_KMS_ENDPOINT: `${scheme}${places.deaf}` } },
      { name: 'foreign answer', arrange: mode('nonsense') },
      { name: 'empty answer', arrange: mode('without-field') },
    ],
    restore: mode('properly'),
    async close() {
      await Promise.all([service.close(), places.close()]);
    },
  };
}

async function azure(): Promise<Subject> {
  const programs = new ProgramFolder();
  programs.addShellScript(
    'az',
    `case "$*" in *${FOREIGN_TENANT}*) echo "ERROR: Please run 'az login' to setup account." >&2; exit 1;; esac
echo '{"accessToken":"${AZURE_TOKEN}","expiresOn":"2099-01-01 00:00:00.000000","expires_on":4070908800,"tokenType":"Bearer"}'`,
  );
  // The SDK looks at the process's own environment.
  vi.stubEnv('PATH', `${programs.path}:${process.env.PATH}`);
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
  const service = await AzureService.start();
  const places = await nowhere();
  const key = `${service.url}/keys/k1/${VERSION}`;
  return {
    flag: '--azure-kv',
    key,
    env: { SSL_CERT_FILE: CERTIFICATE, SOPS_AZURE_KEYVAULT_ALLOWLIST: 'all' },
    secrets: [AZURE_TOKEN],
    names: [
      [new URL(service.url).host, 'VAULT'],
      [places.refused, 'REFUSED'],
      [places.deaf, 'DEAF'],
    ],
    failures: [...failuresOfVault(service, key, places), ...failuresOfVersions(service, places)],
    restore() {
      service.mode = 'properly';
      service.says = undefined;
      service.tenant = TENANT;
      vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
    },
    async close() {
      vi.unstubAllEnvs();
      programs.remove();
      await Promise.all([service.http.close(), places.close()]);
    },
  };
}

function loginOf(service: AzureService, tenant: string): () => void {
  return () => {
    service.tenant = tenant;
  };
}

function failuresOfVault(service: AzureService, key: string, places: Places): Failure[] {
  const at = (place: string) => ({ key: key.replace(service.url, `https://${place}`) });
  const mode = modeOf(service);
  const told = (name: string, status: number, error: object) => ({
    name: `key or service: ${name}`,
    arrange: () => {
      service.says = { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) };
    },
  });
  const forbidden = (name: string, code: string, message: string) =>
    told(name, 403, { code: 'Forbidden', message, innererror: { code } });
  return [
    { name: 'no credentials', arrange: () => void vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential') },
    { name: 'expired login', arrange: loginOf(service, FOREIGN_TENANT) },
    { name: 'denied', arrange: mode('refusing') },
    { name: 'wrong key', only: 'decrypt', edit: (text) => text.replace('name: k1', 'name: k2') },
    { name: 'absent key', arrange: mode('absent') },
    forbidden('disabled', 'KeyDisabled', 'Operation decrypt is not allowed on a disabled key.'),
    forbidden('expired', 'KeyExpired', 'Operation decrypt is not allowed on an expired key.'),
    forbidden(
      'firewall',
      'ForbiddenByFirewall',
      'Client address is not authorized and caller is not a trusted service.',
    ),
    forbidden('rights', 'ForbiddenByRbac', 'Caller is not authorized to perform action on resource.'),
    told('deleted', 409, { code: 'Conflict', message: 'Key k1 is currently in a deleted but recoverable state.' }),
    told('without that version', 404, { code: 'KeyNotFound', message: 'A key with (name/id) k1/0 was not found.' }),
    { name: 'malformed key', only: 'encrypt', key: 'https://kv1.example/secrets/k' },
    { name: 'vault of the file only', only: 'decrypt', env: { SOPS_AZURE_KEYVAULT_ALLOWLIST: '' } },
    { name: 'no network', ...at(places.refused) },
    { name: 'unknown host', ...at(places.unknown) },
    { name: 'no answer', ...at(places.deaf) },
    { name: 'unknown authority', env: { SSL_CERT_FILE: '' } },
    { name: 'foreign answer', arrange: mode('nonsense') },
    { name: 'empty answer', arrange: mode('without-field') },
  ];
}

function failuresOfVersions(service: AzureService, places: Places): Failure[] {
  const mode = modeOf(service);
  const unversioned = { only: 'encrypt', key: `${service.url}/keys/k1` } as const;
  return [
    { ...unversioned, name: 'version: denied', arrange: mode('refusing') },
    { ...unversioned, name: 'version: expired login', arrange: loginOf(service, FOREIGN_TENANT) },
    { ...unversioned, name: 'version: foreign answer', arrange: mode('nonsense') },
    { only: 'encrypt', name: 'version: no network', key: `https://${places.refused}/keys/k1` },
    { only: 'encrypt', name: 'version: no answer', key: `https://${places.deaf}/keys/k1` },
  ];
}

async function vault(): Promise<Subject> {
  const service = await VaultService.start();
  const places = await nowhere();
  const key = service.key('k1');
  return {
    flag: '--hc-vault-transit',
    key,
    env: { VAULT_TOKEN, SOPS_HC_VAULT_ALLOWLIST: 'all', VAULT_MAX_RETRIES: '0' },
    secrets: [VAULT_TOKEN, 's.another-token'],
    names: [
      [new URL(service.url).host, 'VAULT'],
      [places.refused, 'REFUSED'],
      [places.deaf, 'DEAF'],
    ],
    failures: failuresOfTransit(service, key, places),
    restore() {
      service.mode = 'properly';
      service.replies.length = 0;
    },
    async close() {
      await Promise.all([service.http.close(), places.close()]);
    },
  };
}

function failuresOfTransit(service: VaultService, key: string, places: Places): Failure[] {
  const at = (place: string) => ({ key: key.replace(service.url, `http://${place}`) });
  const mode = modeOf(service);
  return [
    { name: 'no credentials', env: { VAULT_TOKEN: '' } },
    { name: 'expired login', env: { VAULT_TOKEN: 's.another-token' } },
    { name: 'denied', arrange: mode('refusing') },
    { name: 'absent key', arrange: () => void service.replies.push(errors(404)) },
    {
      name: 'wrong namespace',
      env: { VAULT_NAMESPACE: 'team-b' },
      arrange: () => void service.replies.push(errors(404, 'namespace not found')),
    },
    {
      name: 'key of another namespace',
      env: { VAULT_NAMESPACE: 'team-b' },
      arrange: () => void service.replies.push(errors(400, 'encryption key not found')),
    },
    {
      name: 'engine of another namespace',
      arrange: () =>
        void service.replies.push(errors(404, 'no handler for route "transit/decrypt/k1". route entry not found.')),
    },
    { name: 'token of another namespace: denied', env: { VAULT_NAMESPACE: 'team-b' }, arrange: mode('refusing') },
    { name: 'sealed', arrange: () => void service.replies.push(errors(503, 'Vault is sealed')) },
    { name: 'wrong key', only: 'decrypt', edit: (text) => text.replace('key_name: k1', 'key_name: k2') },
    { name: 'malformed key', only: 'encrypt', key: 'http://vault.example/k1' },
    { name: 'address of the file only', only: 'decrypt', env: { SOPS_HC_VAULT_ALLOWLIST: '' } },
    { name: 'no network', ...at(places.refused) },
    { name: 'unknown host', ...at(places.unknown) },
    { name: 'no answer', ...at(places.deaf) },
    { name: 'foreign answer', arrange: mode('nonsense') },
    { name: 'empty answer', arrange: mode('without-field') },
  ];
}

const ENDPOINT = 'HUAWEICLOUD_SDK_REGION_KMS_TR_WEST_1';

async function huawei(): Promise<Subject> {
  const service = await HuaweiService.start();
  const places = await nowhere();
  const key = 'tr-west-1:0d0466b0-e727-4d9c-b35d-f84bb474a37f';
  return {
    flag: '--hckms',
    key,
    env: {
      HUAWEICLOUD_SDK_AK: ACCESS_KEY,
      HUAWEICLOUD_SDK_SECURITY_TOKEN: SESSION_TOKEN,
      HUAWEICLOUD_SDK_SK: SECRET_KEY,
      HUAWEICLOUD_SDK_PROJECT_ID: 'p1',
      [ENDPOINT]: service.http.url,
    },
    secrets: [SECRET_KEY, SESSION_TOKEN, 'another-secret'],
    names: [[places.refused, 'REFUSED']],
    failures: [...failuresOfHuaweiKeys(service), ...failuresOfHuaweiPlaces(service, places)],
    restore() {
      service.mode = 'properly';
      service.says = undefined;
    },
    async close() {
      await Promise.all([service.http.close(), places.close()]);
    },
  };
}

function failuresOfHuaweiKeys(service: HuaweiService): Failure[] {
  const mode = modeOf(service);
  const told = (name: string, status: number, code: string, message: string) => ({
    name: `key or service: ${name}`,
    arrange: () => {
      const body = JSON.stringify({ error_code: code, error_msg: message });
      service.says = { status, headers: { 'content-type': 'application/json' }, body };
    },
  });
  return [
    // Half of the keys: then the machine's metadata service is not asked.
    { name: 'no credentials', env: { HUAWEICLOUD_SDK_SK: '' } },
    { name: 'wrong credentials', env: { HUAWEICLOUD_SDK_SK: 'another-secret' } },
    { name: 'denied', arrange: mode('refusing') },
    { name: 'absent key', arrange: mode('absent') },
    told('disabled', 403, 'KMS.1104', 'The key is disabled.'),
    told('deleted', 403, 'KMS.1105', 'The key is pending deletion.'),
    told('expired token', 401, 'APIGW.0301', 'Incorrect IAM authentication information: security token expired'),
    told('clock', 401, 'APIGW.0301', 'verify ak sk signature fail: the signature expired, the request time differs'),
    told('throttled', 429, 'APIGW.0308', 'The throttling threshold has been reached.'),
    told('wrong project', 404, 'APIGW.0106', 'The project does not exist in this region.'),
    told('broken', 500, 'KMS.0100', 'Internal error.'),
    { name: 'wrong key', only: 'decrypt', key: 'tr-west-1:another' },
    { name: 'malformed key', only: 'encrypt', key: 'tr-west-1' },
  ];
}

function failuresOfHuaweiPlaces(service: HuaweiService, places: Places): Failure[] {
  const mode = modeOf(service);
  return [
    { name: 'no network', env: { [ENDPOINT]: `http://${places.refused}` } },
    { name: 'unknown host', env: { [ENDPOINT]: `http://${places.unknown}` } },
    { name: 'no answer', env: { [ENDPOINT]: `http://${places.deaf}` } },
    { name: 'foreign answer', arrange: mode('nonsense') },
    { name: 'empty answer', arrange: mode('without-field') },
  ];
}

/** By the name of the fixture with the messages. */
export const SUBJECTS: Readonly<Record<string, (folder: string) => Promise<Subject>>> = {
  age,
  pgp,
  'aws-kms': aws,
  'gcp-kms-rest': () => gcp('rest'),
  'gcp-kms-grpc': () => gcp('grpc'),
  'azure-kv': azure,
  'hc-vault': vault,
  'hc-kms': huawei,
};
