/** The commands below `kustomize` that need no kustomize. */
import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';
import { CANARY, FINE, SECRET, sealSecret } from './secret-file.js';

const test = sampledTest(2);

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

const sealed = (text: string, ...flags: string[]) => sealSecret(desk, text, ...flags);
interface Printed {
  readonly metadata?: object;
  readonly data?: Record<string, string>;
  readonly stringData?: Record<string, string>;
}
const docs = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as Printed);

/** Every kind of input of a Secret, and all that may be said of it. */
const OF_ALL_KINDS = [
  ...'--name made --namespace prod --type example.com/t'.split(' '),
  ...'--from-env a.enc.env --from-env b.yaml --from-env c.json'.split(' '),
  ...'--from-file bytes --from-file note=text.enc --from-binary raw=text.enc'.split(' '),
  ...['--label', 'a=b', '--annotation', 'x/y=1 2', '--immutable', '--needs-hash', '--behavior', 'merge'],
];
const MADE = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'made',
    namespace: 'prod',
    labels: { a: 'b' },
    annotations: {
      'x/y': '1 2',
      'kustomize.config.k8s.io/needs-hash': 'true',
      'kustomize.config.k8s.io/behavior': 'merge',
    },
  },
  type: 'example.com/t',
  immutable: true,
  data: { bytes: '/w==', raw: 'aGVsbG8=' },
  stringData: { note: 'hello', A: '1', B: 'two', C: '3', D: '4' },
};

describe('kustomize generate', () => {
  const generate = (...words: string[]) => desk.run(['kustomize', 'generate', ...words]);

  test('decrypts manifests, keeps comments and order, unpacks lists', async () => {
    desk.write('s.enc.yaml', await sealed(FINE));
    expect((await generate('s.enc.yaml')).stdout.toString()).toBe(
      FINE.replace('"canary-77ab"', 'canary-77ab').replace('|\n    YWJj\n    ZGVm', 'YWJjZGVm'),
    );
    const sorted = (await generate('--sort', '--no-comments', 's.enc.yaml')).stdout.toString();
    expect(Object.keys(docs(sorted)[0] ?? {})).toEqual(['apiVersion', 'data', 'kind', 'metadata', 'stringData']);
    expect(sorted).not.toContain('#');
  });

  test('makes a Secret of every kind of input, encrypted or not', async () => {
    desk.write('a.enc.env', await desk.encrypt('a.env', 'A=1\n'));
    desk.write('b.yaml', 'B: two\nC: "3"\n');
    desk.write('c.json', '{"D": "4"}');
    desk.write('bytes', Buffer.from([0xff]));
    desk.write('text.enc', await desk.encrypt('text', 'hello'));
    const ran = await generate(...OF_ALL_KINDS);
    expect(ran.stderr).toBe('');
    expect(docs(ran.stdout.toString())).toEqual([MADE]);
  });

  test('data and stringData, hash, forms', async () => {
    desk.write('s.yaml', FINE);
    const data = docs((await generate('--data-only', 's.yaml')).stdout.toString())[0];
    expect(data?.stringData).toBeUndefined();
    expect(data?.data).toMatchObject({ pin: Buffer.from(CANARY).toString('base64') });
    const texts = docs((await generate('--string-data', 's.yaml')).stdout.toString())[0];
    expect(texts).toMatchObject({ data: { bin: '/wA=' }, stringData: { user: 'admin', lines: 'line1\nline2\n' } });
    expect((await generate('--hash', 's.yaml')).stdout.toString()).toMatch(/name: db-[a-z0-9]{10}\n/);
    expect(JSON.parse((await generate('--output', 'json', 's.yaml')).stdout.toString())).toMatchObject({
      kind: 'Secret',
    });
    expect(parse((await generate('--output', 'list', 's.yaml')).stdout.toString())).toMatchObject({
      kind: 'List',
      items: [{ kind: 'Secret' }],
    });
    expect(parse((await generate('--output', 'resourcelist', 's.yaml')).stdout.toString())).toMatchObject({
      kind: 'ResourceList',
    });
  });

  test('reads standard input, encrypted or not', async () => {
    const plain = await desk.run(['kustomize', 'generate', '-'], { stdin: FINE });
    const opened = await desk.run(['kustomize', 'generate', '-'], { stdin: await sealed(FINE) });
    expect(opened.stdout.toString()).toBe(plain.stdout.toString());
  });

  test('refuses unquoted scalars unless told to read them as YAML 1.1', async () => {
    desk.write('s.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: 007, b: yes, c: ~}\n');
    const refused = await generate('s.yaml');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('stringData.a is not quoted') });
    const taken = await generate('--yaml11', 's.yaml');
    expect(docs(taken.stdout.toString())[0]).toMatchObject({ stringData: { a: '7', b: 'true', c: '' } });
  });

  test.each([
    [['s.yaml'], SECRET, 'data.odd is not standard base64'],
    [['s.yaml'], 'kind: A\nmetadata: {name: x}\n', 'apiVersion is missing'],
    [['s.yaml', 's.yaml'], FINE, 'comes out twice'],
    [['s.yaml'], `${FINE}\ntype: kubernetes.io/tls\n`, 'needs the key tls.crt'],
    [['--name', 'X', '--from-file', 's.yaml'], FINE, 'the name of the Secret'],
    [['--name', 'x'], FINE, 'is made of --from-env'],
    [['--from-file', 's.yaml'], FINE, 'needs a --name'],
    [[], FINE, 'no files'],
    [['--label', 'a', 's.yaml'], FINE, 'KEY=VALUE'],
    [['--label', 'a=b c', 's.yaml'], FINE, 'is not a value of a label'],
    [['--output', 'xml', 's.yaml'], FINE, 'is none of yaml, json'],
    [['--hash', '--needs-hash', 's.yaml'], FINE, 'exclude each other'],
    [['nope.yaml'], FINE, 'nope.yaml'],
  ])('%j fails: %#', async (words, text, problem) => {
    desk.write('s.yaml', text);
    const ran = await generate(...words);
    expect(ran.status).not.toBe(0);
    expect(ran.stdout.toString()).toBe('');
    expect(ran.stderr).toContain(problem);
    expect(ran.stderr).not.toContain(CANARY);
  });
});

