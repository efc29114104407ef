/** Our own kind of generator as a function of kustomize: a list comes on standard input, and one goes out. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Desk } from '../../support/desk.js';
import { runPlugin } from '../../support/kubernetes.js';
import { inSweeps } from '../../support/sweep.js';
import { CANARY, generatorDesk, HEAD, keyOf, SECRET } from './generator-desk.js';

let desk: Desk;
beforeAll(async () => {
  desk = await generatorDesk();
});
afterAll(() => desk.remove());

const config = {
  apiVersion: 'sops-ts.dev/v1',
  kind: 'SopsGenerator',
  metadata: { name: 'g', annotations: { 'config.kubernetes.io/local-config': 'true' } },
  files: ['db.enc.yaml', 'more/one.enc.yaml'],
};
const krm = (stdin: string) => runPlugin([], { cwd: desk.folder, env: keyOf(desk), stdin });
const listOf = (items: readonly object[], functionConfig: object = config) =>
  `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: ${JSON.stringify(items)}\nfunctionConfig: ${JSON.stringify(functionConfig)}\n`;

describe('standard input', () => {
  test('a generator’s list gives a list, in the order of the configuration', async () => {
    const ran = await krm(listOf([config]));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const { items, functionConfig } = parse(ran.stdout.toString()) as {
      items: { metadata: { name: string } }[];
      functionConfig: object;
    };
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['db', 'one']);
    expect(functionConfig).toEqual(config);
  });

  test('cut anywhere, nothing comes out', async () => {
    const whole = [
      'apiVersion: config.kubernetes.io/v1',
      'kind: ResourceList',
      'items:',
      '- apiVersion: sops-ts.dev/v1',
      '  kind: SopsGenerator',
      '  metadata:',
      '    annotations:',
      "      config.kubernetes.io/local-config: 'true'",
      '    name: gen',
      '  files:',
      '  - db.enc.yaml',
      '  - more/one.enc.yaml',
      'functionConfig:',
      '  apiVersion: sops-ts.dev/v1',
      '  kind: SopsGenerator',
      '  files:',
      '  - db.enc.yaml',
      '  - more/one.enc.yaml',
      '  metadata:',
      '    name: gen',
      '',
    ].join('\n');
    expect((await krm(whole)).status).toBe(0);
    for (let length = 0; length < whole.length - 2; length += 3) {
      const ran = await krm(whole.slice(0, length));
      expect(ran.status, whole.slice(0, length)).toBe(1);
      expect(ran.stdout.toString()).not.toContain(CANARY);
      expect(ran.stderr).toMatch(/^failed to evaluate function: .*\n/);
    }
  });

  test('a failure is on standard error and in the results, with its file', async () => {
    const ran = await krm(
      listOf([{ ...config, files: ['db.enc.yaml', 'nope.yaml'] }], { ...config, files: ['db.enc.yaml', 'nope.yaml'] }),
    );
    expect(ran).toMatchObject({
      status: 1,
      stderr: 'failed to evaluate function: open nope.yaml: no such file or directory\n',
    });
    expect(parse(ran.stdout.toString())).toMatchObject({
      items: [{ kind: 'SopsGenerator' }],
      results: [
        { message: 'open nope.yaml: no such file or directory', severity: 'error', file: { path: 'nope.yaml' } },
      ],
    });
    expect(ran.stdout.toString()).not.toContain(CANARY);
  });
});

describe('standard input of a transformer, or of neither', () => {
  test('a transformer decrypts what is encrypted, keeps the rest, and adds its own', async () => {
    const sealed = parse(
      (await desk.encrypt('x.yaml', SECRET, '--encrypted-regex', '^stringData$', '--mac-only-encrypted')).toString(),
    ) as object;
    const plain = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { a: '1' } };
    const transformer = { ...config, metadata: { name: 't' }, files: ['more/two.enc.yaml'] };
    const ran = await krm(listOf([plain, sealed], transformer));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const { items } = parse(ran.stdout.toString()) as { items: { metadata: { name: string }; stringData?: object }[] };
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['cm', 'db', 'two']);
    expect(items[0]).toEqual(plain);
    expect(items[1]?.stringData).toEqual({ password: CANARY, pin: '007' });
    const renamed = { ...sealed, metadata: { name: 'pre-db' } };
    const strict = { ...transformer, files: undefined };
    const whole = parse(
      (await desk.encrypt('x.yaml', SECRET, '--encrypted-regex', '^stringData$')).toString(),
    ) as object;
    const moved = await krm(listOf([{ ...whole, metadata: { name: 'pre-db' } }], strict));
    expect(moved.stderr).toContain('Secret pre-db: the MAC does not fit, and cannot after a build');
    expect((await krm(listOf([renamed], { ...strict, macPolicy: 'skip' }))).status).toBe(0);
  });

  inSweeps(() => {
    test('ten thousand objects pass in seconds', async () => {
      const many = Array.from({ length: 10_000 }, (_, at) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `cm-${at}` },
        data: { a: 'x'.repeat(50) },
      }));
      const start = performance.now();
      const ran = await krm(listOf(many, { ...config, metadata: { name: 't' } }));
      expect(ran.status, ran.stderr).toBe(0);
      expect(performance.now() - start).toBeLessThan(8000);
      expect(ran.stdout.toString().split('\n- apiVersion').length).toBe(10_003);
    });
  });

  test.each([
    '',
    '   \n',
    'kind: ResourceList\n',
    'not yaml: [\n',
    '{"kind": "ResourceList", "items": [1], "functionConfig": {}}',
  ])('%j is refused', async (stdin) => {
    expect(await krm(stdin)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^failed to evaluate function: .+\n/),
    });
  });

  test('a bare configuration gives a stream', async () => {
    const ran = await krm(`${HEAD}files: [db.enc.yaml]\n`);
    expect(ran.stdout.toString()).toBe(SECRET);
  });
});
