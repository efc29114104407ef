/** Our own kind of generator: its fields, how strictly it is read, and how it fails. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Desk } from '../../support/desk.js';
import { runPlugin } from '../../support/kubernetes.js';
import { sampledTest } from '../../support/sweep.js';
import { CANARY, generatorDesk, HEAD, keyOf, SECRET } from './generator-desk.js';

const test = sampledTest(2);

let desk: Desk;

beforeAll(async () => {
  desk = await generatorDesk();
});

afterAll(() => desk.remove());

const env = () => keyOf(desk);
async function generate(config: string) {
  desk.write('gen.yaml', HEAD + config);
  const ran = await runPlugin(['gen.yaml'], { cwd: desk.folder, env: env() });
  return { ...ran, out: ran.stdout.toString() };
}
async function objects(config: string) {
  const ran = await generate(config);
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
  return parseAllDocuments(ran.out).map((document) => document.toJS() as Record<string, unknown>);
}

describe('our own kind', () => {
  test('hands the author’s text on, comments included', async () => {
    const { out } = await generate('files: [db.enc.yaml]\n');
    expect(out).toBe(SECRET);
  });

  test('takes patterns, in the order of names, and optional files', async () => {
    const made = await objects('files:\n- glob: "**/*.enc.yaml"\n');
    expect(made.map(({ metadata }) => (metadata as { name: string }).name)).toEqual(['db', 'one', 'two']);
    expect((await generate('files: [{path: nope.yaml, optional: true}, db.enc.yaml]\n')).out).toBe(SECRET);
    const skipped = await generate('onMissing: skip\nfiles: [nope.yaml, {glob: "none/*"}, db.enc.yaml]\n');
    expect(skipped).toMatchObject({
      status: 0,
      out: SECRET,
      stderr: 'warning: nope.yaml is not there and passed over\n',
    });
  });

  test('makes Secrets, with one value of a file, and bytes that are not text under data', async () => {
    const [made] = await objects(`secretFrom:
- metadata: {name: s, namespace: n, labels: {l: "1"}, annotations: {a: x}}
  type: example.com/t
  files:
  - {path: conf.enc.json, extract: db.user}
  - {path: conf.enc.json, extract: '["db"]["port"]', key: port}
  - raw=bytes.enc
  binaryFiles: [app.enc.env]
  envs: [app.enc.env]
`);
    expect(made).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'n', labels: { l: '1' }, annotations: { a: 'x' } },
      type: 'example.com/t',
      data: { raw: '/wBh', 'app.enc.env': Buffer.from('A=1\nB=two\n').toString('base64') },
      stringData: { user: 'root', port: '5432', A: '1', B: 'two' },
    });
  });

  test('marks objects, entries of their own before the whole', async () => {
    const made = await objects(`needsHash: true
behavior: merge
immutable: true
dataOnly: true
files: [db.enc.yaml]
secretFrom:
- {metadata: {name: s}, envs: [app.enc.env], needsHash: false, behavior: replace, immutable: false, dataOnly: false}
`);
    expect(made).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 'db',
          annotations: {
            'kustomize.config.k8s.io/needs-hash': 'true',
            'kustomize.config.k8s.io/behavior': 'merge',
          },
        },
        immutable: true,
        data: { password: Buffer.from(CANARY).toString('base64'), pin: Buffer.from('007').toString('base64') },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', annotations: { 'kustomize.config.k8s.io/behavior': 'replace' } },
        stringData: { A: '1', B: 'two' },
      },
    ]);
  });

  test('macPolicy: skip takes a file whose readable part was changed', async () => {
    desk.write(
      'moved.enc.yaml',
      (await desk.encrypt('x.yaml', SECRET, '--encrypted-regex', '^stringData$'))
        .toString()
        .replace('name: db', 'name: moved'),
    );
    expect((await generate('files: [moved.enc.yaml]\n')).stderr).toContain('moved.enc.yaml: MAC mismatch');
    const [made] = await objects('macPolicy: skip\nfiles: [moved.enc.yaml]\n');
    expect(made?.metadata).toEqual({ name: 'moved' });
  });

  test.each([
    ['resolveReferences: true\nfiles: []\n', 'unknown field resolveReferences'],
    ['files: []\nfailSilently: true\n', 'unknown field failSilently'],
    ['secretFrom: [{metadata: {name: s, annotation: {}}, envs: [app.enc.env]}]\n', 'secretFrom[0].metadata.annotation'],
    ['secretFrom: [{metadata: {}, envs: []}]\n', 'secretFrom[0].metadata.name is missing'],
    ['secretFrom: [{envs: []}]\n', 'secretFrom[0].metadata is missing'],
    ['{}\n', 'line'],
    ['onMissing: maybe\nfiles: []\n', 'onMissing must be one of error, skip'],
    ['behavior: add\nfiles: []\n', 'behavior must be one of create, merge, replace'],
    ['needsHash: "true"\nfiles: []\n', 'needsHash must be true or false'],
    ['files: db.enc.yaml\n', 'files must be a list'],
    ['files: [{glob: x, path: y}]\n', 'files[0] needs either path or glob'],
    ['files: [{path: y, extract: a}]\n', 'unknown field files[0].extract'],
    ['files: [007]\n', 'files[0] must be a text'],
    ['secretFrom: [{metadata: {name: true}, envs: []}]\n', 'secretFrom[0].metadata.name must be a text'],
    ['secretFrom: [{metadata: {name: s}, files: ["a=b=c"]}]\n', 'more than one ='],
    ['note: 1\n', 'unknown field note'],
  ])('refuses %j', async (config, problem) => {
    const ran = await generate(config);
    expect(ran.status).toBe(1);
    expect(ran.out).toBe('');
    expect(ran.stderr).toContain(problem);
    expect(ran.stderr).toMatch(/^unable to generate manifests: .*\n(?: {2}.*\n)*$/);
  });

  test('refuses another version of itself', async () => {
    desk.write('gen.yaml', 'apiVersion: sops-ts.dev/v2\nkind: SopsGenerator\nmetadata: {name: g}\nfiles: []\n');
    const ran = await runPlugin(['gen.yaml'], { cwd: desk.folder, env: env() });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('known is sops-ts.dev/v1 SopsGenerator') });
  });
});

