/** Publishing to Secrets of a cluster: keys, versions of the object, and who the user is there. */
import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { CLUSTER_TOKEN, TestCluster } from '../../support/cluster.js';
import { Publishing } from '../../support/publishing.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const EXEC = 'client.authentication.k8s.io/v1';

let publishing: Publishing;
let cluster: TestCluster;
beforeEach(async () => {
  publishing = await Publishing.start();
  cluster = await TestCluster.start();
  publishing.write('.kubeconfig', cluster.config());
  publishing.rules('  - kubernetes: prod/app\n');
});
afterEach(async () => {
  await cluster.http.close();
  await publishing.close();
});

const publish = (words: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  publishing.publish(words, { env: { KUBECONFIG: `${publishing.folder}/.kubeconfig`, ...env } });
async function publishText(plain: string, ...words: string[]): Promise<Ran> {
  await publishing.seal('app.yaml', plain);
  return publish(['--yes', ...words, 'app.yaml']);
}

describe('a Secret', () => {
  test('is made with its keys, and not written again', async () => {
    expect(await publishText('USER: me\nPORT: 5432\nMAP: {a: [1]}\nNONE: null\n')).toMatchObject({ status: 0 });
    expect(cluster.texts('prod/app')).toEqual({ USER: 'me', PORT: '5432', MAP: '{"a":[1]}', NONE: '' });
    expect(cluster.objects.get('prod/app')).toMatchObject({
      type: 'Opaque',
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'sops-ts' } },
    });
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ stderr: '1 file already up to date.\n' });
    expect(cluster.writings).toEqual(['POST /api/v1/namespaces/prod/secrets']);
  });

  test('of a manifest keeps its type and its bytes', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0]).toString('base64');
    const plain = `apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ntype: kubernetes.io/tls\ndata: {tls.key: ${bytes}, tls.crt: YQ==}\n`;
    await publishText(plain);
    expect(cluster.objects.get('prod/app')).toMatchObject({
      type: 'kubernetes.io/tls',
      data: { 'tls.key': bytes, 'tls.crt': 'YQ==' },
    });
  });

  test('keeps the keys of others, and loses its own old ones by --prune alone', async () => {
    cluster.put('prod/app', { THEIRS: 'x' });
    await publishText('A: 1\nB: 2\n');
    await publishText('A: 1\n');
    expect(Object.keys(cluster.texts('prod/app'))).toEqual(['THEIRS', 'A', 'B']);
    expect(await publishText('A: 1\n', '--prune')).toMatchObject({ status: 0 });
    expect(cluster.texts('prod/app')).toEqual({ THEIRS: 'x', A: '1' });
  });

  test('as JSON is one key of the name of the file', async () => {
    publishing.rules('  - kubernetes: prod/\n    layout: json\n');
    await publishText('A: 1\n');
    expect(cluster.texts('prod/app.yaml')).toEqual({ 'app.json': '{"A":1}' });
  });
});

describe('somebody else', () => {
  test('who changed a label meanwhile is no hindrance', async () => {
    cluster.put('prod/app', { A: 'old' });
    let isFirst = true;
    cluster.before = ({ method }) => {
      if (method === 'PATCH' && isFirst) cluster.put('prod/app', { A: 'old' });
      if (method === 'PATCH') isFirst = false;
      return undefined;
    };
    expect(await publishText('A: new\n')).toMatchObject({ status: 0 });
    expect(cluster.texts('prod/app')).toEqual({ A: 'new' });
  });

  test.each([
    ['a value', { A: 'theirs' }],
    ['another key', { A: 'old', B: 'theirs' }],
  ])('who changed %s meanwhile is not written over', async (_, theirs) => {
    cluster.put('prod/app', { A: 'old' });
    let isFirst = true;
    cluster.before = ({ method }) => {
      if (method === 'PATCH' && isFirst) cluster.put('prod/app', theirs);
      if (method === 'PATCH') isFirst = false;
      return undefined;
    };
    expect(await publishText('A: new\n')).toMatchObject({ status: 75 });
    expect(cluster.texts('prod/app')).toEqual(theirs);
  });

  test('who makes it meanwhile is not written over', async () => {
    cluster.before = ({ method }) => {
      if (method === 'POST') cluster.put('prod/app', { A: 'theirs' });
      return undefined;
    };
    expect(await publishText('A: new\n')).toMatchObject({ status: 75 });
  });

  test('who made it immutable is told of', async () => {
    cluster.put('prod/app', { A: 'old' }, { immutable: true });
    expect(await publishText('A: new\n')).toMatchObject({ status: 1, stderr: expect.stringContaining('is immutable') });
  });
});

