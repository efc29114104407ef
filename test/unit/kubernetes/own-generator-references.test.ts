/** `resolveRefs: true` of our own kind: values in the place of references, in both forms, and nothing when one fails. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Desk } from '../../support/desk.js';
import { runPlugin } from '../../support/kubernetes.js';
import { HttpService } from '../keys/http-service.js';
import { HEAD, keyOf } from './generator-desk.js';

const desk = new Desk();
let server: HttpService;
const MANIFEST = `apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: ref+vault://kv/app#/k # why
  url: postgres://ref+vault://kv/app#/k+@db
  file: ref+file://value.txt
`;

beforeAll(async () => {
  desk.write('db.enc.yaml', await desk.encrypt('x.yaml', MANIFEST));
  desk.write('app.enc.env', await desk.encrypt('app.env', 'A=ref+vault://kv/app#/k\nB=two\n'));
  desk.write('conf.enc.json', await desk.encrypt('conf.json', '{"db": {"user": "ref+vault://kv/app#/k"}}\n'));
  desk.write('value.txt', 'from a file');
});
beforeEach(async () => {
  server = await HttpService.start(({ path }) => {
    if (path.startsWith('/v1/sys/internal/ui/mounts/'))
      return { body: '{"data":{"path":"kv/","options":{"version":"2"}}}' };
    if (path === '/v1/kv/data/app') return { body: '{"data":{"data":{"k":"from vault"},"metadata":{"version":1}}}' };
    return { status: 404, body: '{"errors":[]}' };
  });
});
afterEach(() => server.close());
afterAll(() => desk.remove());

const env = () => ({ ...keyOf(desk), VAULT_ADDR: server.url, VAULT_TOKEN: 'token' });
const legacy = async (config: string, stdin = '') => {
  desk.write('gen.yaml', HEAD + config);
  const kustomize: Record<string, string> = stdin === '' ? {} : { KUSTOMIZE_PLUGIN_CONFIG_ROOT: desk.folder };
  const ran = await runPlugin(['gen.yaml'], { cwd: desk.folder, env: { ...env(), ...kustomize }, stdin });
  return { ...ran, out: ran.stdout.toString() };
};
const objectsIn = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as Record<string, unknown>);

describe('resolveRefs', () => {
  test('puts values into manifests, whose text stays', async () => {
    const { status, stderr, out } = await legacy('resolveRefs: true\nfiles: [db.enc.yaml]\n');
    expect([status, stderr]).toEqual([0, '']);
    expect(out).toBe(
      MANIFEST.replace('ref+vault://kv/app#/k #', 'from vault #')
        .replace('ref+vault://kv/app#/k+', 'from vault')
        .replace('ref+file://value.txt', 'from a file'),
    );
    expect(server.received.filter(({ path }) => path.includes('/data/'))).toHaveLength(1);
  });

  test('and into Secrets that are made of files, variables and parts', async () => {
    const { out } = await legacy(
      'resolveRefs: true\nsecretFrom:\n- metadata: {name: s}\n  files: [{path: conf.enc.json, extract: db.user}, conf.enc.json]\n  envs: [app.enc.env]\n',
    );
    expect(objectsIn(out)[0]).toMatchObject({
      stringData: {
        user: 'from vault',
        'conf.enc.json': '{"db": {"user": "from vault"}}\n',
        A: 'from vault',
        B: 'two',
      },
    });
  });

  test('and, as a transformer, into all objects of the build', async () => {
    const plain = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "ref+vault://kv/app#/k", b: x}\n';
    const { status, out } = await legacy('resolveRefs: true\nfiles: [db.enc.yaml]\n', plain);
    expect([status, objectsIn(out).map(({ kind }) => kind)]).toEqual([0, ['ConfigMap', 'Secret']]);
    expect(objectsIn(out)[0]).toMatchObject({ data: { a: 'from vault', b: 'x' } });
  });

  test('in the KRM form, too', async () => {
    const config = `${HEAD.replace('{name: gen}', "{name: gen, annotations: {config.kubernetes.io/local-config: 'true'}}")}resolveRefs: true\nfiles: [db.enc.yaml]\n`;
    const indented = config.trimEnd().replaceAll('\n', '\n  ');
    const stdin = `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- ${indented}\nfunctionConfig:\n  ${indented}\n`;
    const ran = await runPlugin([], { cwd: desk.folder, env: env(), stdin });
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout.toString()).toContain('from vault');
  });

  test('is off without it, and for the kind of ksops unknown', async () => {
    expect((await legacy('files: [db.enc.yaml]\n')).out).toBe(MANIFEST);
    desk.write(
      'ksops.yaml',
      'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nresolveRefs: true\nfiles: [db.enc.yaml]\n',
    );
    const ran = await runPlugin(['ksops.yaml'], { cwd: desk.folder, env: env() });
    expect(ran.stdout.toString()).toContain('ref+vault://kv/app#/k');
    expect(server.received).toEqual([]);
  });

  test.each([
    ['a secret that is not there', 'ref+vault://kv/none#/k', 'kv/none'],
    ['a program', 'ref+exec://touch/pwned', 'work only where you allow them'],
    ['a file outside', 'ref+file:///etc/hostname', 'work only where you allow them'],
  ])('prints nothing for %s', async (_, reference, said) => {
    desk.write('bad.enc.yaml', await desk.encrypt('x.yaml', MANIFEST.replace('ref+file://value.txt', reference)));
    const { status, stderr, out } = await legacy('resolveRefs: true\nfiles: [db.enc.yaml, bad.enc.yaml]\n');
    expect([status, out]).toEqual([1, '']);
    expect(stderr).toContain(said);
    expect(desk.names()).not.toContain('pwned');
  });
});
