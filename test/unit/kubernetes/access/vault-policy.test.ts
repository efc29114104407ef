/** `emit vault-policy`: the paths that files name, as Vault's API has them, and what is refused because it would allow more or cannot be told. */
import { afterAll, describe, expect, test } from 'vitest';
import { Desk } from '../../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

function store(vault: string, name = 'v'): string {
  return `apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: ${name}}\nspec: {provider: {${vault}}}\n---\n`;
}

function external(spec: string, name = 'v'): string {
  return `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: app, namespace: prod}\nspec:\n  secretStoreRef: {name: ${name}, kind: ClusterSecretStore}\n  ${spec}\n`;
}

async function policy(
  text: string,
  ...words: string[]
): Promise<{ paths: string[]; text: string; stderr: string; status: number }> {
  const ran = await desk.run(['emit', 'vault-policy', ...words], { stdin: text });
  const out = ran.stdout.toString();
  const found = out.matchAll(/^path "(.*)" \{\n {2}capabilities = \[(.*)\]\n\}$/gm);
  const paths = [...found].map(([, path, capabilities]) => `${path} ${capabilities?.replaceAll('"', '')}`);
  return { paths, text: out, stderr: ran.stderr, status: ran.status };
}

const PLAIN = 'vault: {server: "https://v", path: kv/team, version: v2}';

describe('paths of ExternalSecrets', () => {
  test.each([
    ['below the mount of the store', PLAIN, 'data: [{remoteRef: {key: a/b}}]', ['kv/team/data/a/b read']],
    ['with the mount in front', PLAIN, 'data: [{remoteRef: {key: kv/team/a}}]', ['kv/team/data/a read']],
    ['with data/, too', PLAIN, 'data: [{remoteRef: {key: kv/team/data/a}}]', ['kv/team/data/a read']],
    ['a store without a mount', 'vault: {server: s}', 'data: [{remoteRef: {key: kv/a}}]', ['kv/data/a read']],
    ['version 1', 'vault: {path: kv, version: v1}', 'data: [{remoteRef: {key: a}}]', ['kv/a read']],
    [
      'a search, by tags, beside a name below it',
      PLAIN,
      'dataFrom: [{find: {path: x, tags: {a: b}}}, {extract: {key: x/y}}]',
      ['kv/team/data/x/* read', 'kv/team/data/x/y read', 'kv/team/metadata/x/* read, list'],
    ],
    [
      'a search everywhere',
      PLAIN,
      'dataFrom: [{find: {name: {regexp: a}}}]',
      ['kv/team/data/* read', 'kv/team/metadata/* list'],
    ],
  ])('%s', async (_what, vault, spec, paths) => {
    expect(await policy(store(vault) + external(spec))).toMatchObject({ paths, stderr: '', status: 0 });
  });

  test('a name keeps what a search around it allows: Vault takes the most exact rule alone', async () => {
    const spec = 'dataFrom: [{find: {path: x, name: {regexp: a}}}, {extract: {key: x/y, metadataPolicy: Fetch}}]';
    const { paths } = await policy(store(PLAIN) + external(spec));
    expect(paths).toContain('kv/team/metadata/x/y read, list');
  });

  test('a store of one entry wins, and stores of other providers are passed over', async () => {
    const both = store(PLAIN) + store('aws: {service: SecretsManager, region: x}', 'other');
    const spec =
      'data: [{remoteRef: {key: a}, sourceRef: {storeRef: {name: v, kind: ClusterSecretStore}}}, {remoteRef: {key: b}}]';
    expect((await policy(both + external(spec, 'other'))).paths).toEqual(['kv/team/data/a read']);
  });

  test('a generator, and a ClusterExternalSecret', async () => {
    const text = `apiVersion: generators.external-secrets.io/v1alpha1
kind: VaultDynamicSecret
metadata: {name: g}
spec: {path: /pki/issue/web, method: POST, provider: {server: "https://v"}}
---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: c}
spec:
  externalSecretSpec:
    dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: VaultDynamicSecret, name: g}}}]
`;
    expect((await policy(text)).paths).toEqual(['pki/issue/web update']);
  });

  test.each([
    [
      'no store among the files',
      external('data: [{remoteRef: {key: a}}]'),
      'ClusterSecretStore v is not among the files',
    ],
    [
      'a search in version 1',
      store('vault: {path: kv, version: v1}') + external('dataFrom: [{find: {}}]'),
      'find is not for',
    ],
    ['an entry without a key', store(PLAIN) + external('data: [{remoteRef: {}}]'), 'names no key'],
    ['nothing of Vault', 'a: b\n', 'no path of Vault is named in standard input'],
  ])('%s is an error', async (_what, text, words) => {
    const ran = await policy(text);
    expect([ran.status === 0, ran.text]).toEqual([false, '']);
    expect(ran.stderr).toContain(words);
  });
});

