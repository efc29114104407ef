/** References to Secrets and ConfigMaps, read from an API server of the tests' own over TLS. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { type Ran, withoutNotes } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { ProgramFolder } from '../keys/programs.js';
import { CERTIFICATE, KEY, KubernetesService, POD_TOKEN, status, TOKEN } from './kubernetes-service.js';

const test = sampledTest(2);

const desk = new Desk();
const programs = new ProgramFolder();
let server: KubernetesService;
beforeAll(() => mkdirSync(join(desk.folder, 'home/.kube'), { recursive: true }));
beforeEach(async () => {
  server = await KubernetesService.start();
  writeConfig(`token: ${TOKEN}`);
});
afterEach(() => server.close());
afterAll(() => {
  desk.remove();
  programs.remove();
});

/** A kubeconfig in the usual place, unless a path is given. */
function writeConfig(user: string, path = 'home/.kube/config', cluster = ''): string {
  return desk.write(
    path,
    `apiVersion: v1
kind: Config
current-context: main
contexts:
- {name: main, context: {cluster: here, user: joe}}
- {name: elsewhere, context: {cluster: gone, user: joe}}
clusters:
- name: here
  cluster:
    server: ${server.url}
    certificate-authority: ${CERTIFICATE}
${cluster}- name: gone
  cluster: {server: "https://127.0.0.1:1"}
users:
- name: joe
  user:
    ${user}
`,
  );
}

const refs = (text: string, env: Record<string, string> = {}): Promise<Ran> => desk.run(['refs', 'get', text], { env });

async function got(text: string, env?: Record<string, string>): Promise<string> {
  const ran = await refs(text, env);
  expect([withoutNotes(ran), ran.status]).toEqual(['', 0]);
  return ran.stdout.toString();
}

const USER = 'ref+k8s://v1/Secret/prod/db/user';

describe('what is read', () => {
  test.each([
    ['a key as the last step', USER, 'app'],
    ['a key behind #', 'ref+k8s://v1/Secret/prod/db#/password', 'pässwörd <&>'],
    [
      'all of it',
      'ref+k8s://v1/Secret/prod/db',
      '{"password":"pässwörd \\u003c\\u0026\\u003e","port":"5432","user":"app"}',
    ],
    ['a Secret that holds nothing', 'ref+k8s://v1/Secret/prod/empty', '{}'],
    ['a ConfigMap', 'ref+k8s://v1/ConfigMap/prod/settings/mode', 'fast'],
  ])('%s', async (_, text, value) => {
    expect(await got(text)).toBe(value);
  });

  test('as large as a Secret may be', async () => {
    expect((await got('ref+k8s://v1/Secret/prod/large#/blob')).length).toBe(1_000_000);
  });

  test('once for all of its keys', async () => {
    const text =
      'ref+k8s://v1/Secret/prod/db/user+:ref+k8s://v1/Secret/prod/db#/password+@ref+k8s://v1/Secret/prod/db#/port';
    expect(await got(text)).toBe('app:pässwörd <&>@5432');
    expect(server.received).toHaveLength(1);
  });
});

