/** `emit` for stores and for classes to mount: each provider's settings, held to a strict schema. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { storeSettings } from '../../../../src/cli/commands/store-flags.js';
import { STORES } from '../../../../src/kubernetes/stores/registry.js';
import { EmitDesk } from './emit-desk.js';

const desk = new EmitDesk();
beforeAll(() => desk.fill());
afterAll(() => desk.remove());
const { emit, refused } = desk;

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
  ['vault kubernetes by a Secret', ['vault', ...SERVER, '--role', 'r', '--credentials', 'login/jwt']],
  ['vault ldap', ['vault', ...SERVER, '--auth', 'ldap', '--username', 'u', '--credentials', 'login']],
  [
    'vault iam',
    ['vault', ...SERVER, '--auth', 'iam', '--role', 'r', '--region', 'eu-central-1', '--credentials', 'login'],
  ],
  ['vault iam by an account', ['vault', ...SERVER, '--auth', 'iam', '--role', 'r', '--service-account', 'app']],
  ['vault gcp', ['vault', ...SERVER, '--auth', 'gcp', '--role', 'r', '--project', 'p', '--credentials', 'login/key']],
  [
    'vault gcp by an account',
    ['vault', ...SERVER, '--auth', 'gcp', '--role', 'r', '--service-account', 'app', '--cluster-name', 'c'],
  ],
  [
    'vault by fields',
    ['vault', ...SERVER, '--set', 'auth.appRole.roleRef.name=r', '--set', 'auth.appRole.secretRef.name=s'],
  ],
  ['aws by EKS Pod Identity', ['aws', '--region', 'eu-central-1', '--auth', 'PodIdentity']],
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
      '--region says nothing about the log-in kubernetes',
    ],
    [['--provider', 'aws'], '--region is missing'],
    [['--provider', 'aws', '--region', 'Mars'], 'is not a region'],
    [['--provider', 'aws', '--region', 'eu-central-1', '--credentials', 'a/key'], 'takes no key here'],
    [['--provider', 'aws', '--region', 'eu-central-1', '--credentials', 'a', '--service-account', 'b'], 'choose one'],
    [['--provider', 'gcp', '--project', 'X'], 'is not a project'],
    [['--provider', 'azure', '--vault-url', 'http://x', '--auth', 'ManagedIdentity'], 'must be a URL like https'],
    [['--provider', 'kubernetes'], 'needs one of'],
    [['--provider', 'dropbox'], '"dropbox" is not a store'],
    [[], '--provider is missing'],
    [['--provider', 'vault', ...SERVER, '--credentials', 'A b'], 'is not a name for an object'],
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
    [['--provider', 'gcp', '--project', 'my-project', '--to', 'a/b'], 'is not a name that Secret Manager takes'],
    [[], '--provider is missing'],
  ])('%j is refused', async (words, message) => {
    await refused([...common, ...words], message);
  });
});