describe('faults', () => {
  /** Everything is listed behind a good file, of which nothing may come out. */
  async function failing(name: string) {
    const ran = await generate(`files: [db.enc.yaml, ${name}]\n`);
    expect(ran.status).toBe(1);
    expect(ran.out).toBe('');
    expect(ran.stderr).not.toContain(CANARY);
    return ran.stderr;
  }

  test('a missing file', async () => {
    expect(await failing('nope.enc.yaml')).toBe(
      'unable to generate manifests: open nope.enc.yaml: no such file or directory\n',
    );
  });

  test('a key that nobody has', async () => {
    const other = new Desk();
    desk.write('other.enc.yaml', await other.encrypt('x.yaml', SECRET));
    other.remove();
    expect(await failing('other.enc.yaml')).toContain('other.enc.yaml: Failed to get the data key');
  });

  test('a value added in plain text', async () => {
    const sealed = (
      await desk.encrypt('x.yaml', SECRET.replace('name: db', 'name: half'), '--encrypted-regex', '^stringData$')
    ).toString();
    desk.write('half.enc.yaml', sealed.replace('stringData:\n', `stringData:\n  added: ${CANARY}\n`));
    expect(await failing('half.enc.yaml')).toMatch(/half\.enc\.yaml: .*stringData\.added|half\.enc\.yaml/);
  });

  test('ciphertext that the metadata does not cover', async () => {
    const sealed = await desk.encrypt('x.yaml', SECRET, '--encrypted-regex', '^stringData$');
    const value = /password: (.*)/.exec(sealed.toString())?.[1] ?? expect.fail();
    const twice = SECRET.replace('name: db', `name: twice\n  annotations: {x: "${value}"}`);
    desk.write('twice.enc.yaml', await desk.encrypt('x.yaml', twice, '--encrypted-regex', '^stringData$'));
    expect(await failing('twice.enc.yaml')).toContain(
      'Secret twice: is still encrypted: metadata.annotations.x is ciphertext (in twice.enc.yaml)',
    );
  });

  test('a symbolic link that leads out of the folder', async () => {
    const outside = new Desk();
    outside.write('out.enc.yaml', await desk.encrypt('x.yaml', SECRET));
    symlinkSync(outside.path('out.enc.yaml'), desk.path('link.enc.yaml'));
    expect(await failing('link.enc.yaml')).toContain('link.enc.yaml is a symbolic link to a file outside');
    expect((await generate(`files: [${outside.path('out.enc.yaml')}]\n`)).out).toBe(SECRET);
    outside.remove();
  });

  test('two objects of one name', async () => {
    desk.write('again.enc.yaml', await desk.encrypt('x.yaml', SECRET));
    expect(await failing('again.enc.yaml')).toContain('Secret db comes out twice, from db.enc.yaml and again.enc.yaml');
  });

  test('a file that is not an object, and one without a name', async () => {
    desk.write('map.enc.yaml', await desk.encrypt('x.yaml', 'a: 1\n'));
    expect(await failing('map.enc.yaml')).toContain('apiVersion is missing');
    desk.write('nameless.enc.yaml', await desk.encrypt('x.yaml', 'apiVersion: v1\nkind: A\n'));
    expect(await failing('nameless.enc.yaml')).toContain('(in nameless.enc.yaml)');
  });

  test('a Secret that the API server would refuse', async () => {
    desk.write(
      'bad.enc.yaml',
      await desk.encrypt('x.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: b}\ndata: {k: "no base64"}\n'),
    );
    expect(await failing('bad.enc.yaml')).toContain('Secret b: data.k is not standard base64');
  });

  test('dotenv text is never quoted', async () => {
    desk.write('bad.enc.txt', await desk.encrypt('bad.txt', `OK=1\nK-${CANARY}=1\n`));
    const ran = await generate('secretFrom: [{metadata: {name: s}, envs: [bad.enc.txt]}]\n');
    expect(ran.stderr).toContain(
      'error unmarshalling .env file "bad.enc.txt": unexpected character in variable name in line 2',
    );
    expect(ran.stderr).not.toContain(CANARY);
  });
});

