/** ExternalSecrets that take what a store or a generator has, templates, and objects of the whole cluster. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmitDesk } from './emit-desk.js';

const desk = new EmitDesk();
beforeAll(() => desk.fill());
afterAll(() => desk.remove());
const { emit, refused } = desk;

describe('an ExternalSecret takes', () => {
  test('all of a secret, with the type and the labels of the file', async () => {
    const [one] = await emit([
      'external-secret',
      'secret.enc.yaml',
      '--store',
      's',
      '--to',
      'team/app',
      '--extract',
      '--no-decrypt',
    ]);
    expect(one?.spec).toMatchObject({
      dataFrom: [{ extract: { key: 'team/app' } }],
      target: { template: { type: 'kubernetes.io/tls', metadata: { labels: { team: 'a' } } } },
    });
    expect(one?.spec.data).toBeUndefined();
  });

  test('what a search finds, under other names, without a file', async () => {
    const words = [
      '--find',
      '^prod/',
      '--find-path',
      'team',
      '--find-tags',
      'env=prod',
      '--rewrite',
      '^prod/=',
      '--rewrite',
      '-=_',
    ];
    const [one] = await emit([
      'external-secret',
      '--name',
      'app',
      '-n',
      'x',
      '--store',
      's',
      '--cluster-store',
      ...words,
    ]);
    expect(one?.spec).toMatchObject({
      secretStoreRef: { name: 's', kind: 'ClusterSecretStore' },
      dataFrom: [
        {
          find: { path: 'team', name: { regexp: '^prod/' }, tags: { env: 'prod' } },
          rewrite: [{ regexp: { source: '^prod/', target: '' } }, { regexp: { source: '-', target: '_' } }],
        },
      ],
    });
  });

  test('what generators make, beside the keys of a file', async () => {
    const [one] = await emit([
      'external-secret',
      'app.env',
      '--name',
      'app',
      '--store',
      's',
      '--generator',
      'password/db',
      '--generator',
      'ClusterGenerator/x',
    ]);
    expect(one?.spec.data).toHaveLength(2);
    expect(one?.spec.dataFrom).toEqual([
      {
        sourceRef: {
          generatorRef: { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'Password', name: 'db' },
        },
      },
      {
        sourceRef: {
          generatorRef: { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'ClusterGenerator', name: 'x' },
        },
      },
    ]);
    const [lone] = await emit(['external-secret', '--name', 'app', '--generator', 'VaultDynamicSecret/db']);
    expect(lone?.spec.secretStoreRef).toBeUndefined();
  });

  test('other rewritings by their paths', async () => {
    const sets = [
      'dataFrom.0.rewrite.0.transform.template={{ .value | upper }}',
      'dataFrom.0.rewrite.1.merge.into=all',
      'dataFrom.0.extract.metadataPolicy=fetch',
    ];
    const [one] = await emit([
      'external-secret',
      'app.env',
      '--name',
      'app',
      '--store',
      's',
      '--extract',
      ...sets.flatMap((set) => ['--set', set]),
    ]);
    expect(one?.spec.dataFrom).toEqual([
      {
        extract: { key: 'app', metadataPolicy: 'Fetch' },
        rewrite: [{ transform: { template: '{{ .value | upper }}' } }, { merge: { into: 'all' } }],
      },
    ]);
  });
});

test('a template of version 2, from texts and from other objects', async () => {
  const words = [
    '--template',
    'url=db://{{ .DB_USER }}:{{ .DB_PASS }}@db',
    '--template-merge',
    '--template-from',
    'configmap/app-config/config.yaml',
    '--template-from',
    'secret/tpl/x',
    '--template-from',
    '{{ .DB_USER }}: {{ .DB_PASS }}',
  ];
  const [one] = await emit([
    'external-secret',
    'app.env',
    '--name',
    'app',
    '--store',
    's',
    ...words,
    '--set',
    'target.template.templateFrom.2.target=Annotations',
  ]);
  const target = one?.spec.target as unknown as Record<string, unknown>;
  expect(target.template).toEqual({
    engineVersion: 'v2',
    mergePolicy: 'Merge',
    data: { url: 'db://{{ .DB_USER }}:{{ .DB_PASS }}@db' },
    templateFrom: [
      { configMap: { name: 'app-config', items: [{ key: 'config.yaml', templateAs: 'KeysAndValues' }] } },
      { secret: { name: 'tpl', items: [{ key: 'x', templateAs: 'KeysAndValues' }] } },
      { literal: '{{ .DB_USER }}: {{ .DB_PASS }}', target: 'Annotations' },
    ],
  });
});

describe('an object of the whole cluster', () => {
  test('makes ExternalSecrets in namespaces by name and by label', async () => {
    const where = ['--cluster-wide', '--namespaces', 'a,b', '--namespace-labels', 'team=red,env=prod'];
    const [one] = await emit([
      'external-secret',
      'app.env',
      '--name',
      'app',
      '--store',
      's',
      '--cluster-store',
      ...where,
      '--set',
      'refreshTime=5m',
      '--set',
      'refreshInterval=1h',
    ]);
    expect(one).toMatchObject({
      apiVersion: 'external-secrets.io/v1',
      kind: 'ClusterExternalSecret',
      metadata: { name: 'app' },
      spec: {
        externalSecretName: 'app',
        refreshTime: '5m',
        namespaces: ['a', 'b'],
        namespaceSelectors: [{ matchLabels: { team: 'red', env: 'prod' } }],
        externalSecretSpec: {
          refreshInterval: '1h',
          secretStoreRef: { kind: 'ClusterSecretStore' },
          target: { name: 'app' },
        },
      },
    });
    expect(one?.metadata.namespace).toBeUndefined();
  });

  test('makes PushSecrets, of all keys', async () => {
    const [one] = await emit(
      [
        'push-secret',
        'app.env',
        '--name',
        'app',
        '--store',
        's',
        '--to',
        'team/app',
        '--all-keys',
        '--cluster-wide',
        '--namespaces',
        'a',
      ],
      { warns: /managed-by/ },
    );
    expect(one).toMatchObject({
      apiVersion: 'external-secrets.io/v1alpha1',
      kind: 'ClusterPushSecret',
      spec: {
        pushSecretName: 'app-push',
        namespaceSelectors: [
          { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['a'] }] },
        ],
        pushSecretSpec: { dataTo: [{ storeRef: { name: 's', kind: 'SecretStore' }, remoteKey: 'team/app' }] },
      },
    });
  });
});

describe('is refused', () => {
  const es = ['external-secret', 'app.env', '--name', 'app', '--store', 's'];
  test.each<[string[], string]>([
    [['external-secret', '--name', 'app', '--find', 'x'], '--store is missing'],
    [['external-secret', '--find', 'x', '--store', 's'], '--name is missing'],
    [[...es, '--rewrite', 'a=b'], '--rewrite changes the names of what'],
    [[...es, '--extract', '--rewrite', 'ab'], 'not of the form A=B'],
    [[...es, '--extract', '--per-key'], 'cannot use both --extract and --per-key'],
    [[...es, '--generator', 'Passwort/x'], 'not of the form KIND/NAME'],
    [[...es, '--template', 'a b=c'], 'not of the form KEY=TEXT'],
    [[...es, '--template-from', 'configmap/x'], 'is neither configmap/NAME/KEY'],
    [[...es, '--template-merge'], 'belongs to --template'],
    [[...es, '--namespaces', 'a'], 'belong to --cluster-wide'],
    [[...es, '--cluster-wide'], '--cluster-wide needs --namespaces'],
    [[...es, '--cluster-wide', '--namespaces', 'A'], 'is not a namespace'],
    [[...es, '--cluster-wide', '--namespaces', 'a', '-n', 'prod'], 'has no namespace'],
    [[...es, '--set', 'data.0.sourceRef.generatorRef.kind=Password'], 'name is missing'],
    [[...es, '--set', 'refreshInterval=soon'], 'is not a duration'],
    [
      [...es, '--set', 'target.deletionPolicy=Delete', '--set', 'target.creationPolicy=Merge'],
      'needs a creationPolicy',
    ],
    [
      [
        'push-secret',
        'app.env',
        '--name',
        'a',
        '--store',
        's',
        '--all-keys',
        '--to',
        'x',
        '--set',
        'dataTo.0.rewrite.0.regexp.source=a',
        '--set',
        'dataTo.0.rewrite.0.regexp.target=b',
      ],
      'exclude each other',
    ],
  ])('%j', async (words, message) => {
    await refused(words, message);
  });
});

describe('a class to mount logs in', () => {
  const common = ['secret-provider-class', 'app.env', '--name', 'app'];
  test.each<[string, string[], Record<string, string>]>([
    ['by EKS Pod Identity', ['aws', '--region', 'eu-central-1', '--auth', 'podidentity'], { usePodIdentity: 'true' }],
    [
      'with an identity of the machine',
      ['azure', '--vault-url', 'https://x.vault.azure.net', '--tenant', 't', '--per-key', '--auth', 'ManagedIdentity'],
      { useVMManagedIdentity: 'true' },
    ],
    [
      'with an identity that is assigned',
      [
        'azure',
        '--vault-url',
        'https://x.vault.azure.net',
        '--tenant',
        't',
        '--per-key',
        '--auth',
        'ManagedIdentity',
        '--client-id',
        'i',
      ],
      { useVMManagedIdentity: 'true', userAssignedIdentityID: 'i' },
    ],
    [
      'to a Vault of an own authority',
      ['vault', '--server', 'https://v:8200', '--role', 'r', '--authority', '/tls/ca.crt'],
      { vaultCACertPath: '/tls/ca.crt' },
    ],
    [
      'to an OpenBao for another audience',
      ['openbao', '--server', 'https://v:8200', '--role', 'r', '--set', 'audience=bao', '--set', 'baoTLSServerName=v'],
      { audience: 'bao', baoTLSServerName: 'v' },
    ],
    ['by the provider', ['gcp', '--project', 'my-project', '--set', 'auth=provider-adc'], { auth: 'provider-adc' }],
  ])('%s', async (_, provider, parameters) => {
    const [one] = await emit([...common, '--to', 'app', '--provider', ...provider]);
    expect(one?.spec.parameters).toMatchObject(parameters);
  });

  test.each<[string[], string]>([
    [['aws', '--region', 'eu-central-1', '--set', 'failoverRegoin=x'], 'there is no such parameter'],
    [['vault', '--server', 'https://v:8200', '--role', 'r', '--authority', 'ca'], 'is the path of a file'],
  ])('is refused: %j', async (provider, message) => {
    await refused([...common, '--to', 'app', '--provider', ...provider], message);
  });
});
