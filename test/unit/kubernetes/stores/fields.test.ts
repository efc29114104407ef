/** Every field of the operator's objects by its path, and what is refused before it is printed. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { GENERATORS } from '../../../../src/kubernetes/stores/shapes/generator-shapes.js';
import { isWords, type Shape } from '../../../../src/kubernetes/stores/shapes/shape.js';
import { PROVIDERS } from '../../../support/store-providers.js';
import { sampledTest } from '../../../support/sweep.js';
import { EmitDesk } from './emit-desk.js';

const test = sampledTest(6);

const desk = new EmitDesk();
beforeAll(() => desk.fill());
afterAll(() => desk.remove());
const { emit, refused } = desk;

const BASES: Readonly<Record<string, readonly string[]>> = {
  aws: ['aws', '--region', 'eu-central-1'],
  gcpsm: ['gcp', '--project', 'my-project'],
  azurekv: ['azure', '--vault-url', 'https://x.vault.azure.net'],
  vault: ['vault', '--server', 'https://v:8200'],
  kubernetes: ['kubernetes'],
};
/** What a store has to have beside a field; the field itself is added. */
const LOGINS: Readonly<Record<string, readonly string[]>> = {
  vault: ['auth.tokenSecretRef.name=t'],
  kubernetes: ['auth.token.bearerToken.name=t'],
  azurekv: ['authType=WorkloadIdentity'],
};

const SAMPLES: Readonly<Record<string, string>> = {
  text: 'some text',
  name: 'some-name',
  namespace: 'prod',
  key: 'some.key',
  flag: 'true',
  whole: '7',
  texts: 'one,two',
  textMap: '{"a.b/c":"d"}',
  any: '{"open":[1]}',
};

/** Some of what fits where the definitions say more. */
const VALID = ['some-region', 'app@p.iam.gserviceaccount.com', '0 3 * * *', '512'];

/** All leaves below a shape, with values; of what groups need the rest comes along. */
function leavesOf(shape: Shape, path: string): [path: string, value: string][] {
  if (typeof shape === 'string') return [[path, SAMPLES[shape] ?? '']];
  if (isWords(shape)) return [[path, shape[0] ?? '']];
  if (shape.kind === 'bounded')
    return [
      [path, VALID.find((one) => shape.holds(shape.of === 'text' ? one : BigInt(/^\d+$/.test(one) ? one : 0))) ?? ''],
    ];
  if (shape.kind === 'listOf') return leavesOf(shape.of, `${path}.0`);
  if (shape.kind === 'mapOf') return leavesOf(shape.of, `${path}.some`);
  return [...shape.fields].flatMap(([name, field]) => leavesOf(field.shape, path === '' ? name : `${path}.${name}`));
}

/** What a path's groups need beside it, with sample values. */
function companionsOf(shape: Shape, path: string): string[] {
  let [of, at]: [Shape, string] = [shape, ''];
  const found: string[] = [];
  for (const step of path.split('.')) {
    if (typeof of === 'string' || isWords(of) || of.kind === 'bounded') break;
    if (of.kind !== 'group') {
      [of, at] = [of.of, `${at}${step}.`];
      continue;
    }
    for (const [name, field] of of.fields) {
      if (name === step || !field.isNeeded) continue;
      for (const [below, value] of neededOf(field.shape, `${at}${name}`)) found.push(`${below}=${value}`);
    }
    [of, at] = [of.fields.get(step)?.shape ?? 'any', `${at}${step}.`];
  }
  return found;
}

function neededOf(shape: Shape, path: string): [path: string, value: string][] {
  if (typeof shape === 'string' || isWords(shape) || shape.kind === 'bounded') return leavesOf(shape, path);
  if (shape.kind === 'listOf') return neededOf(shape.of, `${path}.0`);
  if (shape.kind === 'mapOf') return neededOf(shape.of, `${path}.some`);
  const needed = [...shape.fields].filter(([, { isNeeded }]) => isNeeded);
  if (needed.length > 0) return needed.flatMap(([name, field]) => neededOf(field.shape, `${path}.${name}`));
  const [[name, field] = ['', undefined]] = shape.fields;
  return field ? neededOf(field.shape, `${path}.${name}`) : [];
}

const flagsOf = (sets: readonly string[]): string[] => sets.flatMap((one) => ['--set', one]);

