/** The examples of vals's own documentation, each with what it leads to, and servers that hold what they name. */
import { crc32c } from '../../src/util/text/crc32c.js';
import { HttpService, type Received, type Reply } from '../unit/keys/http-service.js';
import { TestCluster } from './cluster.js';

export interface ValsExample {
  readonly reference: string;
  /** What it leads to; undefined where it is documented to fail. */
  readonly value: string | undefined;
  /** Whether the real vals can reach the tests' own servers, too: it speaks gRPC with Google, and finds buckets by host names. */
  readonly isReachable: boolean;
}

const reachable = (entries: Readonly<Record<string, string | undefined>>): ValsExample[] =>
  Object.entries(entries).map(([reference, value]) => ({ reference, value, isReachable: true }));
const ours = (entries: Readonly<Record<string, string>>): ValsExample[] =>
  Object.entries(entries).map(([reference, value]) => ({ reference, value, isReachable: false }));

const vault = (scheme: string, prefix: string): Record<string, string> => ({
  [`ref+${scheme}://mykv/foo?address={vault}#/bar`]: 'of the token',
  [`ref+${scheme}://mykv/foo?token_env=${prefix}_TOKEN_1&namespace=ns1&address={vault}#/bar`]: 'of the token in ns1',
  [`ref+${scheme}://mykv/foo?token_file={folder}/token&address={vault}#/bar`]: 'of the token',
  [`ref+${scheme}://mykv/foo?auth_method=approle&role_id=ce5e571a&secret_id=5c9194b9#/bar`]: 'of ce5e571a',
  [`ref+${scheme}://mykv/foo?auth_method=userpass&username=some-user&password_env=THE_PASSWORD#/bar`]: 'of some-user',
  [`ref+${scheme}://mykv/foo?auth_method=userpass&username=some-user&password_file={folder}/password#/bar`]:
    'of some-user',
});

export const VALS_EXAMPLES: readonly ValsExample[] = [
  ...reachable({
    ...vault('vault', 'VAULT'),
    ...vault('openbao', 'BAO'),
    'ref+vault://mykv/foo?auth_method=kubernetes&role_id=my-kube-role#/bar': 'of my-kube-role',
    'ref+awsssm://foo/bar': '{"BAR":"VALUE"}',
    'ref+awsssm://foo#/bar': '{"BAR":"VALUE"}',
    'ref+awsssm://foo/bar/a': 'A',
    'ref+awsssm://foo/bar?#/a': 'A',
    'ref+awsssm://foo?recursive=true#/bar/a': 'A',
    'ref+awsssm://foo/bar?mode=singleparam#/BAR': 'VALUE',
    'ref+awsssm://foo/bar#/BAR': undefined,
    'ref+awssecrets://myteam/mykey': 'the key',
    'ref+awssecrets://myteam/mydoc#/foo/bar': 'BAR',
    'ref+awssecrets://myteam/mykey?region=us-west-2': 'the key in us-west-2',
    'ref+awssecrets://arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:/myteam/mydoc/?region=ap-southeast-2#/foo/bar':
      'BAR',
    'ref+awskms://Y2lwaGVydGV4dA==': '{"foo":{"bar":"BAR"}}',
    'ref+awskms://Y2lwaGVydGV4dA==#/foo/bar': 'BAR',
    'ref+awskms://Y2lwaGVydGV4dA==?context=%7B%22foo%22%3A%22bar%22%2C%22hello%22%3A%22world%22%7D': 'in context',
    'ref+awskms://Y2lwaGVydGV4dA==?alg=RSAES_OAEP_SHA_1&key=alias%2FExampleAlias#/foo/bar': 'BAR',
    'ref+sops://enc.txt': 'whole file\n',
    'ref+sops://enc.yaml#/db/port': '5432',
    'ref+sops://enc.json?format=json#/k/x': 'jv',
    'ref+echo://foo/bar': 'foo/bar',
    'ref+echo://foo/bar/baz#/foo/bar': 'baz',
    'ref+file://foo/bar': 'the file\n',
    'ref+file://{folder}/foo/bar': 'the file\n',
    'ref+file://foo/bar?encode=base64': 'dGhlIGZpbGUK',
    'ref+file://some.yaml#/foo/bar': 'BAR',
    'ref+exec://echo/hello': 'hello',
    'ref+exec://my-script.sh?args=--key,my-secret': 'called with --key my-secret',
    'ref+exec://vault-helper.sh?args=read,secret/db#/password': 'of secret/db',
    'ref+exec://{folder}/bin/my-script.sh?args=fetch,key1': 'called with fetch key1',
    'ref+exec://my-tool?env_API_TOKEN=xyz&timeout=10': 'token xyz',
    'ref+envsubst://$VAR1': 'of the environment',
    'ref+k8s://v1/Secret/mynamespace/mysecret/foo': 'secret foo',
    'ref+k8s://v1/Secret/mynamespace/mysecret/bar?kubeConfigPath={folder}/kubeconfig': 'secret bar',
    'secretref+k8s://v1/Secret/mynamespace/mysecret/baz': 'secret baz',
    'secretref+k8s://v1/Secret/mynamespace/mysecret/baz?kubeContext=minikube': 'secret baz',
    'ref+onepasswordconnect://prod/db#/password': 'of the item',
    'ref+onepasswordconnect://prod/db#/main.user': 'of the section',
    'ref+onepasswordconnect://prod/iiiiiiiiiiiiiiiiiiiiiiiiii#/main.f2': 'of the section',
  }),
  ...ours({
    // vals looks for the token of a pod in its usual place alone.
    'ref+openbao://mykv/foo?auth_method=kubernetes&role_id=my-kube-role#/bar': 'of my-kube-role',
    'ref+s3://mybucket/mykey': 'the object',
    'ref+s3://mybucket/myjsonobj#/foo/bar': 'BAR',
    'ref+s3://mybucket/myyamlobj#/foo/bar': 'BAR',
    'ref+s3://mybucket/mykey?region=us-west-2': 'the object',
    'ref+gcs://mybucket/mykey': 'the object',
    'ref+gcs://mybucket/myyamlobj#/foo/bar': 'BAR',
    'ref+gcs://mybucket/mykey?generation=1639567476974625': 'the old object',
    'ref+gcpsecrets://myproject/mysecret': 'foo: {bar: BAR}',
    'ref+gcpsecrets://myproject/mysecret?version=3': 'the third',
    'ref+gcpsecrets://myproject/mysecret#/foo/bar': 'BAR',
    'ref+gcpsecrets://mysecret': 'foo: {bar: BAR}',
    'ref+gkms://Y2lwaGVydGV4dA==?project=myproject&location=global&keyring=mykeyring&crypto_key=mykey':
      '{"foo":{"bar":"BAR"}}',
    'ref+gkms://Y2lwaGVydGV4dA==?project=myproject&location=global&keyring=mykeyring&crypto_key=mykey#/foo/bar': 'BAR',
  }),
];

