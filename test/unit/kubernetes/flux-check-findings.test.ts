/** What `flux check` finds in layouts of all kinds; what the controller's own code makes of each was tried when they were written. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  CheckDesk,
  fluxCheck as check,
  secretGenerator as generator,
  type LayoutCase,
  secretWith,
} from '../../support/check-desk.js';
import { KUBERNETES } from '../../support/kubernetes.js';
import { CONFIG_MAP, kustomization, layOut, VALUES_ONLY } from '../../support/layout.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const PLAIN = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: p\n';
const indented = (text: string) => text.trimEnd().replaceAll('\n', '\n    ');

let desk: CheckDesk;
beforeEach(async () => {
  desk = await CheckDesk.inRepository();
});
afterEach(() => desk.remove());

/** A name, the layout below `app`, and a part of what is found. */
const CASES: readonly LayoutCase[] = [
  [
    'a file of the wrong kind for its key',
    ({ yaml }) => ({ 'app/kustomization.yaml': generator('files: [k=x.yaml]'), 'app/x.yaml': yaml }),
    'app/x.yaml: is encrypted as yaml, and under the key k the controller takes it for binary',
  ],
  [
    'the same in a sub-folder of a folder without kustomization',
    ({ yaml }) => ({ 'app/deep/er/kustomization.yaml': generator('files: [k=x.yaml]'), 'app/deep/er/x.yaml': yaml }),
    'app/deep/er/x.yaml: is encrypted as yaml, and under the key k',
  ],
  [
    'JSON without the marker',
    ({ json }) => ({
      'app/kustomization.yaml': generator('files: [x.json]'),
      'app/x.json': JSON.stringify(JSON.parse(json)),
    }),
    'app/x.json: is encrypted as json, but stays so: the controller goes by "mac": "ENC[',
  ],
  [
    'YAML with a quoted marker',
    ({ yaml }) => ({
      'app/kustomization.yaml': generator('files: [x.yaml]'),
      'app/x.yaml': yaml.replace(/mac: (.*)/, 'mac: "$1"'),
    }),
    'the controller goes by mac: ENC[',
  ],
  [
    'content that JSON would wrap',
    ({ binary }) => ({ 'app/kustomization.yaml': generator('files: [x.json=x]'), 'app/x': binary }),
    'is encrypted as binary, and under the key x.json it comes out wrapped in a field called data',
  ],
  [
    'a plain INI file that looks encrypted',
    () => ({ 'app/kustomization.yaml': generator('files: [x.ini]'), 'app/x.ini': '[sops]\na = b\n' }),
    'app/x.ini: holds [sops], so the controller takes it for encrypted ini, which it is not, and fails',
  ],
  [
    'variables that are YAML by their name',
    ({ dotenv }) => ({ 'app/kustomization.yaml': generator('envs: [x.json]'), 'app/x.json': dotenv }),
    'is encrypted as dotenv, and as envs x.json the controller takes it for json',
  ],
  [
    'variables under env',
    ({ dotenv }) => ({ 'app/kustomization.yaml': generator('env: x.env'), 'app/x.env': dotenv }),
    'app/x.env: is encrypted, and stays so: the controller looks at envs alone',
  ],
  [
    'variables below bases',
    ({ dotenv }) => ({
      'app/kustomization.yaml': kustomization('bases: [../base]'),
      'base/kustomization.yaml': generator('envs: [x.env]'),
      'base/x.env': dotenv,
    }),
    'base/x.env: is encrypted, and stays so',
  ],
  [
    'fields in another case',
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('SecretGenerator: [{name: g, Files: [k=x.yaml]}]'),
      'app/x.yaml': yaml,
    }),
    'under the key k the controller takes it for binary',
  ],
  [
    'a kustomization.yml',
    ({ yaml }) => ({ 'app/kustomization.yml': generator('files: [k=x.yaml]'), 'app/x.yaml': yaml }),
    'under the key k',
  ],
  [
    'several kustomizations in one folder',
    ({ yaml }) => ({
      'app/kustomization.yml': generator('files: [x.yaml]'),
      'app/Kustomization': generator('files: [x.yaml]'),
      'app/x.yaml': yaml,
    }),
    'has several kustomization files: kustomization.yml, Kustomization',
  ],
  [
    'a component',
    ({ yaml }) => ({
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
    ({ yaml }) => ({
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
    ({ sealed }) => ({ 'app/kustomization.yaml': kustomization('resources: ["*.yaml"]'), 'app/s.yaml': sealed }),
    'app/*.yaml: is not there',
  ],
  [
    'an unknown field',
    ({ sealed }) => ({ 'app/kustomization.yaml': kustomization('resource: [s.yaml]'), 'app/s.yaml': sealed }),
    '"resource" is not a field of a kustomization',
  ],
  [
    'a text where a list is wanted',
    ({ sealed }) => ({ 'app/kustomization.yaml': kustomization('resources: s.yaml'), 'app/s.yaml': sealed }),
    'resources is not a list',
  ],
  [
    'values that are no objects, in a folder without kustomization',
    ({ yaml }) => ({ 'app/values.yaml': yaml }),
    'app/values.yaml: object without a name (document 1) has no kind, and stops the build',
  ],
  [
    'the same hidden',
    ({ yaml }) => ({ 'app/.hidden/values.yaml': yaml }),
    'app/.hidden/values.yaml: object without a name',
  ],
  [
    'one Secret twice',
    ({ sealed }) => ({ 'app/s.yaml': sealed, 'app/t.yaml': sealed }),
    'app/t.yaml: Secret a comes out of app/s.yaml, too',
  ],
  [
    'a ConfigMap of an encrypted file, under env',
    ({ dotenv }) => ({
      'app/kustomization.yaml': kustomization('configMapGenerator: [{name: g, env: x.env}]'),
      'app/x.env': dotenv,
    }),
    'app/x.env: is encrypted, and stays so in a ConfigMap',
  ],
  [
    'an encrypted file in the data of a ConfigMap',
    ({ yaml }) => ({ 'app/c.yaml': `${CONFIG_MAP}  x: |\n    ${indented(yaml)}\n` }),
    'ConfigMap c is still encrypted: data.x holds ciphertext',
  ],
  [
    'an encrypted file in stringData',
    ({ yaml }) => ({ 'app/s.yaml': `${PLAIN}stringData:\n  x: |\n    ${indented(yaml)}\n` }),
    'Secret p: stringData.x holds ciphertext',
  ],
  [
    'an encrypted file in data, under a key of another kind',
    ({ yaml }) => ({ 'app/s.yaml': secretWith('x', yaml) }),
    'Secret a: data.x is encrypted as yaml, and under the key x the controller takes it for binary',
  ],
  [
    'one without the marker in data',
    ({ json }) => ({ 'app/s.yaml': secretWith('x.json', JSON.stringify(JSON.parse(json))) }),
    'data.x.json holds ciphertext that the controller does not know',
  ],
  [
    'ciphertext whose metadata is gone',
    ({ sealed }) => ({ 'app/s.yaml': sealed.slice(0, sealed.indexOf('\nsops:') + 1) }),
    'Secret a: data.k holds ciphertext',
  ],
  [
    'metadata without a MAC',
    ({ sealed }) => ({ 'app/s.yaml': sealed.replace(/^ +mac: .*\n/m, '') }),
    'Secret a has SOPS metadata without a MAC',
  ],
  [
    'a literal that is ciphertext',
    ({ yaml }) => ({ 'app/kustomization.yaml': generator(`literals: ["k=${/ENC\[.*\]/.exec(yaml)?.[0]}"]`) }),
    'the literal k is ciphertext',
  ],
  [
    'a merge without partner',
    ({ yaml }) => ({ 'app/kustomization.yaml': generator('behavior: merge, files: [x.yaml]'), 'app/x.yaml': yaml }),
    'Secret g is to merge, and no object of that name is there',
  ],
  [
    'a merge into an encrypted object',
    ({ sealed, yaml }) => ({
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
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatchesStrategicMerge: [s.yaml]'),
      'app/p.yaml': `${PLAIN.replace('name: p', 'name: a')}data: {o: Yg==}\n`,
      'app/s.yaml': sealed,
    }),
    'app/s.yaml: data.o of Secret a is in plain text where the metadata says that it is encrypted',
  ],
  [
    'a patch whose name tells no format',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatches: [{path: s.enc}]'),
      'app/p.yaml': `${PLAIN.replace('name: p', 'name: a')}data: {o: Yg==}\n`,
      'app/s.enc': sealed,
    }),
    'app/s.enc: data.o of Secret a is in plain text where the metadata says that it is encrypted',
  ],
  [
    'a patch of an encrypted object',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization(
        'resources: [s.yaml]\npatches:\n- target: {kind: Secret}\n  patch: |\n    - {op: add, path: /data/z, value: eA==}',
      ),
      'app/s.yaml': sealed,
    }),
    'changes data of Secret a, which is encrypted (app/s.yaml)',
  ],
  [
    'a patch for nothing',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\npatches: [{path: s.yaml}]'),
      'app/c.yaml': CONFIG_MAP,
      'app/s.yaml': sealed,
    }),
    'no object of the build is Secret a, which the patch is for',
  ],
  [
    'a file of replacements',
    ({ yaml }) => ({
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
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': 'apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: g}\nfiles: [k=x.yaml]\n',
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted as yaml, and under the key k',
  ],
  [
    'what a Kustomization of Flux builds',
    ({ yaml }) => ({
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
    layOut(desk, await layout(desk));
    const { status, out } = await check(desk, 'app');
    expect(out).toContain(finding);
    expect(out).not.toContain('no finding(s)');
    expect(status).toBe(1);
  });

  test('a list that is encrypted as a whole', async () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n  data: {k: eA==}\n';
    layOut(desk, { 'app/s.yaml': await desk.encrypt('s.yaml', list, ...VALUES_ONLY) });
    expect((await check(desk, 'app')).out).toContain('a build takes its items out, and they stay encrypted');
  });

  test('a file that is larger than the controller reads, though it is not encrypted', async () => {
    layOut(desk, { 'app/kustomization.yaml': generator('files: [big]'), 'app/big': Buffer.alloc(5 * 1024 * 1024 + 1) });
    expect((await check(desk, 'app')).out).toContain(
      'app/big: is larger than 5 MiB, which the controller refuses under the key big',
    );
  });

  test('nothing in the case of the parent folder alone, and all of it from there', async () => {
    cpSync(join(KUBERNETES, 'checks/flux-parent'), desk.path('repo'), { recursive: true });
    const finding = 'app/conf.enc: is encrypted as yaml, and under the key conf the controller takes it for binary';
    for (const folder of ['repo/bad-yaml-as-binary-key/app', 'repo/bad-yaml-as-binary-key', 'repo']) {
      const { status, out } = await check(desk, folder, '--secret', 'repo/secret.yaml');
      expect(out).toContain(finding);
      expect(status).toBe(1);
    }
  });
});