describe('who the user is', () => {
  test('may be told by a program, once', async () => {
    const program = publishing.write(
      '.plugin',
      `#!/bin/sh\necho x >> "${publishing.folder}/.started"\nprintf '{"kind":"ExecCredential","status":{"token":"%s"}}' "$TOKEN_OF"\n`,
    );
    chmodSync(program, 0o755);
    const exec = {
      apiVersion: EXEC,
      command: './.plugin',
      env: [{ name: 'TOKEN_OF', value: CLUSTER_TOKEN }],
      args: null,
    };
    publishing.write('.kubeconfig', cluster.config({ exec }));
    expect(await publishText('A: x\n', '--prune')).toMatchObject({ status: 0 });
    expect(publishing.read('.started').toString()).toBe('x\n');
  });

  test('may stand in a file, and in the second of several kubeconfigs', async () => {
    publishing.write('.token', `${CLUSTER_TOKEN}\n`);
    publishing.write('.second', cluster.config({ tokenFile: '.token' }));
    publishing.write('.first', 'kind: Config\ncontexts: []\n');
    await publishing.seal('app.yaml', 'A: x\n');
    const KUBECONFIG = ['.none', '.first', '.second'].map((name) => `${publishing.folder}/${name}`).join(':');
    expect(await publish(['--yes', 'app.yaml'], { KUBECONFIG })).toMatchObject({ status: 0 });
  });

  test.each([
    ['a wrong token', { token: 'wrong' }, 'the cluster answered 401'],
    [
      'a program that is not there',
      { exec: { apiVersion: EXEC, command: 'none-such' } },
      'the program none-such, which gives',
    ],
    ['a log-in of old', { 'auth-provider': { name: 'gcp' } }, 'auth-provider'],
  ])('is told: %s', async (_, user, words) => {
    publishing.write('.kubeconfig', cluster.config(user));
    const ran = await publishText('A: s3cret\n');
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(ran.stderr).not.toMatch(/s3cret|wrong/);
  });

  test('no cluster is an error with the next step', async () => {
    await publishing.seal('app.yaml', 'A: x\n');
    const ran = await publish(['--yes', 'app.yaml'], { KUBECONFIG: '/nonexistent' });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no kubeconfig') });
  });

  test('a context that only an untrusted configuration names is not used', async () => {
    publishing.rules('  - kubernetes: prod/app\n    kubernetes_context: test\n');
    const ran = await publishText('A: x\n');
    expect([ran.status === 0, ran.stderr]).toEqual([false, expect.stringContaining('the Kubernetes context test')]);
    expect(await publish(['--yes', 'app.yaml'], { SOPS_TS_PUBLISH_ALLOWLIST: 'test' })).toMatchObject({ status: 0 });
  });
});

test.each([['prod'], ['prod/a/b'], ['Prod/app'], ['prod/App']])('the place %s is refused', async (target) => {
  publishing.rules(`  - kubernetes: ${target}\n`);
  const ran = await publishText('A: x\n');
  expect([ran.status === 0, ran.stderr]).toEqual([
    false,
    expect.stringMatching(/names no Secret|not a name of a Secret/),
  ]);
  expect(cluster.http.received).toEqual([]);
});
