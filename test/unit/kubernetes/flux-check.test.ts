/** `flux check` on layouts of all kinds; what the controller's own code makes of each was tried when they were written. */
import { cpSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { KUBERNETES } from '../../support/kubernetes.js';
import { CONFIG_MAP, kustomization, type Layout, layOut, secretText, VALUES_ONLY } from '../../support/layout.js';
import { run } from '../../support/run.js';

let desk: Desk;
let sealed: string;
let yaml: string;
let json: string;
let dotenv: string;
let binary: string;

beforeEach(async () => {
  desk = new Desk();
  mkdirSync(desk.path('.git'));
  const encrypted = async (...args: Parameters<Desk['encrypt']>) => (await desk.encrypt(...args)).toString('utf8');
  sealed = await encrypted('s.yaml', secretText('a'), ...VALUES_ONLY);
  yaml = await encrypted('x.yaml', 'x: CANARY\n');
  json = await encrypted('x.json', '{\n\t"x": "CANARY"\n}\n');
  dotenv = await encrypted('x.env', 'A=CANARY\n');
  binary = await encrypted('x', 'CANARY');
});
afterEach(() => desk.remove());

async function check(...words: string[]): Promise<{ status: number; out: string }> {
  const ran = await desk.run(['flux', 'check', ...words]);
  expect(ran.stderr).toBe('');
  return { status: ran.status, out: ran.stdout.toString() };
}

const PLAIN = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: p\n';
const generator = (fields: string) => kustomization(`secretGenerator: [{name: g, ${fields}}]`);
const inBase64 = (text: string) => Buffer.from(text).toString('base64');
const secretWith = (key: string, text: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {${key}: ${inBase64(text)}}\n`;
const indented = (text: string) => text.trimEnd().replaceAll('\n', '\n    ');

/** A name, the layout below `app`, and a part of what is found. */
type Case = readonly [what: string, layout: () => Layout, finding: string];

const CASES: readonly Case[] = [
  [
    'a file of the wrong kind for its key',
    () => ({ 'app/kustomization.yaml': generator('files: [k=x.yaml]'), 'app/x.yaml': yaml }),
    'app/x.yaml: is encrypted as yaml, and under the key k the controller takes it for binary',
  ],
  [
    'the same in a sub-folder of a folder without kustomization',
    () => ({ 'app/deep/er/kustomization.yaml': generator('files: [k=x.yaml]'), 'app/deep/er/x.yaml': yaml }),
    'app/deep/er/x.yaml: is encrypted as yaml, and under the key k',
  ],
  [
    'JSON without the marker',
    () => ({ 'app/kustomization.yaml': generator('files: [x.json]'), 'app/x.json': JSON.stringify(JSON.parse(json)) }),
    'app/x.json: is encrypted as json, but stays so: the controller goes by "mac": "ENC[',
  ],
  [
    'YAML with a quoted marker',
    () => ({
      'app/kustomization.yaml': generator('files: [x.yaml]'),
      'app/x.yaml': yaml.replace(/mac: (.*)/, 'mac: "$1"'),
    }),
    'the controller goes by mac: ENC[',
  ],
  [
    'content that JSON would wrap',
    () => ({ 'app/kustomization.yaml': generator('files: [x.json=x]'), 'app/x': binary }),
    'is encrypted as binary, and under the key x.json it comes out wrapped in a field called data',
  ],
  [
    'a plain INI file that looks encrypted',
    () => ({ 'app/kustomization.yaml': generator('files: [x.ini]'), 'app/x.ini': '[sops]\na = b\n' }),
    'app/x.ini: holds [sops], so the controller takes it for encrypted ini, which it is not, and fails',
  ],
  [
    'variables that are YAML by their name',
    () => ({ 'app/kustomization.yaml': generator('envs: [x.json]'), 'app/x.json': dotenv }),
    'is encrypted as dotenv, and as envs x.json the controller takes it for json',
  ],
  [
    'variables under env',
    () => ({ 'app/kustomization.yaml': generator('env: x.env'), 'app/x.env': dotenv }),
    'app/x.env: is encrypted, and stays so: the controller looks at envs alone',
  ],
  [
    'variables below bases',
    () => ({
      'app/kustomization.yaml': kustomization('bases: [../base]'),
      'base/kustomization.yaml': generator('envs: [x.env]'),
      'base/x.env': dotenv,
    }),
    'base/x.env: is encrypted, and stays so',
  ],
  [
    'fields in another case',
    () => ({
      'app/kustomization.yaml': kustomization('SecretGenerator: [{name: g, Files: [k=x.yaml]}]'),
      'app/x.yaml': yaml,
    }),
    'under the key k the controller takes it for binary',
  ],
  [
    'a kustomization.yml',
    () => ({ 'app/kustomization.yml': generator('files: [k=x.yaml]'), 'app/x.yaml': yaml }),
    'under the key k',
  ],
  [
    'several kustomizations in one folder',
    () => ({
      'app/kustomization.yml': generator('files: [x.yaml]'),
      'app/Kustomization': generator('files: [x.yaml]'),
      'app/x.yaml': yaml,
    }),
    'has several kustomization files',
  ],
  [
    'a component',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\ncomponents: [../c]'),
      'app/c.yaml': CONFIG_MAP,
      'c/kustomization.yaml': kustomization('secretGenerator: [{name: g, files: [k=x.yaml]}]', 'Component'),
      'c/x.yaml': yaml,
    }),
    'c/x.yaml: is encrypted as yaml, and under the key k',
  ],
  [
    'a component among resources',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [../c]'),
      'c/kustomization.yaml': kustomization('resources: [c.yaml]', 'Component'),
      'c/c.yaml': CONFIG_MAP,
    }),
    'is of the kind Component, where a Kustomization is wanted',
  ],
  [
    'a folder behind a link',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [l]'),
      'app/l': { link: '../base' },
      'base/kustomization.yaml': generator('files: [k=x.yaml]'),
      'base/x.yaml': yaml,
    }),
    'under the key k',
  ],
  [
    'a remote base',
    () => ({ 'app/kustomization.yaml': kustomization('resources: ["https://github.com/o/r//x?ref=main"]') }),
    'is remote, and was not looked at',
  ],
  [
    'a remote base without scheme',
    () => ({ 'app/kustomization.yaml': kustomization('resources: ["git@host:o/r", github.com/o/r]') }),
    'github.com/o/r is remote, and was not looked at',
  ],
  [
    'a circle',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [../base]'),
      'base/kustomization.yaml': kustomization('resources: [../app]'),
    }),
    '../app leads back to where it is named',
  ],
  [
    'a folder without kustomization among resources',
    () => ({ 'app/kustomization.yaml': kustomization('resources: [../base]'), 'base/c.yaml': CONFIG_MAP }),
    'base has no kustomization.yaml',
  ],
  [
    'a glob',
    () => ({ 'app/kustomization.yaml': kustomization('resources: ["*.yaml"]'), 'app/s.yaml': sealed }),
    'app/*.yaml: is not there',
  ],
  [
    'an unknown field',
    () => ({ 'app/kustomization.yaml': kustomization('resource: [s.yaml]'), 'app/s.yaml': sealed }),
    '"resource" is no field of a kustomization',
  ],
  [
    'a text where a list is wanted',
    () => ({ 'app/kustomization.yaml': kustomization('resources: s.yaml'), 'app/s.yaml': sealed }),
    'resources is no list',
  ],
  [
    'values that are no objects, in a folder without kustomization',
    () => ({ 'app/values.yaml': yaml }),
    'app/values.yaml: object without a name (document 1) has no kind, and stops the build',
  ],
  ['the same hidden', () => ({ 'app/.hidden/values.yaml': yaml }), 'app/.hidden/values.yaml: object without a name'],
  [
    'one Secret twice',
    () => ({ 'app/s.yaml': sealed, 'app/t.yaml': sealed }),
    'app/t.yaml: Secret a comes out of app/s.yaml, too',
  ],
  [
    'a ConfigMap of an encrypted file, under env',
    () => ({
      'app/kustomization.yaml': kustomization('configMapGenerator: [{name: g, env: x.env}]'),
      'app/x.env': dotenv,
    }),
    'app/x.env: is encrypted, and stays so in a ConfigMap',
  ],
  [
    'an encrypted file in the data of a ConfigMap',
    () => ({ 'app/c.yaml': `${CONFIG_MAP}  x: |\n    ${indented(yaml)}\n` }),
    'ConfigMap c is still encrypted: data.x holds ciphertext',
  ],
  [
    'an encrypted file in stringData',
    () => ({ 'app/s.yaml': `${PLAIN}stringData:\n  x: |\n    ${indented(yaml)}\n` }),
    'Secret p: stringData.x holds ciphertext',
  ],
  [
    'an encrypted file in data, under a key of another kind',
    () => ({ 'app/s.yaml': secretWith('x', yaml) }),
    'Secret a: data.x is encrypted as yaml, and under the key x the controller takes it for binary',
  ],
  [
    'one without the marker in data',
    () => ({ 'app/s.yaml': secretWith('x.json', JSON.stringify(JSON.parse(json))) }),
    'data.x.json holds ciphertext that the controller does not know',
  ],
  [
    'ciphertext whose metadata is gone',
    () => ({ 'app/s.yaml': sealed.slice(0, sealed.indexOf('\nsops:') + 1) }),
    'Secret a: data.k holds ciphertext',
  ],
  [
    'metadata without a MAC',
    () => ({ 'app/s.yaml': sealed.replace(/^ +mac: .*\n/m, '') }),
    'Secret a has SOPS metadata without a MAC',
  ],
  [
    'a literal that is ciphertext',
    () => ({ 'app/kustomization.yaml': generator(`literals: ["k=${/ENC\[.*\]/.exec(yaml)?.[0]}"]`) }),
    'the literal k is ciphertext',
  ],
  [
    'a merge without partner',
    () => ({ 'app/kustomization.yaml': generator('behavior: merge, files: [x.yaml]'), 'app/x.yaml': yaml }),
    'Secret g is to merge, and no object of that name is there',
  ],
  [
    'a merge into an encrypted object',
    () => ({
      'app/kustomization.yaml': kustomization(
        'resources: [s.yaml]\nsecretGenerator: [{name: a, behavior: merge, files: [x.yaml]}]',
      ),
      'app/s.yaml': sealed,
      'app/x.yaml': yaml,
    }),
    'Secret a merges into app/s.yaml, which is encrypted: its metadata is lost',
  ],
  [
    'a patch under patchesStrategicMerge',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatchesStrategicMerge: [s.yaml]'),
      'app/p.yaml': PLAIN.replace('name: p', 'name: a'),
      'app/s.yaml': sealed,
    }),
    'app/s.yaml: is encrypted, and is applied under patchesStrategicMerge as it is',
  ],
  [
    'a patch whose name tells no format',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatches: [{path: s.enc}]'),
      'app/p.yaml': PLAIN.replace('name: p', 'name: a'),
      'app/s.enc': sealed,
    }),
    'app/s.enc: is encrypted, and is applied as it is: by its name the controller takes it for binary',
  ],
  [
    'a patch of an encrypted object',
    () => ({
      'app/kustomization.yaml': kustomization(
        'resources: [s.yaml]\npatches:\n- target: {kind: Secret}\n  patch: |\n    - {op: add, path: /data/z, value: eA==}',
      ),
      'app/s.yaml': sealed,
    }),
    'changes data of Secret a, which is encrypted (app/s.yaml)',
  ],
  [
    'a patch for nothing',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\npatches: [{path: s.yaml}]'),
      'app/c.yaml': CONFIG_MAP,
      'app/s.yaml': sealed,
    }),
    'no object of the build is Secret a, which the patch is for',
  ],
  [
    'a file of replacements',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\nreplacements: [{path: x.yaml}]'),
      'app/c.yaml': CONFIG_MAP,
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and is read under replacements as it is',
  ],
  [
    'files that are not there',
    () => ({
      'app/kustomization.yaml': kustomization(
        'crds: [a.json]\nconfigurations: [b.yaml]\nopenapi: {path: c.json}\nreplacements: [{path: d.yaml}]',
      ),
    }),
    'app/d.yaml: is not there',
  ],
  [
    'a Helm chart',
    () => ({ 'app/kustomization.yaml': kustomization('helmCharts: [{name: x}]') }),
    'the Helm chart x is inflated by no controller of Flux',
  ],
  [
    'an inline plug-in',
    () => ({
      'app/kustomization.yaml': kustomization(
        'generators:\n- |\n  apiVersion: viaduct.ai/v1\n  kind: ksops\n  metadata: {name: g}',
      ),
    }),
    'the controller runs no plug-ins, so ksops g under generators fails the build',
  ],
  [
    'a builtin generator',
    () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': 'apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: g}\nfiles: [k=x.yaml]\n',
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted as yaml, and under the key k',
  ],
  [
    'what a Kustomization of Flux builds',
    () => ({
      'app/f.yaml':
        'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: f}\nspec: {path: ./other, decryption: {provider: sops}}\n',
      'other/kustomization.yaml': generator('files: [k=x.yaml]'),
      'other/x.yaml': yaml,
    }),
    'other/x.yaml: is encrypted as yaml, and under the key k',
  ],
  [
    'more than one document in a kustomization',
    () => ({
      'app/kustomization.yaml': `${kustomization('resources: [c.yaml]')}---\n${kustomization('resources: [t.yaml]')}`,
      'app/c.yaml': CONFIG_MAP,
    }),
    'holds several documents, of which kustomize reads the first alone',
  ],
];

describe('flux check finds', () => {
  test.each(CASES)('%s', async (_what, layout, finding) => {
    layOut(desk, layout());
    const { status, out } = await check('app');
    expect(out).toContain(finding);
    expect(out).not.toContain('no finding(s)');
    expect(status).toBe(1);
  });

  test('a list that is encrypted as a whole', async () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  data: {k: eA==}\n';
    layOut(desk, { 'app/s.yaml': await desk.encrypt('s.yaml', list, ...VALUES_ONLY) });
    expect((await check('app')).out).toContain('a build takes its items out, and they stay encrypted');
  });

  test('a file that is larger than the controller reads, though it is not encrypted', async () => {
    layOut(desk, { 'app/kustomization.yaml': generator('files: [big]'), 'app/big': Buffer.alloc(5 * 1024 * 1024 + 1) });
    expect((await check('app')).out).toContain(
      'app/big: is larger than 5 MiB, which the controller refuses under the key big',
    );
  });

  test('nothing in the case of the parent folder alone, and all of it from there', async () => {
    cpSync(join(KUBERNETES, 'checks/flux-parent'), desk.path('repo'), { recursive: true });
    const finding = 'app/conf.enc: is encrypted as yaml, and under the key conf the controller takes it for binary';
    for (const folder of ['repo/bad-yaml-as-binary-key/app', 'repo/bad-yaml-as-binary-key', 'repo']) {
      const { status, out } = await check(folder, '--secret', 'repo/secret.yaml');
      expect(out).toContain(finding);
      expect(status).toBe(1);
    }
  });
});

describe('flux check is content with', () => {
  const GOOD: readonly (readonly [string, () => Layout, string])[] = [
    [
      'objects',
      () => ({ 'app/kustomization.yaml': kustomization('resources: [s.enc]\nnamePrefix: x-'), 'app/s.enc': sealed }),
      'looked at 1 kustomization(s) and 2 file(s), checked 1 encrypted file(s): no finding(s)',
    ],
    [
      'files by their keys',
      () => ({
        'app/kustomization.yaml': generator('files: [x.yaml, y.json=x.json, x]\n, envs: [x.env]'.replace('\n', '')),
        'app/x.yaml': yaml,
        'app/x.json': json,
        'app/x': binary,
        'app/x.env': dotenv,
      }),
      'checked 4 encrypted file(s): no finding(s)',
    ],
    [
      'a file that is decrypted by its bytes after the build',
      () => ({ 'app/kustomization.yaml': generator('files: [x.json=x.yaml]'), 'app/x.yaml': yaml }),
      'checked 1 encrypted file(s)',
    ],
    ['a file in data', () => ({ 'app/s.yaml': secretWith('x.yaml', yaml) }), 'checked 1 encrypted file(s)'],
    [
      'an encrypted patch',
      () => ({
        'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatches: [{path: s.yaml}]'),
        'app/p.yaml': PLAIN.replace('name: p', 'name: a'),
        'app/s.yaml': sealed,
      }),
      'checked 1 encrypted file(s)',
    ],
    [
      'a patch of labels',
      () => ({
        'app/kustomization.yaml': kustomization(
          'resources: [s.yaml]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: a, labels: {x: y}}',
        ),
        'app/s.yaml': sealed,
      }),
      'checked 1 encrypted file(s)',
    ],
    [
      'a merge with what a base made, under a prefix',
      () => ({
        'app/kustomization.yaml': kustomization(
          'resources: [../base]\nsecretGenerator: [{name: g, behavior: merge, files: [y.yaml]}]',
        ),
        'app/y.yaml': yaml,
        'base/kustomization.yaml': kustomization('namePrefix: p-\nsecretGenerator: [{name: g, files: [x.yaml]}]'),
        'base/x.yaml': yaml,
      }),
      'looked at 2 kustomization(s) and 4 file(s), checked 2 encrypted file(s)',
    ],
    [
      'items of a list',
      () => ({ 'app/s.yaml': `apiVersion: v1\nkind: List\nitems:\n- ${sealed.trimEnd().replaceAll('\n', '\n  ')}\n` }),
      'checked 1 encrypted file(s)',
    ],
    [
      'JSON beside manifests, and what is no part of a source',
      () => ({
        'app/s.yaml': sealed,
        'app/x.json': json,
        'app/.sops.yaml': 'creation_rules: []\n',
        'app/.github/w.yaml': 'on: push\n',
      }),
      'and 2 file(s), checked 1 encrypted',
    ],
  ];
  test.each(GOOD)('%s', async (_what, layout, said) => {
    layOut(desk, layout());
    const { status, out } = await check('app');
    expect(out).toContain(said);
    expect(status).toBe(0);
  });
});

test('what an annotation leaves encrypted is told', async () => {
  const text = secretText('a', '  annotations: {kustomize.toolkit.fluxcd.io/decrypt: disabled}\n');
  layOut(desk, { 'app/s.yaml': await desk.encrypt('s.yaml', text, ...VALUES_ONLY) });
  const { status, out } = await check('app');
  expect(out).toContain(
    'and 2 file(s), 1 object(s) stay encrypted as annotated, checked 0 encrypted file(s): no finding(s)',
  );
  expect(status).toBe(0);
});

describe('the source', () => {
  const layout = () => ({
    'repo/app/kustomization.yaml': kustomization('resources: [../base]'),
    'repo/base/kustomization.yaml': kustomization('resources: [s.yaml]'),
    'repo/base/s.yaml': sealed,
  });

  test('begins where the command is called, if there is no repository', async () => {
    rmdirSync(desk.path('.git'));
    layOut(desk, layout());
    expect((await check('repo/app')).status).toBe(0);
    const within = await run(['flux', 'check', '.'], { cwd: desk.path('repo/app'), env: desk.env });
    expect(within.stdout.toString()).toContain('../base lies outside the source');
  });

  test('holds what .sourceignore leaves in it', async () => {
    layOut(desk, {
      '.sourceignore': '# drafts\n/app/drafts/\n*.tmpl.yaml\n!keep.tmpl.yaml\n**/old/*.yaml\n',
      'app/s.yaml': sealed,
      'app/drafts/values.yaml': yaml,
      'app/a.tmpl.yaml': 'no: object\n',
      'app/x/old/b.yaml': 'no: object\n',
      'app/.sourceignore': 'v[a-c]?ues.yaml\n',
      'app/values.yaml': yaml,
    });
    expect(await check('app')).toMatchObject({ status: 0, out: expect.stringContaining('and 2 file(s)') });
    layOut(desk, { 'app/keep.tmpl.yaml': 'no: object\n' });
    expect((await check('app')).out).toContain('app/keep.tmpl.yaml: object without a name');
  });

  test('lacks what its defaults leave out, though a kustomization names it', async () => {
    layOut(desk, { 'app/kustomization.yaml': generator('files: [a.zip]'), 'app/a.zip': 'zip' });
    expect((await check('app')).out).toContain('app/a.zip: is left out of the source');
    layOut(desk, { '.sourceignore': '!*.zip\n' });
    expect((await check('app')).status).toBe(0);
  });

  test('ends at its repository', async () => {
    layOut(desk, layout());
    mkdirSync(desk.path('repo/app/.git'));
    expect((await check('repo/app')).out).toContain(
      '../base lies outside the source, where the controller does not read',
    );
  });
});

describe('flux check --secret', () => {
  beforeEach(async () => {
    desk.write('age.txt', desk.identity);
    desk.write('secret.yaml', (await desk.run(['flux', 'secret', 'age.txt'])).stdout);
  });

  test('tries every object of a file, and files in data, with their own keys', async () => {
    const other = new Desk();
    const foreign = (await other.encrypt('b.yaml', secretText('b'), ...VALUES_ONLY)).toString();
    const nested = (await other.encrypt('x.yaml', 'x: CANARY\n')).toString();
    other.remove();
    layOut(desk, {
      'app/s.yaml': `${sealed}---\n${foreign}`,
      'app/n.yaml': secretWith('x.yaml', nested).replace('name: a', 'name: n'),
    });
    const { status, out } = await check('app', '--secret', 'secret.yaml');
    expect(status).toBe(1);
    expect(out).toContain('app/s.yaml: Secret b: the Secret holds none of its keys');
    expect(out).toContain('app/n.yaml: Secret n: data.x.yaml: the Secret holds none of its keys');
    expect(out).not.toContain('Secret a:');
  });

  test('tries the items of a list', async () => {
    layOut(desk, {
      'app/s.yaml': `apiVersion: v1\nkind: List\nitems:\n- ${sealed.trimEnd().replaceAll('\n', '\n  ')}\n`,
    });
    expect((await check('app', '--secret', 'secret.yaml')).status).toBe(0);
    const other = new Desk();
    other.remove();
    desk.write('other.txt', other.identity);
    desk.write('secret.yaml', (await desk.run(['flux', 'secret', 'other.txt'])).stdout);
    expect((await check('app', '--secret', 'secret.yaml')).out).toContain(
      'Secret a: the Secret holds none of its keys',
    );
  });

  test('says which files it cannot try', async () => {
    const kms =
      '    kms:\n        - arn: arn:aws:kms:eu-west-1:123456789012:key/x\n          created_at: "2024-01-01T00:00:00Z"\n          enc: AAAA\n';
    const remote = sealed.replace(/^ {4}age:\n(?: {8}.*\n| {10}.*\n)*/m, kms);
    layOut(desk, { 'app/s.yaml': remote });
    const { status, out } = await check('app', '--secret', 'secret.yaml');
    expect(out).toContain('app/s.yaml: was not tried: its keys (kms) are opened by services that are not asked here');
    expect(status).toBe(1);
  });
});
