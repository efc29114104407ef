/** `emit`: manifests for secret stores, each held to a strict schema, and none with a value in it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { storeSettings } from '../../../../src/cli/commands/store-flags.js';
import { STORES } from '../../../../src/kubernetes/stores/registry.js';
import { Desk } from '../../../support/desk.js';
import { problemsOf, validObjects } from '../../../support/schemas.js';

const CANARY = 'canary-7f3a9c-value';
const SECRET = `apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: prod
  labels: {team: a}
  annotations:
    note: kept
    kubectl.kubernetes.io/last-applied-configuration: ${CANARY}
type: kubernetes.io/tls
immutable: true
data:
  tls.crt: ${Buffer.from(CANARY).toString('base64')}
  tls.key: ${Buffer.from([255, 254, 0, 1]).toString('base64')}
stringData:
  PASS: ${CANARY}
`;

const desk = new Desk();
afterAll(() => desk.remove());
beforeAll(async () => {
  const selection = ['--encrypted-regex', '^(data|stringData)$'];
  desk.write('secret.enc.yaml', await desk.encrypt('secret.enc.yaml', SECRET, ...selection));
  desk.write('app.env', await desk.encrypt('app.env', `DB_PASS=${CANARY}\nDB_USER=u\n`));
});

type Emitted = { metadata: Record<string, unknown>; spec: Record<string, never> } & Record<string, unknown>;

/** Emits, expects it to work, and every object to be valid and free of values. Without keys unless told otherwise. */
async function emit(
  words: readonly string[],
  options: { keys?: boolean; stdin?: string; warns?: RegExp } = {},
): Promise<Emitted[]> {
  const env = options.keys ? {} : { SOPS_AGE_KEY: '' };
  const ran = await desk.run(['emit', ...words], {
    env,
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  });
  expect(ran.status, ran.stderr).toBe(0);
  if (options.warns) expect(ran.stderr).toMatch(options.warns);
  else expect(ran.stderr).toBe('');
  const text = ran.stdout.toString();
  for (const secret of [CANARY, Buffer.from(CANARY).toString('base64'), 'ENC['])
    expect(text + ran.stderr).not.toContain(secret);
  return validObjects(text) as Emitted[];
}

async function refused(words: readonly string[], message: string, stdin?: string): Promise<void> {
  const ran = await desk.run(['emit', ...words], stdin === undefined ? {} : { stdin });
  expect(ran.status).not.toBe(0);
  expect(ran.stdout.toString()).toBe('');
  expect(ran.stderr).toContain(message);
  expect(ran.stderr).not.toContain(CANARY);
}

/** The remote references by key of the Secret. */
function references(object: Emitted | undefined): Record<string, unknown> {
  const data = object?.spec.data as unknown as { secretKey: string; remoteRef: unknown }[];
  return Object.fromEntries(data.map(({ secretKey, remoteRef }) => [secretKey, remoteRef]));
}