describe('a field of a provider', () => {
  const fields = Object.entries(PROVIDERS).flatMap(([provider, shape]) =>
    leavesOf(shape, '').map(([path, value]) => [provider, path, value] as const),
  );

  test('is there for each of the definitions', () => expect(fields.length).toBeGreaterThan(140));

  test.each(fields)('%s: %s', async (provider, path, value) => {
    const shape = PROVIDERS[provider] ?? 'any';
    const base = BASES[provider] ?? [];
    const isLogin = /^auth\.(?!namespace)/.test(path) || path.startsWith('authType');
    const login = isLogin ? [] : (LOGINS[provider] ?? []);
    const sets = [...login, ...companionsOf(shape, path).filter((one) => !base.includes(one)), `${path}=${value}`];
    const namespaced = path.endsWith('.namespace') && path !== 'auth.namespace';
    const scope = namespaced ? ['--cluster-store', '-n', 'other'] : [];
    const words = ['secret-store', '--name', 's', '--provider', ...base, ...scope, ...flagsOf(sets)];
    const [store] = await emit(words);
    const keys = path.split('.');
    const stores = store?.spec.provider as unknown as Record<string, unknown>;
    const found = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], stores[provider]);
    expect(found).not.toBeUndefined();
  });
});

describe('a field of a generator', () => {
  test.each(Object.keys(GENERATORS))('%s, for a namespace and for the cluster', async (kind) => {
    const shape = GENERATORS[kind] ?? 'any';
    for (const [path, value] of leavesOf(shape, '').filter(([one]) => !one.endsWith('.namespace'))) {
      const login =
        kind === 'VaultDynamicSecret' && !/^provider\.auth\.(?!namespace)/.test(path)
          ? ['provider.auth.tokenSecretRef.name=t']
          : [];
      const owner = kind === 'GitlabDeployToken' && !/^(?:projectID|groupID)/.test(path) ? ['projectID=1'] : [];
      const sets = flagsOf([...login, ...owner, ...companionsOf(shape, path), `${path}=${value}`]);
      const [one] = await emit(['generator', kind.toUpperCase(), '--name', 'g', '-n', 'prod', ...sets]);
      expect(one).toMatchObject({ kind, metadata: { name: 'g', namespace: 'prod' } });
    }
    const needed = neededOf(shape, '').map(([path, value]) => `${path.slice(1)}=${value}`);
    const extra =
      kind === 'VaultDynamicSecret'
        ? ['provider.auth.tokenSecretRef.name=t']
        : kind === 'GitlabDeployToken'
          ? ['groupID=1']
          : [];
    const sets = flagsOf([...needed, ...extra]);
    const [whole] = await emit(['generator', kind, '--name', 'g', '--cluster-wide', '-n', 'infra', ...sets]);
    expect(whole).toMatchObject({ kind: 'ClusterGenerator', spec: { kind } });
  });
});

describe('is refused', () => {
  const vault = ['secret-store', '--name', 's', '--provider', 'vault', '--server', 'https://v:8200'];
  test.each<[string[], string]>([
    [[...vault, '--role', 'r', '--set', 'auth.ldap.usrname=u'], 'there is no field usrname'],
    [[...vault, '--set', 'auth.ldap.username=u', '--set', 'auth.iam.vaultRole=r'], 'exactly one way to log in'],
    [[...vault, '--role', 'r', '--set', 'version=v3'], 'It can be v1, v2'],
    [[...vault, '--role', 'r', '--set', 'readYourWrites=yes'], 'is true or false'],
    [[...vault, '--role', 'r', '--set', 'spec'], 'not of the form PATH=VALUE'],
    [[...vault, '--role', 'r', '--set', 'spec.retrySettings.maxRetries=x'], 'there is no field spec'],
    [[...vault, '--role', 'r', '--set', 'retrySettings.maxRetries=x'], 'is a whole number'],
    [[...vault, '--role', 'r', '--set', 'conditions.3.namespaces.0=x'], 'is no place of the list'],
    [[...vault, '--role', 'r', '--set', 'tls.certSecretRef.namespace=other'], 'a SecretStore takes its own alone'],
    [[...vault, '--role', 'r', '--set', 'server.x=1'], 'nothing stands below what is a text'],
    [['generator', 'Passwort', '--name', 'g'], '"Passwort" is not a generator'],
    [['generator'], 'no kind of generator is named'],
    [['generator', 'Password', '--name', 'g', '--set', 'length=long'], 'is a whole number'],
    [['generator', 'ECRAuthorizationToken', '--name', 'g'], 'region is missing'],
  ])('%j', async (words, message) => {
    await refused(words, message);
  });

  test('fields of the store itself and of the provider are told apart', async () => {
    const sets = flagsOf([
      'retrySettings.maxRetries=3',
      'conditions.0.namespaceSelector.matchLabels.kubernetes.io/metadata.name=a',
      'headers.X-Team=red',
    ]);
    const [store] = await emit([...vault, '--role', 'r', ...sets]);
    expect(store?.spec).toMatchObject({
      retrySettings: { maxRetries: 3 },
      conditions: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'a' } } }],
      provider: { vault: { headers: { 'X-Team': 'red' } } },
    });
  });
});
