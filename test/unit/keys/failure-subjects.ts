/** Every provider with a stand-in of its service, and the ways in which using a key can fail. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { AwsService } from './aws-service.js';
import { TOKEN as AZURE_TOKEN, AzureService, CERTIFICATE, FOREIGN_TENANT, TENANT, VERSION } from './azure-service.js';
import { startDeafServer } from './deaf-server.js';
import { fixturePath } from './entries.js';
import { age, pgp } from './failure-subjects-local.js';
import { GCP_STATES, type GcpState, startGrpc, startRest } from './gcp-service.js';
import { HttpService, type Reply, unusedPort } from './http-service.js';
import { ACCESS_KEY, HuaweiService, SECRET_KEY, SESSION_TOKEN } from './huawei-service.js';
import { ProgramFolder } from './programs.js';
import type { AnswerMode } from './provider-contract.js';
import { errors, TOKEN as VAULT_TOKEN, VaultService } from './vault-service.js';

export type Variables = Readonly<Record<string, string>>;

export interface Failure {
  readonly name: string;
  /** Added to the variables with which the key can be used. */
  readonly env?: Variables;
  /** Takes the place of the key, in the file and on the command line. */
  readonly key?: string;
  /** What is changed in the encrypted file. */
  readonly edit?: (text: string) => string;
  /** Makes the service fail; the next failure finds it restored. */
  arrange?(): void;
  /** Only one of the two ways to use a key can fail so. */
  readonly only?: 'decrypt' | 'encrypt';
}

export interface Subject {
  readonly flag: string;
  readonly key: string;
  readonly env: Variables;
  /** No message may hold them. */
  readonly secrets: readonly string[];
  /** What differs from run to run, and how the fixture has it. */
  readonly names: readonly (readonly [string, string])[];
  readonly failures: readonly Failure[];
  restore(): void;
  close(): Promise<void>;
}

/** A host where nobody answers, an address where nothing listens, and one that takes connections and says nothing. */
async function nowhere() {
  const deaf = await startDeafServer();
  return {
    refused: `127.0.0.1:${await unusedPort()}`,
    deaf: `127.0.0.1:${deaf.port}`,
    unknown: 'host.invalid',
    close: () => deaf.close(),
  };
}

/** Makes a service answer in a mode. */
function modeOf<Mode extends string = AnswerMode>(service: { mode: Mode }) {
  return (wanted: Mode) => () => {
    service.mode = wanted;
  };
}

const gone = (variables: readonly string[]): Variables => Object.fromEntries(variables.map((name) => [name, '']));