describe('an ExternalSecret', () => {
  test('mirrors the keys of a Secret, which is opened to see which values are bytes', async () => {
    const [object] = await emit(['external-secret', 'secret.enc.yaml', '--store', 'v', '--to', 'team/app'], {
      keys: true,
    });
    expect(object).toMatchObject({
      metadata: { name: 'app', namespace: 'prod' },
      spec: {
        refreshInterval: '1h0m0s',
        secretStoreRef: { name: 'v', kind: 'SecretStore' },
        target: {
          name: 'app',
          immutable: true,
          template: {
            type: 'kubernetes.io/tls',
            metadata: { labels: { team: 'a' }, annotations: { note: 'kept' } },
          },
        },
      },
    });
    expect(references(object)).toEqual({
      'tls.crt': { key: 'team/app', property: 'tls.crt' },
      'tls.key': { key: 'team/app', property: 'tls.key', decodingStrategy: 'Base64' },
      PASS: { key: 'team/app', property: 'PASS' },
    });
  });

  test('needs no key where nothing has to be found out', async () => {
    const common = ['external-secret', 'secret.enc.yaml', '--store', 'v'];
    expect(references((await emit([...common, '--base64', 'tls.key']))[0])).toMatchObject({
      'tls.key': { key: 'app', decodingStrategy: 'Base64' },
    });
    expect(JSON.stringify(await emit([...common, '--no-decrypt']))).not.toContain('decodingStrategy');
    await emit(['external-secret', 'app.env', '--store', 'v', '--name', 'app']);
    const noData = await desk.encrypt(
      'n.yaml',
      SECRET.replace(/data:\n(?: {2}.*\n)*?(?=stringData)/, ''),
      '--encrypted-regex',
      'Data$',
    );
    await emit(['external-secret', '-', '--store', 'v'], { stdin: noData.toString() });
    const ran = await desk.run(['emit', ...common], { env: { SOPS_AGE_KEY: '' } });
    expect(ran.status).toBe(128);
    expect(ran.stderr).toContain('--base64');
  });

  test('is opened when its names are encrypted, too', async () => {
    const sealed = (await desk.encrypt('a.yaml', SECRET, '--unencrypted-regex', '^(apiVersion|kind)$')).toString();
    expect(sealed).not.toContain('name: app');
    const [object] = await emit(['external-secret', '-', '--store', 'v', '--no-decrypt'], {
      stdin: sealed,
      keys: true,
    });
    expect(object?.metadata).toEqual({ name: 'app', namespace: 'prod' });
  });

  test('of a file of values needs a name, and has its keys', async () => {
    const [object] = await emit([
      'external-secret',
      'app.env',
      '--store',
      's',
      '--cluster-store',
      '--name',
      'app',
      '-n',
      'x',
    ]);
    expect(object?.spec.secretStoreRef).toEqual({ name: 's', kind: 'ClusterSecretStore' });
    expect(references(object)).toEqual({
      DB_PASS: { key: 'app', property: 'DB_PASS' },
      DB_USER: { key: 'app', property: 'DB_USER' },
    });
    await refused(['external-secret', 'app.env', '--store', 's'], '--name is missing');
  });

  test.each([
    ['vault', { key: 'app/DB_PASS', property: 'value' }],
    ['aws', { key: 'app/DB_PASS' }],
    ['aws-ssm', { key: 'app/DB_PASS' }],
    ['gcp', { key: 'app-DB_PASS' }],
    ['azure', { key: 'app-DB-PASS' }],
  ])('with a secret for each key goes by the names of %s', async (provider, expected) => {
    const words = ['external-secret', 'app.env', '--store', 's', '--name', 'app', '--per-key', '--provider', provider];
    expect(references((await emit(words))[0]).DB_PASS).toEqual(expected);
  });

  test('takes policies that go together, and no others', async () => {
    const common = ['external-secret', 'app.env', '--store', 's', '--name', 'app'];
    const [object] = await emit([
      ...common,
      '--creation-policy',
      'merge',
      '--deletion-policy',
      'Merge',
      '--refresh-interval',
      '0',
      '--refresh-policy',
      'createdonce',
    ]);
    expect(object?.spec).toMatchObject({ refreshInterval: '0s', refreshPolicy: 'CreatedOnce' });
    await refused([...common, '--deletion-policy', 'Delete', '--creation-policy', 'Merge'], 'does not go with');
    await refused([...common, '--deletion-policy', 'Merge', '--creation-policy', 'None'], 'does not go with');
    await refused([...common, '--deletion-policy', 'Keep'], 'is not for --deletion-policy');
    await refused([...common, '--refresh-interval', '1 hour'], 'is no duration');
  });

  test('of several Secrets is one each', async () => {
    const two = `${SECRET}---\n${SECRET.replace('name: app', 'name: web')}`;
    const objects = await emit(['external-secret', '-', '--store', 's'], { stdin: two });
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['app', 'web']);
    await refused(['external-secret', '-', '--store', 's', '--to', 'x'], 'one place cannot hold them all', two);
  });

  test.each([
    ['a ConfigMap', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n', 'only Secrets'],
    ['a Secret without keys', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n', 'holds no key'],
    ['a token', SECRET.replace('kubernetes.io/tls', 'bootstrap.kubernetes.io/token'), 'makes no Secret of type'],
    ['a name that cannot be one', SECRET.replace('name: app', 'name: A_b'), 'is no name for an object'],
    ['a key that cannot be one', SECRET.replace('PASS', '"a b"'), 'cannot be a key of a Secret'],
  ])('is not made of %s', async (_what, stdin, message) => {
    await refused(['external-secret', '-', '--store', 's'], message, stdin);
  });

  test('a key of --base64 that the file does not have is refused', async () => {
    const words = ['external-secret', 'secret.enc.yaml', '--store', 's', '--to', 'x', '--base64', 'tls.key,tls.kye'];
    await refused(words, '--base64 names the key "tls.kye", which is not there');
  });

  test('keys that come to the same name in the store are refused', async () => {
    desk.write('same.env', 'A_B=1\nA.B=2\n');
    await refused(
      ['external-secret', 'same.env', '--store', 's', '--name', 'a', '--per-key', '--provider', 'azure'],
      'two keys would have the name',
    );
  });

  test('of a published file is never one for each key', async () => {
    await refused(
      ['external-secret', 'app.env', '--store', 's', '--name', 'a', '--per-key', '--as-published'],
      'cannot use both',
    );
  });

  test('can be JSON', async () => {
    const ran = await desk.run(['emit', 'external-secret', 'app.env', '--store', 's', '--name', 'app', '-o', 'json']);
    expect(problemsOf(JSON.parse(ran.stdout.toString()))).toEqual([]);
  });

  test('is what `manifest external-secret` prints', async () => {
    const words = ['external-secret', 'app.env', '--store', 's', '--name', 'app'];
    const [one, other] = [await desk.run(['emit', ...words]), await desk.run(['manifest', ...words])];
    expect(other).toEqual(one);
  });
});

describe('where publish sends a file', () => {
  const rules = (more: string): string =>
    `creation_rules:\n  - age: ${desk.recipient}\ndestination_rules:\n  - path_regex: app\\.env\n    vault_path: team/\n    vault_address: https://vault.example:8200\n    vault_kv_mount_name: kv/\n${more}  - vault_path: all\n    path_regex: secret\n`;
  beforeAll(() => void desk.write('.sops.yaml', rules('')));
  afterAll(() => void desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`));

  test('is where the references lead', async () => {
    const [object] = await emit(['external-secret', 'app.env', '--store', 's', '--name', 'app']);
    expect(references(object).DB_PASS).toEqual({ key: 'team/app.env', property: 'DB_PASS' });
    desk.write('.sops.yaml', rules('    omit_extensions: true\n'));
    const [short] = await emit(['external-secret', 'app.env', '--store', 's', '--name', 'app']);
    expect(references(short).DB_PASS).toEqual({ key: 'team/app', property: 'DB_PASS' });
  });

  test('a published Secret is a document, with data in base64: no key is needed', async () => {
    const [object] = await emit(['external-secret', 'secret.enc.yaml', '--store', 's']);
    expect(references(object)).toEqual({
      'tls.crt': { key: 'all/secret.enc.yaml', property: 'data.tls\\.crt', decodingStrategy: 'Base64' },
      'tls.key': { key: 'all/secret.enc.yaml', property: 'data.tls\\.key', decodingStrategy: 'Base64' },
      PASS: { key: 'all/secret.enc.yaml', property: 'stringData.PASS' },
    });
  });

  test('describes the store, and flags win over it', async () => {
    const [store] = await emit(['secret-store', 'app.env', '--name', 'v', '--role', 'r', '--mount', 'other']);
    expect(store?.spec.provider).toMatchObject({
      vault: { server: 'https://vault.example:8200', path: 'other', version: 'v2' },
    });
    const [mounted] = await emit(['secret-provider-class', 'app.env', '--name', 'app', '--role', 'r']);
    const { objects } = (mounted as unknown as { spec: { parameters: { objects: string } } }).spec.parameters;
    expect(parse(objects)[0]).toEqual({
      objectName: 'DB_PASS',
      secretPath: expect.stringMatching(/^kv\/data\/team\/app/),
      secretKey: 'DB_PASS',
    });
    await refused(
      ['secret-provider-class', 'secret.enc.yaml', '--role', 'r', '--server', 'https://v'],
      'cannot take a published manifest apart',
    );
  });

  test('--to and another provider stand above it', async () => {
    const [object] = await emit(['external-secret', 'app.env', '--store', 's', '--name', 'app', '--to', 'x']);
    expect(references(object).DB_USER).toEqual({ key: 'x', property: 'DB_USER' });
    const [other] = await emit(['external-secret', 'app.env', '--store', 's', '--name', 'app', '--provider', 'aws']);
    expect(references(other).DB_USER).toEqual({ key: 'app', property: 'DB_USER' });
    await refused(
      ['external-secret', 'app.env', '--store', 's', '--name', 'app', '--per-key'],
      'publish sends one secret',
    );
  });
});

describe('a PushSecret', () => {
  test('sends every key of the Secret, and warns of what it does not take over', async () => {
    const [object] = await emit(
      ['push-secret', 'secret.enc.yaml', '--store', 's', '--to', 'team/app', '--update-policy', 'IfNotExists'],
      { warns: /managed-by/ },
    );
    expect(object).toMatchObject({
      apiVersion: 'external-secrets.io/v1alpha1',
      metadata: { name: 'app-push' },
      spec: { updatePolicy: 'IfNotExists', selector: { secret: { name: 'app' } } },
    });
    expect(object?.spec.data).toHaveLength(3);
  });

  test('has policies of its own', async () => {
    await refused(
      ['push-secret', 'app.env', '--name', 'a', '--store', 's', '--deletion-policy', 'Retain'],
      'is not for --deletion-policy',
    );
  });
});

const SERVER = ['--server', 'https://v:8200'];
const STORE_CASES: [string, string[]][] = [
  ['vault token', ['vault', ...SERVER, '--credentials', 'login/tok']],
  ['vault approle', ['vault', ...SERVER, '--auth', 'approle', '--role', 'r', '--credentials', 'login']],
  [
    'vault kubernetes',
    ['vault', ...SERVER, '--role', 'r', '--service-account', 'app', '--auth-mount', 'k8s', '--kv-version', '1'],
  ],
  [
    'vault jwt',
    ['vault', ...SERVER, '--auth', 'jwt', '--role', 'r', '--service-account', 'app', '--vault-namespace', 'team'],
  ],
  ['vault jwt in a Secret', ['vault', ...SERVER, '--auth', 'jwt', '--credentials', 'login']],
  ['vault userpass', ['vault', ...SERVER, '--auth', 'userpass', '--username', 'u', '--credentials', 'login']],
  ['vault cert', ['vault', ...SERVER, '--auth', 'cert', '--credentials', 'login', '--authority', 'ca/root.pem']],
  ['openbao', ['openbao', ...SERVER, '--role', 'r']],
  ['aws', ['aws', '--region', 'eu-central-1', '--role', 'arn:aws:iam::1:role/x', '--prefix', 'p/']],
  ['aws keys', ['aws', '--region', 'eu-central-1', '--credentials', 'login']],
  ['aws jwt', ['aws-ssm', '--region', 'eu-central-1', '--service-account', 'app']],
  ['gcp', ['gcp', '--project', 'my-project', '--location', 'europe-west3']],
  ['gcp key', ['gcp', '--project', 'projects/my-project', '--credentials', 'login']],
  [
    'gcp identity',
    ['gcp', '--project', 'my-project', '--service-account', 'app', '--cluster-name', 'c', '--cluster-location', 'l'],
  ],
  ['azure principal', ['azure', '--vault-url', 'https://x.vault.azure.net', '--tenant', 't', '--credentials', 'login']],
  [
    'azure managed',
    ['azure', '--vault-url', 'https://x.vault.azure.net', '--auth', 'ManagedIdentity', '--client-id', 'i'],
  ],
  [
    'azure workload',
    ['azure', '--vault-url', 'https://x.vault.azure.net', '--service-account', 'app', '--environment', 'ChinaCloud'],
  ],
  ['kubernetes', ['kubernetes', '--service-account', 'app', '--remote-namespace', 'other']],
  ['kubernetes token', ['kubernetes', '--credentials', 'login', '--server', 'https://k:6443', '--authority', 'ca']],
];

describe('a store', () => {
  test.each(STORE_CASES)('%s, for a namespace and for the cluster', async (_what, provider) => {
    const words = ['secret-store', '--name', 's', '--provider', ...provider];
    const [one] = await emit([...words, '-n', 'prod']);
    expect(one?.metadata).toEqual({ name: 's', namespace: 'prod' });
    expect(JSON.stringify(one?.spec)).not.toContain('"prod"');
    const [whole] = await emit([...words, '-n', 'infra', '--cluster-store', '--allow-namespaces', 'a,b']);
    expect(whole).toMatchObject({ kind: 'ClusterSecretStore', metadata: { name: 's' } });
    expect(whole?.spec.conditions).toEqual([{ namespaces: ['a', 'b'] }]);
    expect(Object.keys(whole?.spec.provider ?? {})).toHaveLength(1);
  });

  test.each([
    [['--provider', 'vault', '--role', 'r'], '--server is missing'],
    [['--provider', 'vault', '--server', 'ftp://x', '--role', 'r'], '--server must be a URL'],
    [['--provider', 'vault', '--server', 'https://u:p@x', '--role', 'r'], 'without a password'],
    [['--provider', 'vault', ...SERVER], '--credentials is missing'],
    [['--provider', 'vault', ...SERVER, '--auth', 'magic'], '"magic" is not for --auth'],
    [['--provider', 'vault', ...SERVER, '--auth', 'approle', '--credentials', 'x'], '--role is missing'],
    [
      ['--provider', 'vault', ...SERVER, '--role', 'r', '--region', 'x'],
      '--region says nothing about a store of vault',
    ],
    [['--provider', 'aws'], '--region is missing'],
    [['--provider', 'aws', '--region', 'Mars'], 'is no region'],
    [['--provider', 'aws', '--region', 'eu-central-1', '--credentials', 'a/key'], 'takes no key here'],
    [['--provider', 'aws', '--region', 'eu-central-1', '--credentials', 'a', '--service-account', 'b'], 'choose one'],
    [['--provider', 'gcp', '--project', 'X'], 'is no project'],
    [['--provider', 'azure', '--vault-url', 'http://x', '--auth', 'ManagedIdentity'], 'must be a URL like https'],
    [['--provider', 'kubernetes'], 'needs one of'],
    [['--provider', 'dropbox'], '"dropbox" is no store'],
    [[], '--provider is missing'],
    [['--provider', 'vault', ...SERVER, '--credentials', 'A b'], 'is no name for an object'],
    [['--provider', 'vault', ...SERVER, '--credentials', 'a', '--cluster-store'], '--namespace is missing'],
    [['--provider', 'vault', ...SERVER, '--role', 'a', '--allow-namespaces', 'x'], 'belongs to --cluster-store'],
  ])('%j is refused', async (words, message) => {
    await refused(['secret-store', '--name', 's', ...words], message);
  });

  test('has flags for all that the providers take', async () => {
    const providers = await Promise.all(STORES.map((row) => row.load()));
    expect(new Set(providers.flatMap(({ settings }) => settings))).toEqual(
      new Set(storeSettings.members.map(([name]) => name)),
    );
    for (const { settings, mountSettings } of providers)
      expect(settings).toEqual(expect.arrayContaining([...mountSettings]));
  });
});

describe('a class to mount', () => {
  const common = ['secret-provider-class', 'app.env', '--name', 'app'];
  const CASES: [string, string[]][] = [
    ['vault', [...SERVER, '--role', 'r', '--vault-namespace', 'team', '--auth-mount', 'k8s']],
    ['vault', [...SERVER, '--role', 'r', '--kv-version', '1', '--per-key']],
    ['openbao', [...SERVER, '--role', 'r']],
    ['aws', ['--region', 'eu-central-1']],
    ['aws', ['--region', 'eu-central-1', '--per-key', '--prefix', 'p/']],
    ['aws-ssm', ['--region', 'eu-central-1', '--per-key', '--to', '/team/app']],
    ['gcp', ['--project', 'my-project']],
    ['gcp', ['--project', 'my-project', '--location', 'europe-west3', '--per-key']],
    ['azure', ['--vault-url', 'https://x.vault.azure.net', '--tenant', 't', '--per-key', '--client-id', 'i']],
  ];

  test.each(CASES)('of %s %j', async (provider, words) => {
    const [object] = await emit([...common, '--provider', provider, ...words, '--sync']);
    const [synced] = (object as unknown as { spec: { secretObjects: { data: unknown[] }[] } }).spec.secretObjects;
    expect(synced?.data).toEqual(['DB_PASS', 'DB_USER'].map((key) => ({ objectName: key, key })));
    const [alone] = await emit([...common, '--provider', provider, ...words]);
    expect(alone?.spec.secretObjects).toBeUndefined();
  });

  test('decodes base64 where the provider can, and warns where it cannot', async () => {
    const words = ['secret-provider-class', 'secret.enc.yaml', '--base64', 'tls.key', '--provider'];
    const [object] = await emit([...words, 'vault', ...SERVER, '--role', 'r']);
    expect(JSON.stringify(object)).toContain('encoding: base64');
    await emit([...words, 'aws', '--region', 'eu-central-1'], { warns: /the file tls.key will hold base64/ });
  });

  test('names members of JSON secrets as JMESPath wants them', async () => {
    const words = [
      'secret-provider-class',
      'secret.enc.yaml',
      '--no-decrypt',
      '--provider',
      'aws',
      '--region',
      'eu-central-1',
    ];
    const [object] = await emit(words);
    const { objects } = (object as unknown as { spec: { parameters: { objects: string } } }).spec.parameters;
    expect(parse(objects)[0].jmesPath[0]).toEqual({ path: '"tls.crt"', objectAlias: 'tls.crt' });
  });

  test.each([
    [['--provider', 'kubernetes'], 'no provider for a store of kubernetes'],
    [
      ['--provider', 'azure', '--vault-url', 'https://x.vault.azure.net', '--tenant', 't'],
      'cannot take a JSON secret apart',
    ],
    [['--provider', 'azure', '--vault-url', 'https://x.vault.azure.net', '--per-key'], '--tenant is missing'],
    [['--provider', 'vault', ...SERVER], '--role is missing'],
    [['--provider', 'gcp', '--project', 'my-project', '--to', 'a/b'], 'is no name that Secret Manager takes'],
    [[], '--provider is missing'],
  ])('%j is refused', async (words, message) => {
    await refused([...common, ...words], message);
  });
});

describe('the schemas', () => {
  test('refuse what the operators do not know', async () => {
    const [object] = await emit(['external-secret', 'app.env', '--store', 's', '--name', 'app']);
    const spec = object?.spec as Record<string, unknown>;
    const bad: Record<string, unknown>[] = [
      { ...object, apiVersion: 'external-secrets.io/v1beta1' },
      { ...object, spec: { ...spec, data: [] } },
      { ...object, spec: { ...spec, dataa: 1 } },
      { ...object, spec: { ...spec, refreshInterval: 'soon' } },
      { ...object, spec: { ...spec, target: { deletionPolicy: 'Delete', creationPolicy: 'Merge' } } },
      { ...object, kind: 'ConfigMap' },
    ];
    for (const one of bad) expect(problemsOf(one).length, JSON.stringify(one).slice(0, 80)).toBeGreaterThan(0);
  });
});