describe('kustomize decrypt', () => {
  const filter = (stdin: string, ...words: string[]) => desk.run(['kustomize', 'decrypt', ...words], { stdin });

  test('decrypts whole objects by their places; the MAC only holds for what no build changed', async () => {
    const text = (await sealed(FINE)).toString();
    const built = `apiVersion: v1\ndata:\n  a: '1'\nkind: ConfigMap\nmetadata:\n  name: cm\n---\n${text.replace('name: db', 'name: pre-db')}`;
    const strict = await filter(built);
    expect(strict).toMatchObject({
      status: 51,
      stderr: expect.stringContaining('Secret pre-db: the MAC does not fit'),
    });
    expect(strict.stdout.toString()).toBe('');
    const skipped = await filter(built, '--mac', 'skip');
    expect(skipped.stdout.toString()).toContain("data:\n  a: '1'\nkind: ConfigMap");
    expect(docs(skipped.stdout.toString())[1]).toMatchObject({
      metadata: { name: 'pre-db' },
      stringData: { pin: CANARY },
    });
    expect((await filter(text)).status).toBe(0);
  });

  test('decrypts files in the data of Secrets, by the endings of their keys', async () => {
    const base64 = async (name: string, text: string) => (await desk.encrypt(name, text)).toString('base64');
    const built = `apiVersion: v1
kind: Secret
metadata: {name: s}
data:
  plain: YQ==
  a.yaml: ${await base64('a.yaml', 'x: 1\n')}
  b.json: ${await base64('b.json', '{"x":1}\n')}
  c.env: ${await base64('c.env', 'X=1\n')}
  d.ini: ${await base64('d.ini', '[s]\nx = 1\n')}
  e: ${await base64('e', 'bytes')}
  .dockerconfigjson: ${await base64('f.json', '{"auths": {}}\n')}
`;
    const ran = await filter(built);
    expect(ran.stderr).toBe('');
    const { data = {} } = docs(ran.stdout.toString())[0] ?? {};
    const plain = Object.values(data).map((value) => Buffer.from(value, 'base64').toString());
    expect(plain).toEqual(['a', 'x: 1\n', '{"x":1}\n', 'X=1\n', '[s]\nx = 1\n', 'bytes', '{"auths": {}}\n']);
    const mismatch = built.replace('  a.yaml:', '  conf:');
    expect(await filter(mismatch)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('Secret s: data.conf: '),
    });
  });

  test('heeds Flux’s annotation when asked', async () => {
    const text = (
      await sealed(FINE.replace('name: db', 'name: db\n  annotations: {kustomize.toolkit.fluxcd.io/decrypt: Disabled}'))
    ).toString();
    expect((await filter(text, '--annotations', 'flux')).stdout.toString()).toBe(text);
    expect((await filter(text)).stdout.toString()).toContain(CANARY);
  });

  test('fails closed', async () => {
    const value = /user: (.*?) #/.exec((await sealed(FINE)).toString())?.[1];
    const ran = await filter(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "${value}"}\n`);
    expect(ran).toMatchObject({
      status: 25,
      stderr: expect.stringContaining('ConfigMap c: is still encrypted: data.a'),
    });
    expect((await filter('a: 1\n', '--mac', 'maybe')).status).toBe(1);
  });
});

async function layOutApplication(): Promise<void> {
  mkdirSync(desk.path('app/sub'), { recursive: true });
  desk.write('app/kustomization.yaml', '# mine\nresources:\n- cm.yaml # kept\n');
  desk.write('app/cm.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n');
  desk.write('app/db.enc.yaml', await sealed(FINE));
  desk.write('app/sub/web.enc.env', await desk.encrypt('web.env', 'A=1\n'));
  desk.write('app/key.enc.bin', await desk.encrypt('key.bin', 'bytes'));
}

describe('kustomize init', () => {
  beforeEach(layOutApplication);

  test('init lists what is encrypted, and keeps the kustomization’s text', async () => {
    const ran = await desk.run(['kustomize', 'init', 'app']);
    expect(ran).toMatchObject({ status: 0, stderr: 'wrote app/sops-generator.yaml\nwrote app/kustomization.yaml\n' });
    expect(desk.text('app/kustomization.yaml')).toBe(
      '# mine\nresources:\n- cm.yaml # kept\ngenerators:\n  - sops-generator.yaml\n',
    );
    expect(parse(desk.text('app/sops-generator.yaml'))).toEqual({
      apiVersion: 'sops-ts.dev/v1',
      kind: 'SopsGenerator',
      metadata: {
        name: 'sops',
        annotations: { 'config.kubernetes.io/function': 'exec:\n  path: sops-ts-kustomize\n' },
      },
      files: ['db.enc.yaml'],
      secretFrom: [
        { metadata: { name: 'key' }, binaryFiles: ['key.bin=key.enc.bin'] },
        { metadata: { name: 'web' }, envs: ['sub/web.enc.env'] },
      ],
    });
    expect(await desk.run(['kustomize', 'init', 'app'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is there already'),
    });
  });

  test('init completes what a run that was ended left', async () => {
    desk.write('app/sops-generator.yaml', '');
    const anew = await desk.run(['kustomize', 'init', 'app']);
    expect(anew).toMatchObject({ status: 0, stderr: expect.stringContaining('was empty, and is written anew') });
    const generator = desk.text('app/sops-generator.yaml');
    expect(generator).toContain('db.enc.yaml');
    desk.write('app/kustomization.yaml', 'resources:\n- cm.yaml\n');
    const listed = await desk.run(['kustomize', 'init', 'app']);
    expect(listed).toMatchObject({ status: 0, stderr: expect.stringContaining('though nothing listed it') });
    expect(desk.text('app/sops-generator.yaml')).toBe(generator);
    expect(desk.text('app/kustomization.yaml')).toContain('generators:\n  - sops-generator.yaml\n');
  });

  test('init takes a kustomization that names nothing yet', async () => {
    const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';
    desk.write('app/kustomization.yaml', head);
    expect((await desk.run(['kustomize', 'init', 'app'])).status).toBe(0);
    expect(desk.text('app/kustomization.yaml')).toBe(`${head}generators:\n  - sops-generator.yaml\n`);
  });

  test('init tells of the generator when the kustomization cannot be written', async () => {
    mkdirSync(desk.path('dangling'));
    desk.write('dangling/db.enc.yaml', await sealed(FINE));
    symlinkSync('nowhere/k.yaml', desk.path('dangling/kustomization.yaml'));
    const ran = await desk.run(['kustomize', 'init', 'dangling']);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr.toString()).toContain('Written before, whole, and kept: dangling/sops-generator.yaml');
  });

  test('init --legacy leaves the annotation out; a folder without kustomization gets one', async () => {
    mkdirSync(desk.path('new'));
    desk.write('new/db.enc.yaml', await sealed(FINE));
    expect((await desk.run(['kustomize', 'init', '--legacy', 'new'])).status).toBe(0);
    expect(desk.text('new/sops-generator.yaml')).not.toContain('annotations');
    expect(parse(desk.text('new/kustomization.yaml'))).toMatchObject({
      kind: 'Kustomization',
      generators: ['sops-generator.yaml'],
    });
    mkdirSync(desk.path('empty'));
    expect(await desk.run(['kustomize', 'init', 'empty'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no encrypted file'),
    });
  });
});

const FOUND = [
  'app/sops-generator.yaml: SopsGenerator under generators is skipped without a word, since --enable-exec',
  'app/sops-generator.yaml: the program sops-ts-kustomize is not on PATH',
  'app/gen.yaml: no plug-in for viaduct.ai/v1 ksops where kustomize looks',
  'app/plain.yaml: Secret forgotten is in plain text beside encrypted files',
  'Secret m: merge drops the stringData',
  'needs the key tls.key',
  'error decrypting file "other.enc.yaml" from manifest.Files',
  'sops metadata not found',
  'error reading "nope.yaml"',
  'Secret db comes out of',
];

describe('kustomize check', () => {
  beforeEach(layOutApplication);
  const check = (...words: string[]) => desk.run(['kustomize', 'check', ...words], { env: { PATH: desk.path('bin') } });

  test('check finds nothing where nothing is wrong', async () => {
    await desk.run(['kustomize', 'init', 'app']);
    mkdirSync(desk.path('bin'));
    desk.write('bin/sops-ts-kustomize', '#!/bin/sh\n');
    chmodSync(desk.path('bin/sops-ts-kustomize'), 0o755);
    expect(await check('app')).toMatchObject({ status: 0, stderr: '' });
  });

  test('check finds skips, plain Secrets, lost stringData, files that cannot be had, duplicates', async () => {
    await desk.run(['kustomize', 'init', 'app']);
    desk.write('app/plain.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: forgotten}\nstringData: {a: b}\n');
    const merging = FINE.replace('name: db', 'name: m\n  annotations: {kustomize.config.k8s.io/behavior: merge}');
    desk.write('app/merge.enc.yaml', await sealed(merging));
    desk.write(
      'app/tls.enc.yaml',
      await sealed(
        'apiVersion: v1\nkind: Secret\nmetadata: {name: t}\ntype: kubernetes.io/tls\nstringData: {tls.crt: x}\n',
      ),
    );
    const other = new Desk();
    desk.write('app/other.enc.yaml', await other.encrypt('x.yaml', FINE));
    other.remove();
    desk.write(
      'app/gen.yaml',
      'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [merge.enc.yaml, tls.enc.yaml, other.enc.yaml, cm.yaml, nope.yaml, db.enc.yaml]\n',
    );
    desk.write('app/kustomization.yaml', `${desk.text('app/kustomization.yaml')}  - gen.yaml\n`);
    const ran = await check('app', '--', '--enable-alpha-plugins');
    expect(ran.status).toBe(1);
    const out = ran.stdout.toString();
    for (const expected of FOUND) {
      expect(out).toContain(expected);
    }
    expect(out).not.toContain(CANARY);
    expect((await check('app', '--', '--enable-exec')).stdout.toString()).toContain(
      'needs --enable-alpha-plugins: the build fails',
    );
  });
});

describe('kustomize install', () => {
  test('refuses a path as name and an unknown kind', async () => {
    expect((await desk.run(['kustomize', 'install', '--as', '../x', 'bin'])).status).toBe(1);
    expect((await desk.run(['kustomize', 'install', '--legacy', '--as', 'x', 'bin'])).stderr).toContain(
      'ksops, SopsGenerator',
    );
    expect(existsSync(desk.path('bin'))).toBe(false);
  });
});