async function aws(folder: string): Promise<Subject> {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const service = await AwsService.start();
  const places = await nowhere();
  let reply: Reply | undefined;
  const front = await HttpService.start((request) => reply ?? service.respond(request));
  const key = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';
  const credentials = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  const exception = (name: string, message: string) => () => {
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    reply = { status: 400, headers, body: JSON.stringify({ __type: name, message }) };
  };
  mkdirSync(join(folder, '.aws'), { recursive: true });
  const sso = 'sso_start_url = https://sso.example\nsso_region = eu-central-1\nsso_account_id = 1\nsso_role_name = r\n';
  const programs = new ProgramFolder();
  const failing = programs.addShellScript('login', 'echo "login: the ticket has expired" >&2; exit 4');
  const role = 'role_arn = arn:aws:iam::123456789012:role/x';
  const profiles: Readonly<Record<string, string>> = {
    sso,
    process: `credential_process = ${failing} --password the-secret-key`,
    hanging: `credential_process = ${programs.addShellScript('hangs', 'exec sleep 600')}`,
    'without-source': `${role}\nsource_profile = absent`,
    half: 'aws_access_key_id = AKIAEXAMPLE',
    empty: 'region = eu-central-1',
    'no-token': `${role}\nweb_identity_token_file = /nonexistent/token`,
  };
  const sections = Object.entries(profiles).map(([name, settings]) => `[profile ${name}]\n${settings}\n`);
  writeFileSync(join(folder, '.aws', 'config'), sections.join('\n'));
  const broken = (profile: string) => ({
    name: `broken profile (${profile})`,
    env: { ...gone(credentials), AWS_PROFILE: profile },
    only: 'decrypt' as const,
  });
  // For single sign-on the SDK looks at the process's own environment.
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, '.aws', 'config'));
  const denied = `User: arn:aws:iam::123456789012:user/me is not authorized to perform: kms:Decrypt on resource: ${key} because no identity-based policy allows it`;
  return {
    flag: '--kms',
    key,
    env: {
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'the-secret-key',
      AWS_SESSION_TOKEN: 'the-session-token',
      AWS_ENDPOINT_URL: front.url,
    },
    secrets: ['the-secret-key', 'the-session-token'],
    names: [
      [places.refused, 'REFUSED'],
      [folder, '/home/me'],
      [programs.path, '/programs'],
    ],
    failures: [
      { name: 'no credentials', env: gone(credentials) },
      { name: 'unknown profile', env: { ...gone(credentials), AWS_PROFILE: 'absent' } },
      { name: 'expired login (SSO)', env: { ...gone(credentials), AWS_PROFILE: 'sso' } },
      ...['process', 'without-source', 'half', 'empty', 'no-token'].map(broken),
      {
        name: 'credential process that hangs',
        only: 'decrypt',
        env: { ...broken('hanging').env, SOPS_TS_KEY_TIMEOUT: '4' },
      },
      {
        name: 'wrong encryption context',
        only: 'decrypt',
        edit: (text) =>
          text.replace(/^( +)(- )?arn:.*$/m, (line) => `${line}\n          context:\n            app: web`),
        arrange: exception('InvalidCiphertextException', ''),
      },
      {
        name: 'expired login (session token)',
        arrange: exception('ExpiredTokenException', 'The security token included in the request is expired'),
      },
      {
        name: 'wrong credentials',
        arrange: exception('UnrecognizedClientException', 'The security token included in the request is invalid.'),
      },
      {
        name: 'refused signature',
        arrange: () => {
          service.mode = 'refusing';
        },
      },
      { name: 'denied', arrange: exception('AccessDeniedException', denied) },
      { name: 'absent key', arrange: exception('NotFoundException', `Key '${key}' does not exist`) },
      { name: 'disabled key', arrange: exception('DisabledException', `${key} is disabled.`) },
      { name: 'wrong key', only: 'decrypt', key: key.replace('7714839b', '00000000') },
      { name: 'malformed key', key: 'arn:aws:kms:x' },
      { name: 'role refused', key: `${key}+arn:aws:iam::123456789012:role/refused`, only: 'encrypt' },
      { name: 'no network', env: { AWS_ENDPOINT_URL: `http://${places.refused}` } },
      { name: 'unknown host', env: { AWS_ENDPOINT_URL: `http://${places.unknown}` } },
      { name: 'no answer', env: { AWS_ENDPOINT_URL: `http://${places.deaf}` } },
      {
        name: 'foreign answer',
        arrange: () => {
          service.mode = 'nonsense';
        },
      },
      {
        name: 'empty answer',
        arrange: () => {
          service.mode = 'without-field';
        },
      },
    ],
    restore() {
      service.mode = 'properly';
      reply = undefined;
    },
    async close() {
      vi.unstubAllEnvs();
      programs.remove();
      await Promise.all([service.http.close(), front.close(), places.close()]);
    },
  };
}

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
      { name: 'credentials that are no JSON', env: { GOOGLE_CREDENTIALS: '/nonexistent/the-access-token.json' } },
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
  const at = (place: string) => ({ key: key.replace(service.url, `https://${place}`) });
  const mode = modeOf(service);
  const login = (tenant: string) => () => {
    service.tenant = tenant;
  };
  const told = (name: string, status: number, error: object) => ({
    name: `key or service: ${name}`,
    arrange: () => {
      service.says = { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) };
    },
  });
  const forbidden = (name: string, code: string, message: string) =>
    told(name, 403, { code: 'Forbidden', message, innererror: { code } });
  const unversioned = { only: 'encrypt', key: `${service.url}/keys/k1` } as const;
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
    failures: [
      { name: 'no credentials', arrange: () => void vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential') },
      { name: 'expired login', arrange: login(FOREIGN_TENANT) },
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
      { ...unversioned, name: 'version: denied', arrange: mode('refusing') },
      { ...unversioned, name: 'version: expired login', arrange: login(FOREIGN_TENANT) },
      { ...unversioned, name: 'version: foreign answer', arrange: mode('nonsense') },
      { only: 'encrypt', name: 'version: no network', key: `https://${places.refused}/keys/k1` },
      { only: 'encrypt', name: 'version: no answer', key: `https://${places.deaf}/keys/k1` },
    ],
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

async function vault(): Promise<Subject> {
  const service = await VaultService.start();
  const places = await nowhere();
  const key = service.key('k1');
  const at = (place: string) => ({ key: key.replace(service.url, `http://${place}`) });
  const mode = modeOf(service);
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
    failures: [
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
    ],
    restore() {
      service.mode = 'properly';
      service.replies.length = 0;
    },
    async close() {
      await Promise.all([service.http.close(), places.close()]);
    },
  };
}

async function huawei(): Promise<Subject> {
  const service = await HuaweiService.start();
  const places = await nowhere();
  const key = 'tr-west-1:0d0466b0-e727-4d9c-b35d-f84bb474a37f';
  const ENDPOINT = 'HUAWEICLOUD_SDK_REGION_KMS_TR_WEST_1';
  const mode = modeOf(service);
  const told = (name: string, status: number, code: string, message: string) => ({
    name: `key or service: ${name}`,
    arrange: () => {
      const body = JSON.stringify({ error_code: code, error_msg: message });
      service.says = { status, headers: { 'content-type': 'application/json' }, body };
    },
  });
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
    failures: [
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
      { name: 'no network', env: { [ENDPOINT]: `http://${places.refused}` } },
      { name: 'unknown host', env: { [ENDPOINT]: `http://${places.unknown}` } },
      { name: 'no answer', env: { [ENDPOINT]: `http://${places.deaf}` } },
      { name: 'foreign answer', arrange: mode('nonsense') },
      { name: 'empty answer', arrange: mode('without-field') },
    ],
    restore() {
      service.mode = 'properly';
      service.says = undefined;
    },
    async close() {
      await Promise.all([service.http.close(), places.close()]);
    },
  };
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
