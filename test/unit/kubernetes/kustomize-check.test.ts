/** `kustomize check` on layouts of all kinds; what kustomize and ksops make of each was tried when they were written. */
import { chmodSync, cpSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { KUBERNETES } from '../../support/kubernetes.js';
import { CONFIG_MAP, kustomization, type Layout, layOut, secretText, VALUES_ONLY } from '../../support/layout.js';

let desk: Desk;
let sealed: string;
let other: string;
let yaml: string;
let dotenv: string;

beforeEach(async () => {
  desk = new Desk();
  const encrypted = async (...args: Parameters<Desk['encrypt']>) => (await desk.encrypt(...args)).toString('utf8');
  sealed = await encrypted('s.yaml', secretText('a'), ...VALUES_ONLY);
  other = await encrypted('t.yaml', secretText('t'), ...VALUES_ONLY);
  yaml = await encrypted('x.yaml', 'x: CANARY\n');
  dotenv = await encrypted('x.env', 'A=CANARY\n');
  mkdirSync(desk.path('bin'));
  for (const name of ['ksops', 'sops-ts-kustomize']) chmodSync(desk.write(`bin/${name}`, '#!/bin/sh\n'), 0o755);
});
afterEach(() => desk.remove());

async function check(...words: string[]): Promise<{ status: number; out: string }> {
  const ran = await desk.run(['kustomize', 'check', ...words], { env: { PATH: desk.path('bin') } });
  expect(ran.stderr).toBe('');
  return { status: ran.status, out: ran.stdout.toString() };
}

/** A plug-in in the form of a program. */
function plugin(fields: string, { kind = 'viaduct.ai/v1 ksops', path = 'ksops', name = 'g' } = {}): string {
  const [apiVersion, type] = kind.split(' ');
  return (
    `apiVersion: ${apiVersion}\nkind: ${type}\nmetadata:\n  name: ${name}\n  annotations:\n` +
    `    config.kubernetes.io/function: |\n      exec: {path: ${path}}\n${fields}\n`
  );
}

const own = (fields: string) => plugin(fields, { kind: 'sops-ts.dev/v1 SopsGenerator', path: 'sops-ts-kustomize' });
const ksops = (...files: string[]) => plugin(`files: [${files.join(', ')}]`);
const inline = (text: string) => `- |\n  ${text.trimEnd().replaceAll('\n', '\n  ')}`;
const behaving = async (name: string, behavior: string) =>
  (
    await desk.encrypt(
      's.yaml',
      secretText(name, `  annotations: {kustomize.config.k8s.io/behavior: ${behavior}}\n`),
      ...VALUES_ONLY,
    )
  ).toString('utf8');
const PLAIN = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n';

type Case = readonly [what: string, layout: () => Layout | Promise<Layout>, finding: string];

const CASES: readonly Case[] = [
  [
    'an encrypted resource',
    () => ({ 'app/kustomization.yaml': kustomization('resources: [s.yaml]'), 'app/s.yaml': sealed }),
    'app/s.yaml: Secret a is still encrypted: it has SOPS metadata; kustomize hands it on so',
  ],
  [
    'one whose name ends in nothing known',
    () => ({ 'app/kustomization.yaml': kustomization('resources: [s.enc]'), 'app/s.enc': sealed }),
    'app/s.enc: Secret a is still encrypted',
  ],
  [
    'one behind a plain document',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [s.yaml]'),
      'app/s.yaml': `${CONFIG_MAP}---\n${sealed}`,
    }),
    'app/s.yaml: Secret a is still encrypted',
  ],
  [
    'one in a list',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [s.yaml]'),
      'app/s.yaml': `apiVersion: v1\nkind: List\nitems:\n- ${sealed.trimEnd().replaceAll('\n', '\n  ')}\n`,
    }),
    'app/s.yaml: Secret a is still encrypted',
  ],
  [
    'one under bases, of a base',
    () => ({
      'app/kustomization.yaml': kustomization('Bases: [../base]'),
      'base/Kustomization': kustomization('resources: [s.yaml]'),
      'base/s.yaml': sealed,
    }),
    'base/s.yaml: Secret a is still encrypted',
  ],
  [
    'one of a component',
    () => ({
      'app/kustomization.yml': kustomization('components: [../c]'),
      'c/kustomization.yaml': kustomization('resources: [s.yaml]', 'Component'),
      'c/s.yaml': sealed,
    }),
    'c/s.yaml: Secret a is still encrypted',
  ],
  [
    'an encrypted file in base64',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [s.yaml]'),
      'app/s.yaml': `${PLAIN}data: {x: ${Buffer.from(yaml).toString('base64')}}\n`,
    }),
    'Secret a is still encrypted: data.x holds ciphertext',
  ],
  [
    'a file of secretGenerator',
    () => ({
      'app/kustomization.yaml': kustomization('secretGenerator: [{name: g, files: [k=x.yaml]}]'),
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize puts it into the Secret as it is',
  ],
  [
    'variables under env',
    () => ({
      'app/kustomization.yaml': kustomization('secretGenerator: [{name: g, env: x.env}]'),
      'app/x.env': dotenv,
    }),
    'app/x.env: is encrypted, and kustomize puts it into the Secret as it is',
  ],
  [
    'a file of configMapGenerator',
    () => ({
      'app/kustomization.yaml': kustomization('configMapGenerator: [{name: g, files: [x.yaml]}]'),
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize puts it into the ConfigMap as it is',
  ],
  [
    'a file of a builtin generator',
    () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': 'apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: g}\nfiles: [x.yaml]\n',
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize puts it',
  ],
  [
    'a patch',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatches: [{path: s.yaml}]'),
      'app/p.yaml': PLAIN,
      'app/s.yaml': sealed,
    }),
    'app/s.yaml: is encrypted, and kustomize applies it as it is',
  ],
  [
    'a patch under patchesStrategicMerge',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatchesStrategicMerge: [s.yaml]'),
      'app/p.yaml': PLAIN,
      'app/s.yaml': sealed,
    }),
    'app/s.yaml: is encrypted, and kustomize applies it as it is',
  ],
  [
    'a patch of a builtin transformer',
    () => ({
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
    () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\nconfigurations: [x.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      'app/x.yaml': yaml,
    }),
    'app/x.yaml: is encrypted, and kustomize reads it as it is',
  ],
  [
    'values of a Helm chart',
    () => ({
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
    () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\ntransformers: [g.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': sealed,
    }),
    'ksops under transformers decrypts nothing of the build',
  ],
  [
    'ksops as validator',
    () => ({
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
    () => ({
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
    () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/g.yaml': `${ksops('s.yaml')}---\n${plugin('files: [t.yaml]', { name: 'h' })}`,
      'app/s.yaml': sealed,
    }),
    'error reading "t.yaml"',
  ],
  [
    'a file missing in a folder of generators',
    () => ({
      'app/kustomization.yaml': kustomization('generators: [gens]'),
      'app/gens/kustomization.yaml': kustomization('resources: [g.yaml]'),
      'app/gens/g.yaml': ksops('s.yaml'),
      'app/gens/s.yaml': sealed,
    }),
    'error reading "s.yaml"',
  ],
  [
    'a file missing in the generator of a sub-folder',
    () => ({
      'app/kustomization.yaml': kustomization('resources: [sub]'),
      'app/sub/kustomization.yaml': kustomization('generators: [g.yaml]'),
      'app/sub/g.yaml': ksops('s.yaml'),
      'app/s.yaml': sealed,
    }),
    'error reading "s.yaml"',
  ],
  [
    'a glob that ksops does not know',
    () => ({
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
      'app/s.yaml': await behaving('m', 'merge'),
    }),
    'Secret m is to merge, and no object of that name is there',
  ],
  [
    'a replacement without partner',
    async () => ({
      'app/kustomization.yaml': kustomization('resources: [c.yaml]\ngenerators: [g.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': await behaving('c', 'replace'),
    }),
    'Secret c is to replace, and no object',
  ],
  [
    'a merge with a partner elsewhere',
    async () => ({
      'app/kustomization.yaml': kustomization('resources: [p.yaml]\ngenerators: [g.yaml]'),
      'app/p.yaml': PLAIN.replace('{name: a}', '{name: a, namespace: x}'),
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': await behaving('a', 'merge'),
    }),
    'Secret a is to merge, and no object',
  ],
  [
    'a merge with a partner that comes later',
    async () => ({
      'app/kustomization.yaml': kustomization('generators: [g.yaml]\ncomponents: [../c]'),
      'app/g.yaml': ksops('s.yaml'),
      'app/s.yaml': await behaving('a', 'merge'),
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
    () => ({
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
    '"sops" is no field of a kustomization',
  ],
  [
    'a file beside encrypted ones that cannot be read',
    () => ({
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
    layOut(desk, await layout());
    const { status, out } = await check('app');
    expect(out).toContain(finding);
    expect(out).not.toContain('no finding(s)');
    expect(status).toBe(1);
  });

  test.each(['encrypted-resource', 'transformer'])('the case %s', async (name) => {
    cpSync(join(KUBERNETES, 'checks', name), desk.path('app'), { recursive: true });
    expect((await check('app')).status).toBe(1);
  });
});

describe('kustomize check is content with', () => {
  const GOOD: readonly Case[] = [
    [
      'generators of all forms',
      () => ({
        'app/kustomization.yaml': kustomization(
          `generators:\n- g.yaml\n${inline(plugin('files: [t.yaml]', { name: 'h' }))}`,
        ),
        'app/g.yaml': ksops('s.yaml'),
        'app/s.yaml': sealed,
        'app/t.yaml': other,
      }),
      'looked at 4 file(s), checked 1 kustomization(s) and 2 generator(s) of encrypted files: no finding(s)',
    ],
    [
      'a merge with what a base made, under a prefix',
      async () => ({
        'app/kustomization.yaml': kustomization('resources: [../base]\ngenerators: [g.yaml]'),
        'app/g.yaml': ksops('s.yaml'),
        'app/s.yaml': await behaving('a', 'merge'),
        'base/kustomization.yaml': kustomization(
          'namePrefix: p-\nnamespace: n\nsecretGenerator: [{name: a, literals: [k=v]}]',
        ),
      }),
      'checked 2 kustomization(s)',
    ],
    [
      'a merge of a component',
      async () => ({
        'app/kustomization.yaml': kustomization('resources: [p.yaml]\ncomponents: [../c]'),
        'app/p.yaml': PLAIN,
        'c/kustomization.yaml': kustomization('generators: [g.yaml]', 'Component'),
        'c/g.yaml': ksops('s.yaml'),
        'c/s.yaml': await behaving('a', 'merge'),
      }),
      'checked 2 kustomization(s)',
    ],
    [
      'our kind as a transformer',
      () => ({
        'app/kustomization.yaml': kustomization('namePrefix: x-\nresources: [s.yaml]\ntransformers: [g.yaml]'),
        'app/g.yaml': own('macPolicy: skip'),
        'app/s.yaml': sealed,
      }),
      'no finding(s)',
    ],
    [
      'a deletion of what is encrypted',
      () => ({
        'app/kustomization.yaml': kustomization(
          'resources: [c.yaml, s.yaml]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: a}\n    $patch: delete',
        ),
        'app/c.yaml': CONFIG_MAP,
        'app/s.yaml': sealed,
      }),
      'no finding(s)',
    ],
    [
      'builtin transformers',
      () => ({
        'app/kustomization.yaml': kustomization(
          'resources: [c.yaml]\ntransformers:\n- |\n  apiVersion: builtin\n  kind: NamespaceTransformer\n  metadata: {name: t, namespace: n}',
        ),
        'app/c.yaml': CONFIG_MAP,
      }),
      'no finding(s)',
    ],
    [
      'empty fields',
      () => ({
        'app/kustomization.yaml': kustomization('resources: [c.yaml]\ngenerators:\npatches: []'),
        'app/c.yaml': CONFIG_MAP,
      }),
      'no finding(s)',
    ],
  ];
  test.each(GOOD)('%s', async (_what, layout, said) => {
    layOut(desk, await layout());
    const { status, out } = await check('app');
    expect(out).toContain(said);
    expect(status).toBe(0);
  });

  test('files outside and charts, with the flags of kustomize that let them in', async () => {
    layOut(desk, { 'app/kustomization.yaml': kustomization('resources: [../c.yaml]'), 'c.yaml': CONFIG_MAP });
    for (const flags of [['--load-restrictor=LoadRestrictionsNone'], ['--load-restrictor', 'LoadRestrictionsNone']]) {
      expect((await check('app', '--', ...flags)).status).toBe(0);
    }
    layOut(desk, { 'charts/kustomization.yaml': kustomization('helmCharts: [{name: x}]') });
    const { status, out } = await check('charts', '--', '--enable-helm');
    expect(out).toContain('the Helm chart x was not looked at');
    expect(status).toBe(1);
  });

  test('a folder that is reached through a link', async () => {
    layOut(desk, {
      'app/kustomization.yaml': kustomization('resources: [c.yaml]'),
      'app/c.yaml': CONFIG_MAP,
      l: { link: 'app' },
    });
    expect(realpathSync(desk.path('l'))).toBe(realpathSync(desk.path('app')));
    expect((await check('l')).status).toBe(0);
  });
});
