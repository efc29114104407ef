/** What `kustomize check` finds in layouts of all kinds; what kustomize and ksops make of each was tried when they were written. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  behaving,
  CheckDesk,
  kustomizeCheck as check,
  inline,
  ksopsOf as ksops,
  type LayoutCase,
  listOf,
  ownPlugin as own,
  SECRET_A as PLAIN,
  plugin,
} from '../../support/check-desk.js';
import { KUBERNETES } from '../../support/kubernetes.js';
import { CONFIG_MAP, kustomization, layOut } from '../../support/layout.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

let desk: CheckDesk;
beforeEach(async () => {
  desk = await CheckDesk.withPrograms();
});
afterEach(() => desk.remove());

const CASES: readonly LayoutCase[] = [
  [
    'an encrypted resource',
    ({ sealed }) => ({ 'app/kustomization.yaml': kustomization('resources: [s.yaml]'), 'app/s.yaml': sealed }),
    'app/s.yaml: Secret a is still encrypted: it has SOPS metadata; kustomize hands it on so',
  ],
  [
    'one whose name ends in nothing known',
    ({ sealed }) => ({ 'app/kustomization.yaml': kustomization('resources: [s.enc]'), 'app/s.enc': sealed }),
    'app/s.enc: Secret a is still encrypted',
  ],
  [
    'one behind a plain document',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [s.yaml]'),
      'app/s.yaml': `${CONFIG_MAP}---\n${sealed}`,
    }),
    'app/s.yaml: Secret a is still encrypted',
  ],
  [
    'one in a list',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [s.yaml]'),
      'app/s.yaml': listOf(sealed),
    }),
    'app/s.yaml: Secret a is still encrypted',
  ],
  [
    'one under bases, of a base',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('Bases: [../base]'),
      'base/Kustomization': kustomization('resources: [s.yaml]'),
      'base/s.yaml': sealed,
    }),
    'base/s.yaml: Secret a is still encrypted',
  ],
  [
    'one of a component',
    ({ sealed }) => ({
      'app/kustomization.yml': kustomization('components: [../c]'),
      'c/kustomization.yaml': kustomization('resources: [s.yaml]', 'Component'),
      'c/s.yaml': sealed,
    }),
    'c/s.yaml: Secret a is still encrypted',
  ],
  [
    'an encrypted file in base64',
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('resources: [s.yaml]'),
      'app/s.yaml': `${PLAIN}data: {x: ${Buffer.from(yaml).toString('base64')}}\n`,
    }),
    'Secret a is still encrypted: data.x holds ciphertext',
  ],
  [
    'a file of secretGenerator',
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('secretGenerator: [{name: g, files: [k=x.yaml]}]'),
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize puts it into the Secret as it is',
  ],
  [
    'variables under env',
    ({ dotenv }) => ({
      'app/kustomization.yaml': kustomization('secretGenerator: [{name: g, env: x.env}]'),
      'app/x.env': dotenv,
    }),
    'app/x.env: is encrypted, and kustomize puts it into the Secret as it is',
  ],
  [
    'a file of configMapGenerator',
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('configMapGenerator: [{name: g, files: [x.yaml]}]'),
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize puts it into the ConfigMap as it is',
  ],
  [
    'a file of a builtin generator',
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': 'apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: g}\nfiles: [x.yaml]\n',
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize puts it',
  ],
  [
    'a patch',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatches: [{path: s.yaml}]'),
      'app/p.yaml': PLAIN,
      'app/s.yaml': sealed,
    }),
    'app/s.yaml: is encrypted, and kustomize applies it as it is',
  ],
  [
    'a patch under patchesStrategicMerge',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatchesStrategicMerge: [s.yaml]'),
      'app/p.yaml': PLAIN,
      'app/s.yaml': sealed,
    }),
    'app/s.yaml: is encrypted, and kustomize applies it as it is',
  ],
  [
    'a patch of a builtin transformer',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\ntransformers: [t.yaml]'),
      'app/t.yaml':
        'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: s.yaml\ntarget: {name: a}\n',
      'app/p.yaml': PLAIN,
      'app/s.yaml': sealed,
    }),
    'app/s.yaml: is encrypted, and kustomize applies it as it is',
  ],
  [
    'a file of configurations',
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\nconfigurations: [x.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize reads it as it is',
  ],
  [
    'values of a Helm chart',
    ({ yaml }) => ({
      'app/kustomization.yaml': kustomization('helmCharts: [{name: x, valuesFile: x.yaml}]'),
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and Helm reads it as it is',
  ],
  [
    'a Helm chart',
    () => ({ 'app/kustomization.yaml': kustomization('helmCharts: [{name: x}]') }),
    'the Helm chart x needs --enable-helm',
  ],
  [
    'ksops as transformer',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\ntransformers: [g.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': sealed,
    }),
    'ksops under transformers decrypts nothing of the build',
  ],
  [
    'ksops as validator',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization(`resources: [c.yaml]\nvalidators:\n${inline(ksops('s.yaml'))}`),
      'app/c.yaml': CONFIG_MAP,
      'app/s.yaml': sealed,
    }),
    'ksops under validators decrypts nothing of the build',
  ],
  [
    'our kind as validator',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\nvalidators: [g.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      'app/g.yaml': own(''),
    }),
    'under validators would change the build',
  ],
  [
    'our kind as a transformer whose MAC cannot fit',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [s.yaml]\ntransformers: [g.yaml]'),
      'app/g.yaml': own(''),
      'app/s.yaml': sealed,
    }),
    'its MAC cannot fit: macPolicy: skip',
  ],
  [
    'a file missing in an inline generator',
    () => ({ 'app/kustomization.yaml': kustomization(`generators:\n${inline(ksops('t.yaml'))}`) }),
    'error reading "t.yaml"',
  ],
  [
    'a file missing in one in flow style',
    () => ({
      'app/kustomization.yaml': kustomization(
        `generators: ['{apiVersion: viaduct.ai/v1, kind: ksops, metadata: {name: g}, files: [t.yaml]}']`,
      ),
    }),
    'error reading "t.yaml"',
  ],
  [
    'a file missing in the second document of a generator',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': `${ksops('s.yaml')}---\n${plugin('files: [t.yaml]', { name: 'h' })}`,
      'app/s.yaml': sealed,
    }),
    'error reading "t.yaml"',
  ],
  [
    'a file missing in a folder of generators',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('generators: [gens]'),
      'app/gens/kustomization.yaml': kustomization('resources: [g.yaml]'),
      'app/gens/g.yaml': ksops('s.yaml'),
      'app/gens/s.yaml': sealed,
    }),
    'error reading "s.yaml"',
  ],
  [
    'a file missing in the generator of a sub-folder',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [sub]'),
      'app/sub/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/sub/g.yaml': ksops('s.yaml'),
      'app/s.yaml': sealed,
    }),
    'error reading "s.yaml"',
  ],
  [
    'a glob that ksops does not know',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': ksops('"*.yaml"'),
      'app/s.yaml': sealed,
    }),
    'error reading "*.yaml"',
  ],
  [
    'ksops under the name of another kind',
    () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': plugin('files: [t.yaml]', { kind: 'foo/v1 Bar' }),
    }),
    'error reading "t.yaml"',
  ],
  [
    'a plug-in that nobody knows',
    () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': plugin('', { kind: 'foo/v1 Bar', path: './other' }),
    }),
    'what Bar g under generators makes of the build was not looked at',
  ],
  [
    'a merge without partner',
    async () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': await behaving(desk, 'm', 'merge'),
    }),
    'Secret m is to merge, and no object of that name is there',
  ],
  [
    'a replacement without partner',
    async () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\ngenerators: [g.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': await behaving(desk, 'c', 'replace'),
    }),
    'Secret c is to replace, and no object',
  ],
  [
    'a merge with a partner elsewhere',
    async () => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\ngenerators: [g.yaml]'),
      'app/p.yaml': PLAIN.replace('{name: a}', '{name: a, namespace: x}'),
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': await behaving(desk, 'a', 'merge'),
    }),
    'Secret a is to merge, and no object',
  ],
  [
    'a merge with a partner that comes later',
    async () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]\ncomponents: [../c]'),
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': await behaving(desk, 'a', 'merge'),
      'c/kustomization.yaml': kustomization('secretGenerator: [{name: a, literals: [k=v]}]', 'Component'),
    }),
    'Secret a is to merge, and no object',
  ],
  [
    'a merge of kustomize’s own without partner',
    () => ({
      'app/kustomization.yaml': kustomization('configMapGenerator: [{name: c, behavior: merge, literals: [k=v]}]'),
    }),
    'ConfigMap c is to merge, and no object',
  ],
  [
    'an object of a generator that is there',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\ngenerators: [g.yaml]'),
      'app/p.yaml': PLAIN,
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': sealed,
    }),
    'Secret a comes out of app/p.yaml, too',
  ],
  [
    'a base that comes in twice',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [../b1, ../b2]'),
      'b1/kustomization.yaml': kustomization('resources: [../base]'),
      'b2/kustomization.yaml': kustomization('resources: [../base]'),
      'base/kustomization.yaml': kustomization('resources: [c.yaml]'),
      'base/c.yaml': CONFIG_MAP,
    }),
    'ConfigMap c comes out of base/c.yaml, too',
  ],
  [
    'a file outside',
    () => ({ 'app/kustomization.yaml': kustomization('resources: [../c.yaml]'), 'c.yaml': CONFIG_MAP }),
    'c.yaml: is not in or below app, where kustomize reads files',
  ],
  [
    'a link that leads outside',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]'),
      'app/c.yaml': { link: '../c.yaml' },
      'c.yaml': CONFIG_MAP,
    }),
    'app/c.yaml: is not in or below app',
  ],
  [
    'remote resources, patches and components',
    () => ({
      'app/kustomization.yaml': kustomization(
        'resources: ["https://x.example/a.yaml"]\ncomponents: ["ssh://git@x.example/o/r"]\npatches: [{path: "http://x.example/p.yaml"}]',
      ),
    }),
    'http://x.example/p.yaml is remote, and was not looked at',
  ],
  [
    'an encrypted kustomization',
    async () => ({
      'app/kustomization.yaml': await desk.encrypt(
        'k.yaml',
        kustomization('resources: [c.yaml]'),
        '--encrypted-regex',
        '^none$',
        '--allow-unencrypted',
      ),
      'app/c.yaml': CONFIG_MAP,
    }),
    '"sops" is not a field of a kustomization',
  ],
  [
    'a file beside encrypted ones that cannot be read',
    ({ sealed }) => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': sealed,
      'app/p.yaml': { link: 'p.yaml' },
    }),
    'app/p.yaml: cannot be read: ',
  ],
];

describe('kustomize check finds', () => {
  test.each(CASES)('%s', async (_what, layout, finding) => {
    layOut(desk, await layout(desk));
    const { status, out } = await check(desk, 'app');
    expect(out).toContain(finding);
    expect(out).not.toContain('no finding(s)');
    expect(status).toBe(1);
  });

  test.each(['encrypted-resource', 'transformer'])('the case %s', async (name) => {
    cpSync(join(KUBERNETES, 'checks', name), desk.path('app'), { recursive: true });
    expect((await check(desk, 'app')).status).toBe(1);
  });
});
