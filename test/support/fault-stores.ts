/** The cloud stores of tests, in one shape: what they answer when all is well, how they say that they refuse or are busy, and a place for faults. */
import { CERTIFICATE, TENANT, TOKEN as VAULT_TOKEN } from '../unit/keys/azure-service.js';
import { HttpService, type Received, type Reply } from '../unit/keys/http-service.js';
import { CLUSTER_TOKEN, TestCluster } from './cluster.js';
import { GOOGLE_TOKEN, GoogleSecretManager } from './google-secret-manager.js';
import { KeyVaultSecrets } from './key-vault-secrets.js';

/** Answers to whoever is let in, before all others; by the request, and how many came before it. */
export type Fault = (request: Received, time: number) => Reply | undefined;

export interface FaultStore {
  readonly http: HttpService;
  /** Leads to `value`. */
  readonly reference: string;
  /** Of `.sops.yaml`; absent for a store that is only read. */
  readonly rule?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly denial: Reply;
  /** Too many requests. */
  busy(retryAfter: string): Reply;
  /** What lets in, and must be in no message. */
  readonly secret: string;
}

interface StoreKind {
  readonly name: string;
  start(fault: () => Fault): Promise<FaultStore>;
}

const json = (body: object, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const AWS_SECRET = 'secret-of-the-user';

/** What a service of AWS is asked for: by its target, or in S3 by the method. */
function aws(endpoint: string, reference: string, rule: string, answer: (request: Received) => Reply): StoreKind {
  return {
    name: reference.split(':')[0]?.slice('ref+'.length) ?? '',
    async start(fault) {
      let time = 0;
      const http: HttpService = await HttpService.start((request) => fault()(request, time++) ?? answer(request));
      const refusal = (type: string, status: number, headers = {}): Reply =>
        endpoint === 'S3'
          ? { status, headers, body: `<Error><Code>${type}</Code><Message>words</Message></Error>` }
          : json({ __type: type, message: 'words' }, status, headers);
      return {
        http,
        reference,
        rule,
        env: {
          [`AWS_ENDPOINT_URL_${endpoint}`]: http.url,
          AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
          AWS_SECRET_ACCESS_KEY: AWS_SECRET,
          AWS_REGION: 'eu-central-1',
        },
        denial: refusal(endpoint === 'S3' ? 'AccessDenied' : 'AccessDeniedException', 403),
        busy: (retryAfter) => refusal('ThrottlingException', 429, { 'retry-after': retryAfter }),
        secret: AWS_SECRET,
      };
    },
  };
}

const target = ({ headers }: Received): string => String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';

const awsSecrets = aws('SECRETS_MANAGER', 'ref+awssecrets://read', 'aws_secretsmanager: app', (request) => {
  if (target(request) !== 'GetSecretValue') return json({});
  return JSON.parse(request.body).SecretId === 'read'
    ? json({ SecretString: 'value', VersionId: 'x' })
    : json({ __type: 'ResourceNotFoundException' }, 400);
});

const awsParameters = aws('SSM', 'ref+awsssm://read', 'aws_ssm: /app', (request) => {
  if (target(request) === 'PutParameter') return json({ Version: 1 });
  return /^\/?read$/.test(JSON.parse(request.body).Name ?? '')
    ? json({ Parameter: { Value: 'value', Version: 1 } })
    : json({ __type: 'ParameterNotFound' }, 400);
});

const s3 = aws('S3', 'ref+s3://bucket/read', 's3_bucket: bucket', ({ method }) => ({
  body: method === 'GET' ? 'value' : '',
}));

const googleSecrets: StoreKind = {
  name: 'gcpsecrets',
  async start(fault) {
    const service = await GoogleSecretManager.start();
    service.add('read', 'value');
    let time = 0;
    service.before = (request) => fault()(request, time++);
    const refusal = (code: number, status: string, headers = {}): Reply =>
      json({ error: { code, status, message: `words Bearer ${GOOGLE_TOKEN}` } }, code, headers);
    return {
      http: service.http,
      reference: 'ref+gcpsecrets://team/read',
      rule: 'gcp_secretmanager: projects/team',
      env: { ...service.env, METADATA_SERVER_DETECTION: 'none' },
      denial: refusal(403, 'PERMISSION_DENIED'),
      busy: (retryAfter) => refusal(429, 'RESOURCE_EXHAUSTED', { 'retry-after': retryAfter }),
      secret: GOOGLE_TOKEN,
    };
  },
};

/** Needs `az` on the PATH of the process. */
const azureSecrets: StoreKind = {
  name: 'azurekeyvault',
  async start(fault) {
    const vault = await KeyVaultSecrets.start();
    vault.put('read', 'value');
    let time = 0;
    vault.before = (request) => fault()(request, time++);
    const refusal = (code: string, status: number, headers = {}): Reply =>
      json({ error: { code, message: `words Bearer ${VAULT_TOKEN}` } }, status, headers);
    return {
      http: vault.http,
      reference: `ref+azurekeyvault://${new URL(vault.http.url).host}/read`,
      rule: `azure_keyvault: ${vault.http.url}`,
      env: { SSL_CERT_FILE: CERTIFICATE, SOPS_AZURE_KEYVAULT_ALLOWLIST: vault.http.url, AZURE_TENANT_ID: TENANT },
      denial: refusal('Forbidden', 403),
      busy: (retryAfter) => refusal('Throttled', 429, { 'retry-after': retryAfter }),
      secret: VAULT_TOKEN,
    };
  },
};

const cluster: StoreKind = {
  name: 'k8s',
  async start(fault) {
    const made = await TestCluster.start();
    made.put('prod/read', { k: 'value' });
    let time = 0;
    made.before = (request) => fault()(request, time++);
    const refusal = (code: number, headers = {}): Reply =>
      json({ kind: 'Status', message: `words Bearer ${CLUSTER_TOKEN}`, code }, code, headers);
    return {
      http: made.http,
      reference: 'ref+k8s://v1/Secret/prod/read/k',
      rule: 'kubernetes: prod/app',
      // The one who starts it writes the file.
      env: { KUBECONFIG_TEXT: made.config() },
      denial: refusal(403),
      busy: (retryAfter) => refusal(429, { 'retry-after': retryAfter }),
      secret: CLUSTER_TOKEN,
    };
  },
};

const CONNECT_TOKEN = 'token-of-connect';
const connect: StoreKind = {
  name: 'onepasswordconnect',
  async start(fault) {
    let time = 0;
    const http: HttpService = await HttpService.start((request) => {
      if (request.headers.authorization !== `Bearer ${CONNECT_TOKEN}`) return json({ message: 'Invalid token' }, 401);
      return fault()(request, time++) ?? json({ fields: [{ id: 'k', label: 'k', value: 'value' }] });
    });
    const refusal = (status: number, headers = {}): Reply =>
      json({ status, message: `words Bearer ${CONNECT_TOKEN}` }, status, headers);
    return {
      http,
      reference: `ref+onepasswordconnect://${'v'.repeat(26)}/${'i'.repeat(26)}#/k`,
      env: { OP_CONNECT_HOST: http.url, OP_CONNECT_TOKEN: CONNECT_TOKEN },
      denial: refusal(403),
      busy: (retryAfter) => refusal(429, { 'retry-after': retryAfter }),
      secret: CONNECT_TOKEN,
    };
  },
};

export const FAULT_STORES: readonly StoreKind[] = [
  awsSecrets,
  awsParameters,
  s3,
  googleSecrets,
  azureSecrets,
  cluster,
  connect,
];