describe('calling the plug-in', () => {
  test('wrongly shows how', async () => {
    const ran = await runPlugin(['a', 'b'], { cwd: desk.folder });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('sops-ts-kustomize install') });
    const help = await runPlugin(['--help'], { cwd: desk.folder });
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(await runPlugin(['install'], { cwd: desk.folder })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('destination directory'),
    });
    const missing = await runPlugin(['nope.yaml'], { cwd: desk.folder });
    expect(missing).toMatchObject({ status: 1, stderr: 'unable to read in manifest: nope.yaml\n' });
  });

  test('as legacy transformer: the objects of the build, decrypted, and its own', async () => {
    const sealed = await desk.encrypt('x.yaml', SECRET.replace('name: db', 'name: listed'));
    desk.write('t.yaml', `${HEAD}files: [more/one.enc.yaml]\n`);
    const stdin = `kind: ConfigMap\napiVersion: v1\nmetadata: {name: cm}\n---\n${sealed.toString()}`;
    const kustomize = { ...env(), KUSTOMIZE_PLUGIN_CONFIG_ROOT: desk.folder };
    const ran = await runPlugin(['t.yaml'], { cwd: desk.folder, env: kustomize, stdin });
    const names = parseAllDocuments(ran.stdout.toString()).map((one) => one.getIn(['metadata', 'name']));
    expect(names).toEqual(['cm', 'listed', 'one']);
    const byHand = await runPlugin(['t.yaml'], { cwd: desk.folder, env: env(), stdin });
    expect(byHand.stdout.toString()).toBe(SECRET.replace('name: db', 'name: one'));
  });

  test('through a copy that a build made, files are those of the source', async () => {
    const mirror = join(desk.folder, 'mirror');
    mkdirSync(join(mirror, 'more'), { recursive: true });
    desk.write('gen2.yaml', `${HEAD}files: [one.enc.yaml, ../db.enc.yaml]\n`);
    const ran = await runPlugin([desk.path('gen2.yaml')], {
      cwd: join(mirror, 'more'),
      env: { ...env(), SOPS_TS_KUSTOMIZE_MIRROR: mirror, SOPS_TS_KUSTOMIZE_SOURCE: desk.folder },
    });
    expect(ran.status, ran.stderr).toBe(0);
  });
});