const json = (body: object, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const DOCUMENT = '{"foo":{"bar":"BAR"}}';

/** Vault: every log-in gives a token that says whose it is. */
function vaultAnswer({ path, headers, body }: Received): Reply {
  const [at = ''] = path.replace(/^\/v1\//, '').split('?');
  const login = /^auth\/(\w+)\/login(?:\/([\w-]+))?$/.exec(at);
  if (login) {
    const { role, role_id: roleId, secret_id: secret, password } = JSON.parse(body);
    const isRight = secret === '5c9194b9' || password === 'password of some-user' || role === 'my-kube-role';
    const token = login[2] ?? role ?? roleId;
    return isRight ? json({ auth: { client_token: token, lease_duration: 3600, renewable: true } }) : json({}, 400);
  }
  if (at.startsWith('sys/internal/ui/mounts/')) {
    return json({ data: { path: 'mykv/', type: 'kv', options: { version: '2' } } });
  }
  if (/^auth\/token\/(?:revoke|lookup|renew)-self$/.test(at)) return { status: 204, body: '' };
  const namespace = headers['x-vault-namespace'];
  const bar = `of ${headers['x-vault-token']}${namespace ? ` in ${namespace}` : ''}`;
  return at === 'mykv/data/foo'
    ? json({ data: { data: { bar }, metadata: { version: 1 } } })
    : json({ errors: [] }, 404);
}

const PARAMETERS: Readonly<Record<string, string>> = {
  '/foo/bar': '{"BAR":"VALUE"}',
  '/foo/bar/a': 'A',
  '/foo/bar/b': 'B',
};

function awsAnswer(request: Received): Reply {
  const target = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
  if (target === '') return objectAnswer(request);
  const asked = JSON.parse(request.body);
  if (target === 'Decrypt') {
    const text = asked.EncryptionContext?.hello === 'world' ? 'in context' : DOCUMENT;
    return json({ Plaintext: Buffer.from(text).toString('base64'), KeyId: 'k' });
  }
  if (target === 'GetParameter') {
    const value = PARAMETERS[asked.Name];
    return value === undefined
      ? json({ __type: 'ParameterNotFound' }, 400)
      : json({ Parameter: parameter(asked.Name) });
  }
  if (target === 'GetParametersByPath') {
    const below = Object.keys(PARAMETERS).filter((name) => name.startsWith(`${asked.Path}/`));
    const depth = asked.Path.split('/').length + 1;
    const names = asked.Recursive ? below : below.filter((name) => name.split('/').length === depth);
    return json({ Parameters: names.map(parameter) });
  }
  const region = /\/\d{8}\/([\w-]+)\//.exec(String(request.headers.authorization))?.[1];
  const id = String(asked.SecretId)
    .replace(/^arn:.*:secret:\//, '')
    .replace(/\/$/, '');
  const suffix = region === 'eu-central-1' ? '' : ` in ${region}`;
  const text = id === 'myteam/mykey' ? `the key${suffix}` : id === 'myteam/mydoc' ? DOCUMENT : undefined;
  return text === undefined
    ? json({ __type: 'ResourceNotFoundException' }, 400)
    : json({ SecretString: text, VersionId: 'v', Name: id });
}

function parameter(name: string): object {
  return { Name: name, Value: PARAMETERS[name], Version: 1, Type: 'String' };
}

function objectAnswer({ path }: Received): Reply {
  const objects: Readonly<Record<string, string>> = {
    '/mybucket/mykey': 'the object',
    '/mybucket/myjsonobj': DOCUMENT,
    '/mybucket/myyamlobj': 'foo:\n  bar: BAR\n',
  };
  const body = objects[path.split('?')[0] ?? ''];
  return body === undefined ? { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' } : { body };
}

function googleAnswer({ path, method }: Received): Reply {
  const url = new URL(path, 'http://server');
  const checked = (text: string, [field, checksum]: readonly [string, string]) => ({
    [field]: Buffer.from(text).toString('base64'),
    [checksum]: String(crc32c(Buffer.from(text))),
  });
  if (method === 'POST') return json(checked(DOCUMENT, ['plaintext', 'plaintextCrc32c']));
  if (url.pathname.startsWith('/storage/')) {
    if (url.pathname.endsWith('/myyamlobj')) return { body: 'foo: {bar: BAR}\n' };
    return { body: url.searchParams.has('generation') ? 'the old object' : 'the object' };
  }
  const text = url.pathname.includes('/versions/3:') ? 'the third' : 'foo: {bar: BAR}';
  return json({ payload: checked(text, ['data', 'dataCrc32c']) });
}

function connectAnswer({ path }: Received): Reply {
  const { pathname } = new URL(path, 'http://server');
  const [vaultId, itemId] = ['v'.repeat(26), 'i'.repeat(26)];
  const summary = { id: itemId, title: 'db', vault: { id: vaultId } };
  if (pathname === '/v1/vaults') return json([{ id: vaultId, name: 'prod' }]);
  if (pathname === `/v1/vaults/${vaultId}`) return json({ id: vaultId, name: 'prod' });
  if (pathname === `/v1/vaults/${vaultId}/items`) return json([summary]);
  const fields = [
    { id: 'password', label: 'password', value: 'of the item' },
    { id: 'f2', label: 'user', section: { id: 's1', label: 'main' }, value: 'of the section' },
  ];
  return json({ ...summary, sections: [{ id: 's1', label: 'main' }], fields });
}

/** The servers, started. */
export class ValsServers {
  private constructor(
    private readonly services: readonly HttpService[],
    readonly env: Readonly<Record<string, string>>,
    /** Where `{vault}` in references is. */
    readonly vault: string,
    /** For the one that `kubeConfigPath` names, and that of the environment. */
    readonly kubeconfig: string,
  ) {}

  static async start(): Promise<ValsServers> {
    const answers = [vaultAnswer, awsAnswer, googleAnswer, connectAnswer];
    const [of, aws, google, connect] = await Promise.all(answers.map((answer) => HttpService.start(answer)));
    const cluster = await TestCluster.start();
    cluster.put('mynamespace/mysecret', { foo: 'secret foo', bar: 'secret bar', baz: 'secret baz' });
    const googleNames = ['SECRETMANAGER', 'STORAGE', 'CLOUDKMS'];
    const endpoints = googleNames.map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, google?.url ?? '']);
    const env = {
      ...Object.fromEntries(endpoints),
      ...{ GOOGLE_OAUTH_ACCESS_TOKEN: 'token', METADATA_SERVER_DETECTION: 'none', GCP_PROJECT: 'myproject' },
      ...{ VAULT_ADDR: of?.url ?? '', BAO_ADDR: of?.url ?? '', VAULT_TOKEN: 'the token', BAO_TOKEN: 'the token' },
      ...{ VAULT_TOKEN_1: 'the token', BAO_TOKEN_1: 'the token', THE_PASSWORD: 'password of some-user' },
      ...{ AWS_ENDPOINT_URL: aws?.url ?? '', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'hush' },
      ...{ AWS_REGION: 'eu-central-1', OP_CONNECT_HOST: connect?.url ?? '', OP_CONNECT_TOKEN: 'token' },
      VAR1: 'of the environment',
    };
    const services = [of, aws, google, connect, cluster.http].filter((one) => one !== undefined);
    return new ValsServers(services, env, of?.url ?? '', cluster.config(undefined, 'minikube'));
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
  }
}
