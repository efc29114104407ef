/** `emit rbac`: a Role for each namespace that holds just the Secrets that files name, and who gets it. */
import { afterAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Desk } from '../../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

async function rbac(text: string, ...words: string[]): Promise<{ objects: unknown[]; stderr: string; status: number }> {
  const ran = await desk.run(['emit', 'rbac', '--service-account', 'prod/app,ops/backup', ...words], {
    stdin: text,
    env: { SOPS_AGE_KEY: '' },
  });
  const documents = parseAllDocuments(ran.stdout.toString());
  const objects = 'empty' in documents ? [] : documents.map((document) => document.toJS() as unknown);
  return { objects, stderr: ran.stderr, status: ran.status };
}

/** What the Roles allow, as `NAMESPACE RESOURCE NAMES VERBS`. */
async function allowed(text: string, ...words: string[]): Promise<string[]> {
  const { objects, stderr } = await rbac(text, ...words);
  expect(stderr).toBe('');
  type Role = {
    kind: string;
    metadata: { namespace?: string };
    rules: { resources: string[]; resourceNames: string[]; verbs: string[] }[];
  };
  return (objects as Role[])
    .filter(({ kind }) => kind === 'Role')
    .flatMap(({ metadata, rules }) =>
      rules.map(({ resources, resourceNames, verbs }) =>
        [metadata.namespace ?? '-', resources.join(), resourceNames.join(), verbs.join()].join(' '),
      ),
    );
}

function secret(name: string, namespace?: string): string {
  const place = namespace === undefined ? '' : `, namespace: ${namespace}`;
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}${place}}\nstringData: {a: b}\n---\n`;
}

const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: k, namespace: prod}
spec: {provider: {kubernetes: {remoteNamespace: shared}}}
---
`;
const external = (spec: string): string =>
  `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: prod}\nspec: {secretStoreRef: {name: k}, ${spec}}\n`;

test('a Role and its binding, whole', async () => {
  const { objects } = await rbac(secret('db', 'prod'), '--name', 'db-reader');
  const apiGroup = 'rbac.authorization.k8s.io';
  expect(objects).toEqual([
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata: { name: 'db-reader', namespace: 'prod' },
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['db'], verbs: ['get'] }],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'db-reader', namespace: 'prod' },
      roleRef: { apiGroup, kind: 'Role', name: 'db-reader' },
      subjects: [
        { kind: 'ServiceAccount', name: 'app', namespace: 'prod' },
        { kind: 'ServiceAccount', name: 'backup', namespace: 'ops' },
      ],
    },
  ]);
});

describe('what is named', () => {
  test.each([
    ['each name once, in order', secret('b', 'x') + secret('a', 'x') + secret('b', 'x'), ['x secrets a,b get']],
    ['a Role for each namespace', secret('a', 'y') + secret('b', 'x'), ['x secrets b get', 'y secrets a get']],
    ['no namespace', secret('a'), ['- secrets a get']],
    [
      'a SealedSecret',
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s, namespace: x}\n',
      ['x secrets s get'],
    ],
    [
      'an ExternalSecret of another namespace',
      STORE + external('data: [{remoteRef: {key: remote}}], dataFrom: [{extract: {key: whole}}]'),
      ['shared secrets remote,whole get'],
    ],
    [
      'that of a store that says no namespace',
      STORE.replace('remoteNamespace: shared', '') + external('data: [{remoteRef: {key: remote}}]'),
      ['default secrets remote get'],
    ],
    [
      'a store of another kind',
      `${STORE.replace('kubernetes', 'vault') + external('data: [{remoteRef: {key: r}}]')}---\n${secret('a', 'x')}`,
      ['x secrets a get'],
    ],
    [
      'references',
      'a: ref+k8s://v1/Secret/x/one#/k\nb: "- ref+k8s://v1/Secret/x/two/k+"\nc: ref+k8s://v1/ConfigMap/x/three/k\n# ref+k8s://v1/Secret/x/comment#/k\n',
      ['x secrets one,two get', 'x configmaps three get'],
    ],
  ])('%s', async (_what, text, roles) => {
    expect(await allowed(text)).toEqual(roles);
  });

  test('--namespace is for those without one', async () => {
    expect(await allowed(secret('a') + secret('b', 'x'), '-n', 'y')).toEqual(['x secrets b get', 'y secrets a get']);
  });

  test('encrypted Secrets, without a key', async () => {
    desk.write('s.yaml', await desk.encrypt('s.yaml', secret('sealed', 'x'), '--encrypted-regex', '^stringData$'));
    expect(await allowed('', 's.yaml')).toEqual(['x secrets sealed get']);
  });
});

describe('errors', () => {
  test.each([
    ['nothing', 'a: b\n', [], 'no Secret is named in standard input'],
    ['a search', STORE + external('dataFrom: [{find: {name: {regexp: a}}}]'), [], 'find lists all Secrets'],
    [
      'a store that is not there',
      external('data: [{remoteRef: {key: r}}]'),
      [],
      'SecretStore k is not among the files',
    ],
    ['no name', 'apiVersion: v1\nkind: Secret\nmetadata: {generateName: a-}\n', [], 'no name'],
    ['a name that is not one', secret('A_b', 'x'), [], 'is not a name for an object'],
    ['another kind', 'a: ref+k8s://v1/Pod/x/y#/k\n', [], 'names no Secret'],
    ['a service account without a namespace', secret('a'), ['--service-account', 'app'], 'NS/NAME'],
  ])('%s', async (_what, text, words, said) => {
    const ran = await rbac(text, ...words);
    expect([ran.status === 0, ran.objects]).toEqual([false, []]);
    expect(ran.stderr).toContain(said);
  });

  test('an encrypted name', async () => {
    desk.write(
      'all.yaml',
      await desk.encrypt('all.yaml', secret('hidden', 'x'), '--unencrypted-regex', '^(apiVersion|kind)$'),
    );
    expect((await rbac('', 'all.yaml')).stderr).toContain('its name is encrypted');
  });

  test('nobody to read', async () => {
    const ran = await desk.run(['emit', 'rbac'], { stdin: secret('a') });
    expect(ran.stderr).toContain('--service-account is missing');
  });
});
