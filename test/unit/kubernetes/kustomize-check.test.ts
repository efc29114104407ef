/** `kustomize check` on what is as it should be; what kustomize and ksops make of each was tried when they were written. */
import { realpathSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  behaving,
  CheckDesk,
  kustomizeCheck as check,
  inline,
  ksopsOf as ksops,
  type LayoutCase,
  ownPlugin as own,
  SECRET_A as PLAIN,
  plugin,
} from '../../support/check-desk.js';
import { CONFIG_MAP, kustomization, layOut } from '../../support/layout.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

let desk: CheckDesk;
beforeEach(async () => {
  desk = await CheckDesk.withPrograms();
});
afterEach(() => desk.remove());

describe('kustomize check is content with', () => {
  const GOOD: readonly LayoutCase[] = [
    [
      'generators of all forms',
      ({ sealed, other }) => ({
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
        'app/s.yaml': await behaving(desk, 'a', 'merge'),
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
        'c/s.yaml': await behaving(desk, 'a', 'merge'),
      }),
      'checked 2 kustomization(s)',
    ],
    [
      'our kind as a transformer',
      ({ sealed }) => ({
        'app/kustomization.yaml': kustomization('namePrefix: x-\nresources: [s.yaml]\ntransformers: [g.yaml]'),
        'app/g.yaml': own('macPolicy: skip'),
        'app/s.yaml': sealed,
      }),
      'no finding(s)',
    ],
    [
      'a deletion of what is encrypted',
      ({ sealed }) => ({
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
    layOut(desk, await layout(desk));
    const { status, out } = await check(desk, 'app');
    expect(out).toContain(said);
    expect(status).toBe(0);
  });

  test('files outside and charts, with the flags of kustomize that let them in', async () => {
    layOut(desk, { 'app/kustomization.yaml': kustomization('resources: [../c.yaml]'), 'c.yaml': CONFIG_MAP });
    for (const flags of [['--load-restrictor=LoadRestrictionsNone'], ['--load-restrictor', 'LoadRestrictionsNone']]) {
      expect((await check(desk, 'app', '--', ...flags)).status).toBe(0);
    }
    layOut(desk, { 'charts/kustomization.yaml': kustomization('helmCharts: [{name: x}]') });
    const { status, out } = await check(desk, 'charts', '--', '--enable-helm');
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
    expect((await check(desk, 'l')).status).toBe(0);
  });
});
