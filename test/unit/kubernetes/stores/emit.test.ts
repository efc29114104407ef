/** `emit`: manifests for secret stores, each held to a strict schema, and none with a value in it. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { parse } from 'yaml';
import { problemsOf } from '../../../support/schemas.js';
import { sampledTest } from '../../../support/sweep.js';
import { EmitDesk, type Emitted, SECRET } from './emit-desk.js';

const test = sampledTest(6);

const desk = new EmitDesk();
beforeAll(() => desk.fill());
afterAll(() => desk.remove());
const { emit, refused } = desk;

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
    await refused([...common, '--refresh-interval', '1 hour'], 'is not a duration');
  });

  test('of several Secrets is one each', async () => {
    const two = `${SECRET}---\n${SECRET.replace('name: app', 'name: web')}`;
    const objects = await emit(['external-secret', '-', '--store', 's'], { stdin: two });
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['app', 'web']);
    await refused(['external-secret', '-', '--store', 's', '--to', 'x'], 'one place cannot hold them all', two);
  });
});

describe('an ExternalSecret of what it cannot be of, and its forms', () => {
  test.each([
    ['a ConfigMap', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n', 'only Secrets'],
    ['a Secret without keys', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n', 'holds no key'],
    ['a token', SECRET.replace('kubernetes.io/tls', 'bootstrap.kubernetes.io/token'), 'makes no Secret of type'],
    ['a name that cannot be one', SECRET.replace('name: app', 'name: A_b'), 'is not a name for an object'],
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

describe('where publish sends the values', () => {
  const rule = (text: string) =>
    void desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\ndestination_rules:\n  - ${text}\n`);
  afterAll(() => void desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`));

  test.each([
    [
      '{aws_secretsmanager: team/, omit_extensions: true, aws_region: eu-west-1}',
      { key: 'team/app', property: 'DB_PASS' },
    ],
    ['{aws_ssm: /team/app, layout: per_key, aws_region: eu-west-1}', { key: '/team/app/DB_PASS' }],
    ['{gcp_secretmanager: projects/my-project, layout: per_key}', { key: 'app-env-DB_PASS' }],
    [
      '{gcp_secretmanager: projects/my-project/locations/europe-west3/secrets/own}',
      { key: 'own', property: 'DB_PASS' },
    ],
    ['{azure_keyvault: "https://v.vault.azure.net", layout: per_key}', { key: 'app-env-DB-PASS' }],
    ['{kubernetes: prod/app}', { key: 'app', property: 'DB_PASS' }],
  ])('%s is where the references lead', async (text, reference) => {
    rule(text);
    const [object] = await emit(['external-secret', 'app.env', '--store', 's', '--name', 'app']);
    expect(references(object).DB_PASS).toEqual(reference);
    const login = /kubernetes|keyvault/.test(text) ? ['--service-account', 'x'] : [];
    const [store] = await emit(['secret-store', 'app.env', '--name', 's', ...login]);
    expect(JSON.stringify(store?.spec.provider)).toMatch(/eu-west-1|my-project|v\.vault\.azure|prod/);
  });

  test('a Secret is its values there, and bytes are bytes in a cluster alone', async () => {
    rule('{aws_secretsmanager: team/app}');
    const [object] = await emit(['external-secret', 'secret.enc.yaml', '--store', 's'], { keys: true });
    expect(references(object)).toEqual({
      'tls.crt': { key: 'team/app', property: 'tls.crt' },
      'tls.key': { key: 'team/app', property: 'tls.key', decodingStrategy: 'Base64' },
      PASS: { key: 'team/app', property: 'PASS' },
    });
    rule('{kubernetes: prod/app}');
    const [other] = await emit(['external-secret', 'secret.enc.yaml', '--store', 's'], { keys: true });
    expect(references(other)['tls.key']).toEqual({ key: 'app', property: 'tls.key' });
  });

  test('flags that say otherwise are refused', async () => {
    rule('{aws_ssm: /team/app, layout: per_key}');
    const words = ['external-secret', 'app.env', '--store', 's', '--name', 'app'];
    await refused([...words, '--one-secret'], 'publish sends a secret for each key');
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