describe('paths of references', () => {
  test.each([
    ['ref+vault://secret/a/b#/k', [], ['secret/data/a/b read']],
    ['ref+openbao://secret/a/b/k', [], ['secret/data/a/b read']],
    ['ref+vault://old/kv/a#/k', ['--mount', 'old/kv=1,other'], ['old/kv/a read']],
    ['ref+vault://old/a#/k', ['--kv-version', '1'], ['old/a read']],
    ['ref+vault://database/creds/app/password', [], ['database/creds/app read']],
    ['ref+vault://kubernetes/creds/app#/token', [], ['kubernetes/creds/app update']],
    ['ref+vault://ssh/sign/app#/signed_key', [], ['ssh/sign/app update']],
    ['ref+vault://secret/creds/app#/k', ['--mount', 'secret'], ['secret/data/creds/app read']],
    ['ref+vault://odd/app#/k', ['--mount', 'odd=dynamic'], ['odd/app read']],
    ['ref+echo://x/ref+vault://secret/inner#/k+', [], ['secret/data/inner read']],
    ['ref+vault://secret/a#/ref+echo://k+', [], ['secret/data/a read']],
  ])('%s %j', async (reference, words, paths) => {
    expect(await policy(`a: "${reference}"\n`, ...words)).toMatchObject({ paths, stderr: '', status: 0 });
  });

  test('a file that is not YAML', async () => {
    desk.write('app.tpl', '{{ A }} ref+vault://secret/a#/k\n\t: ref+vault://secret/b#/k\n');
    expect((await policy('', 'app.tpl')).paths).toEqual(['secret/data/a read', 'secret/data/b read']);
  });

  test.each([
    ['ref+vault://secret/a*#/k', 'cannot stand in a policy'],
    ['ref+vault://secret/%2B/a#/k', 'cannot stand in a policy'],
    ['ref+vault://secret/{{x}}#/k', 'cannot stand in a policy'],
    ['ref+vault://secret/ref+echo://x/y+#/k', 'holds another reference'],
    ['ref+vault://secret/k', 'names no secret below a mount'],
  ])('%s is refused', async (reference, words) => {
    const ran = await policy(`a: "${reference}"\n`);
    expect([ran.status === 0, ran.text]).toEqual([false, '']);
    expect(ran.stderr).toContain(words);
  });

  test('encrypted values are told of, those of Secrets are not', async () => {
    desk.write(
      'v.yaml',
      await desk.encrypt('v.yaml', 'a: ref+vault://secret/hidden#/k\nb_unencrypted: ref+vault://secret/b#/k\n'),
    );
    const ran = await policy('', 'v.yaml');
    expect(ran.paths).toEqual(['secret/data/b read']);
    expect(ran.stderr).toContain('v.yaml has encrypted values');
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: b}\n';
    desk.write('s.yaml', await desk.encrypt('s.yaml', secret, '--encrypted-regex', '^stringData$'));
    expect((await policy('', 's.yaml', 'v.yaml')).stderr).not.toContain('s.yaml');
  });
});

describe('one policy is for one namespace of one server', () => {
  const text = `a: ref+vault://secret/a?namespace=one#/k
b: ref+vault://secret/b?namespace=two#/k
c: ref+vault://secret/c#/k
d: ref+vault://secret/d?namespace=one&address=https://other#/k
`;
  test('several are an error that names them', async () => {
    expect((await policy(text)).stderr).toContain('for all of one, two');
    const servers = `${text}e: ref+vault://secret/e?address=https://third#/k\n`;
    expect((await policy(servers)).stderr).toContain('for all of https://other, https://third');
  });

  test('one can be chosen', async () => {
    const { paths } = await policy(text, '--vault-namespace', 'two/');
    expect(paths).toEqual(['secret/data/b read', 'secret/data/c read']);
    const other = await policy(text, '--vault-namespace', 'one', '--server', 'https://else');
    expect(other.paths).toEqual(['secret/data/a read', 'secret/data/c read']);
  });

  test('addresses that mean one server are one', async () => {
    const same = 'a: ref+vault://m/a?address=https://v#/k\nb: ref+vault://m/b?address=https://v:443/#/k\n';
    expect((await policy(same)).paths).toHaveLength(2);
  });
});