describe('who asks', () => {
  test.each([
    ['a password', '{username: joe, password: hush}', `Basic ${Buffer.from('joe:hush').toString('base64')}`],
    [
      'a token in a file beside the kubeconfig, not the one in it',
      '{tokenFile: token.txt, token: old}',
      `Bearer ${TOKEN}`,
    ],
  ])('%s', async (_, user, expected) => {
    desk.write('home/.kube/token.txt', `${TOKEN}\n`);
    writeConfig(user);
    expect(await got(USER)).toBe('app');
    expect(server.received[0]?.headers.authorization).toBe(expected);
  });

  test('another one, whom the user stands for, each group in a header of its own', async () => {
    writeConfig(`{token: ${TOKEN}, as: ci, as-groups: [readers, a b], as-user-extra: {example.org/x: [y]}}`);
    await got(USER);
    // Node puts a comma between several headers of one name.
    expect(server.received[0]?.headers).toMatchObject({
      'impersonate-user': 'ci',
      'impersonate-group': 'readers, a b',
      'impersonate-extra-example.org%2fx': 'y',
    });
  });

  test('whoever a program says, which is told the cluster', async () => {
    const credential = JSON.stringify({ kind: 'ExecCredential', status: { token: TOKEN } });
    const program = programs.addShellScript(
      'login',
      `echo "$EXTRA $1 \${SOPS_AGE_KEY:-no-key} $KUBERNETES_EXEC_INFO" >"$(dirname "$0")/told"; echo '${credential}'`,
    );
    writeConfig(
      `exec: {apiVersion: client.authentication.k8s.io/v1, command: ${program}, args: [get], env: [{name: EXTRA, value: more}], provideClusterInfo: true}`,
    );
    expect(await got(USER)).toBe('app');
    const [told = ''] = programs.lines('told');
    expect(told).toMatch(/^more get no-key \{.*"interactive":false/);
    expect(told).toContain(server.url);
  });

  test('whoever has the certificate', async () => {
    const mutual = await KubernetesService.start(true);
    try {
      const path = writeConfig(`{client-certificate: ${CERTIFICATE}, client-key: ${KEY}}`, 'mutual.yaml');
      desk.write('mutual.yaml', desk.text('mutual.yaml').replace(server.url, mutual.url));
      expect(await got(USER, { KUBECONFIG: path })).toBe('app');
    } finally {
      await mutual.close();
    }
  });

  test('the service account of a pod', async () => {
    desk.write('token', `${POD_TOKEN}\n`);
    desk.write('ca.crt', `${(await import('node:fs')).readFileSync(CERTIFICATE)}`);
    const { hostname, port } = new URL(server.url);
    const env = {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      SOPS_TS_SERVICE_ACCOUNT: desk.folder,
    };
    expect(await got('ref+k8s://v1/Secret/prod/db/user?inCluster', env)).toBe('app');
    expect(await got(USER, { ...env, HOME: desk.path('nowhere') })).toBe('app');
    expect(new Set(server.received.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${POD_TOKEN}`]),
    );
    expect((await refs('ref+k8s://v1/Secret/prod/db/user?inCluster')).stderr).toContain('inCluster is for pods');
  });
});

describe('kubeconfig', () => {
  test('is merged from several files, the first one wins, and those that are not there are passed over', async () => {
    const first = desk.write('first.yaml', 'current-context: main\nusers: [{name: joe, user: {token: wrong}}]\n');
    const second = writeConfig(`token: ${TOKEN}`, 'second.yaml');
    const ran = await refs(USER, { KUBECONFIG: `${desk.path('none.yaml')}:${first}:${second}` });
    expect(ran.status).toBe(77);
    expect(await got(USER, { KUBECONFIG: `${desk.path('none.yaml')}:${second}:${first}` })).toBe('app');
  });

  test('a server is checked, whatever address it has, unless the cluster says otherwise', async () => {
    desk.write('home/.kube/config', desk.text('home/.kube/config').replace(/ {4}certificate-authority: .*\n/, ''));
    const refused = await refs(USER);
    expect([refused.status, server.received.length]).toEqual([69, 0]);
    writeConfig(`token: ${TOKEN}`, 'home/.kube/config', '    insecure-skip-tls-verify: true\n');
    expect(await got(USER)).toBe('app');
  });

  test.each([
    ['a context that is not there', 'current-context: main', 'current-context: none', 'no context called "none"'],
    ['no context', 'current-context: main', 'other: main', 'no current-context is set'],
    ['no server', /server: https.*/, 'server: file:///etc', 'no server that is a URL'],
    [
      'a server without TLS',
      /server: https.*/,
      'server: http://127.0.0.1:1',
      'credentials do not go to http://127.0.0.1:1',
    ],
    [
      'a proxy that is not one',
      /server: (.*)/,
      'server: $1\n    proxy-url: socks5://x',
      'proxy-url is neither http nor https',
    ],
    ['what is not YAML', /contexts:/, 'contexts: [', 'is not YAML'],
    [
      'a program that is not there',
      /token: .*/,
      'exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such, installHint: Get it}',
      'no-such',
    ],
    [
      'a program that fails',
      /token: .*/,
      'exec: {apiVersion: client.authentication.k8s.io/v1, command: "false"}',
      'false failed: exit status 1',
    ],
    [
      'a program that says nothing',
      /token: .*/,
      'exec: {apiVersion: client.authentication.k8s.io/v1, command: "true"}',
      'gave neither a token',
    ],
    ['what Kubernetes has no more', /token: .*/, 'auth-provider: {name: gcp}', 'auth-provider'],
  ])('with %s is an error that says so', async (_, from, to, said) => {
    desk.write('home/.kube/config', desk.text('home/.kube/config').replace(from, to));
    const ran = await refs(USER);
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).not.toContain(TOKEN);
  });

  test('that is not there is told', async () => {
    expect((await refs(USER, { HOME: desk.path('nowhere') })).stderr).toContain('there is no kubeconfig');
  });
});

describe('what fails', () => {
  test.each([
    ['a name that is not there', 'ref+k8s://v1/Secret/prod/none/x', 66, 'secrets "x" not found'],
    ['a key that is not there', 'ref+k8s://v1/Secret/prod/db/none', 66, 'the Secret prod/db has no key none'],
    ['what may not be read', 'ref+k8s://v1/Secret/other/db/x', 77, 'emit rbac'],
    ['another kind', 'ref+k8s://v1/Pod/prod/db', 65, 'v1/Secret/NAMESPACE/NAME'],
    ['another version', 'ref+k8s://apps/v1/Secret/prod/db', 65, 'v1/Secret/NAMESPACE/NAME'],
    ['a way to another endpoint', 'ref+k8s://v1/Secret/prod/%2e%2e/x', 65, 'v1/Secret/NAMESPACE/NAME'],
    ['a key twice', 'ref+k8s://v1/Secret/prod/db/user#/x', 65, 'not both'],
    ['an answer of something else', 'ref+k8s://v1/Secret/prod/strange/x', 69, 'cannot be understood'],
  ])('%s', async (_, text, expected, said) => {
    const ran = await refs(text);
    expect([ran.status, ran.stdout.toString()]).toEqual([expected, '']);
    expect(ran.stderr).toContain(said);
  });

  test('a server that is busy is asked again, when it says; one that stays so is told', async () => {
    server.replies.push(status(429, 'too many', { 'retry-after': '1' }), status(503, 'starting'));
    const before = Date.now();
    expect(await got(USER)).toBe('app');
    expect(Date.now() - before).toBeGreaterThanOrEqual(1000);
    server.replies.push(
      ...Array.from({ length: 8 }, () => status(500, `boom Bearer ${TOKEN}`, { 'retry-after': '0' })),
    );
    const ran = await refs(USER);
    expect([ran.status, ran.stderr.includes(TOKEN)]).toEqual([69, false]);
  });

  test('a redirect is not followed, and takes the token nowhere', async () => {
    const other = await KubernetesService.start();
    server.replies.push({
      status: 307,
      headers: { location: `${other.url}/api/v1/namespaces/prod/secrets/db` },
      body: '',
    });
    const ran = await refs(USER);
    await other.close();
    expect([ran.status === 0, other.received.length]).toEqual([false, 0]);
  });
});

test('in a file, neither a kubeconfig nor a context can be chosen unless that is allowed', async () => {
  const path = writeConfig(`token: ${TOKEN}`, 'other.yaml');
  for (const parameter of [`kubeConfigPath=${path}`, 'kubeContext=main']) {
    const stdin = `a: ref+k8s://v1/Secret/prod/db/user?${parameter}\n`;
    const refused = await desk.run(['refs', 'eval'], { stdin });
    expect([refused.status, server.received.length]).toEqual([78, 0]);
    const allowed = await desk.run(['refs', 'eval', '--allow-ref', 'k8s'], { stdin });
    expect([allowed.status, allowed.stdout.toString()]).toEqual([0, 'a: app\n']);
    server.received.splice(0);
  }
});
