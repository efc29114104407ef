/** `flux check` on what is as it should be, the bounds of the source, and the Secret; what the controller's own code makes of each was tried when they were written. */
import { mkdirSync, rmdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import {
  CheckDesk,
  fluxCheck as check,
  secretGenerator as generator,
  type LayoutCase,
  listOf,
  secretWith,
} from '../../support/check-desk.js';
import { Desk } from '../../support/desk.js';
import { kustomization, layOut, secretText, VALUES_ONLY } from '../../support/layout.js';
import { run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const PLAIN = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: p\n';

let desk: CheckDesk;
beforeEach(async () => {
  desk = await CheckDesk.inRepository();
});
afterEach(() => desk.remove());

describe('flux check is content with', () => {
  const GOOD: readonly LayoutCase[] = [
    [
      'objects',
      ({ sealed }) => ({
        'app/kustomization.yaml': kustomization('resources: [s.enc]\nnamePrefix: x-'),
        'app/s.enc': sealed,
      }),
      'looked at 1 kustomization(s) and 2 file(s), checked 1 encrypted file(s): no finding(s)',
    ],
    [
      'files by their keys',
      ({ yaml, json, dotenv, binary }) => ({
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
      ({ yaml }) => ({ 'app/kustomization.yaml': generator('files: [x.json=x.yaml]'), 'app/x.yaml': yaml }),
      'checked 1 encrypted file(s)',
    ],
    ['a file in data', ({ yaml }) => ({ 'app/s.yaml': secretWith('x.yaml', yaml) }), 'checked 1 encrypted file(s)'],
    [
      'an encrypted patch',
      ({ sealed }) => ({
        'app/kustomization.yaml': kustomization('resources: [p.yaml]\npatches: [{path: s.yaml}]'),
        'app/p.yaml': PLAIN.replace('name: p', 'name: a'),
        'app/s.yaml': sealed,
      }),
      'checked 1 encrypted file(s)',
    ],
    [
      'a patch of labels',
      ({ sealed }) => ({
        'app/kustomization.yaml': kustomization(
          'resources: [s.yaml]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: a, labels: {x: y}}',
        ),
        'app/s.yaml': sealed,
      }),
      'checked 1 encrypted file(s)',
    ],
    [
      'a merge with what a base made, under a prefix',
      ({ yaml }) => ({
        'app/kustomization.yaml': kustomization(
          'resources: [../base]\nsecretGenerator: [{name: g, behavior: merge, files: [y.yaml]}]',
        ),
        'app/y.yaml': yaml,
        'base/kustomization.yaml': kustomization('namePrefix: p-\nsecretGenerator: [{name: g, files: [x.yaml]}]'),
        'base/x.yaml': yaml,
      }),
      'looked at 2 kustomization(s) and 4 file(s), checked 2 encrypted file(s)',
    ],
    ['items of a list', ({ sealed }) => ({ 'app/s.yaml': listOf(sealed) }), 'checked 1 encrypted file(s)'],
    [
      'JSON beside manifests, and what is not part of a source',
      ({ sealed, json }) => ({
        'app/s.yaml': sealed,
        'app/x.json': json,
        'app/.sops.yaml': 'creation_rules: []\n',
        'app/.github/w.yaml': 'on: push\n',
      }),
      'and 2 file(s), checked 1 encrypted',
    ],
  ];
  test.each(GOOD)('%s', async (_what, layout, said) => {
    layOut(desk, await layout(desk));
    const { status, out } = await check(desk, 'app');
    expect(out).toContain(said);
    expect(status).toBe(0);
  });
});

test('what an annotation leaves encrypted is told', async () => {
  const text = secretText('a', '  annotations: {kustomize.toolkit.fluxcd.io/decrypt: disabled}\n');
  layOut(desk, { 'app/s.yaml': await desk.encrypt('s.yaml', text, ...VALUES_ONLY) });
  const { status, out } = await check(desk, 'app');
  expect(out).toContain(
    'and 2 file(s), 1 object(s) stay encrypted as annotated, checked 0 encrypted file(s): no finding(s)',
  );
  expect(status).toBe(0);
});

describe('the source', () => {
  const layout = ({ sealed }: CheckDesk) => ({
    'repo/app/kustomization.yaml': kustomization('resources: [../base]'),
    'repo/base/kustomization.yaml': kustomization('resources: [s.yaml]'),
    'repo/base/s.yaml': sealed,
  });

  test('begins where the command is called, if there is no repository', async () => {
    rmdirSync(desk.path('.git'));
    layOut(desk, layout(desk));
    expect((await check(desk, 'repo/app')).status).toBe(0);
    const within = await run(['flux', 'check', '.'], { cwd: desk.path('repo/app'), env: desk.env });
    expect(within.stdout.toString()).toContain('../base lies outside the source');
  });

  test('holds what .sourceignore leaves in it', async () => {
    layOut(desk, {
      '.sourceignore': '# drafts\n/app/drafts/\n*.tmpl.yaml\n!keep.tmpl.yaml\n**/old/*.yaml\n',
      'app/s.yaml': desk.sealed,
      'app/drafts/values.yaml': desk.yaml,
      'app/a.tmpl.yaml': 'no: object\n',
      'app/x/old/b.yaml': 'no: object\n',
      'app/.sourceignore': 'v[a-c]?ues.yaml\n',
      'app/values.yaml': desk.yaml,
    });
    expect(await check(desk, 'app')).toMatchObject({ status: 0, out: expect.stringContaining('and 2 file(s)') });
    layOut(desk, { 'app/keep.tmpl.yaml': 'no: object\n' });
    expect((await check(desk, 'app')).out).toContain('app/keep.tmpl.yaml: object without a name');
  });

  test('lacks what its defaults leave out, though a kustomization names it', async () => {
    layOut(desk, { 'app/kustomization.yaml': generator('files: [a.zip]'), 'app/a.zip': 'zip' });
    expect((await check(desk, 'app')).out).toContain('app/a.zip: is left out of the source');
    layOut(desk, { '.sourceignore': '!*.zip\n' });
    expect((await check(desk, 'app')).status).toBe(0);
  });

  test('ends at its repository', async () => {
    layOut(desk, layout(desk));
    mkdirSync(desk.path('repo/app/.git'));
    expect((await check(desk, 'repo/app')).out).toContain(
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
      'app/s.yaml': `${desk.sealed}---\n${foreign}`,
      'app/n.yaml': secretWith('x.yaml', nested).replace('name: a', 'name: n'),
    });
    const { status, out } = await check(desk, 'app', '--secret', 'secret.yaml');
    expect(status).toBe(1);
    expect(out).toContain('app/s.yaml: Secret b: the Secret holds none of its keys');
    expect(out).toContain('app/n.yaml: Secret n: data.x.yaml: the Secret holds none of its keys');
    expect(out).not.toContain('Secret a:');
  });

  test('tries the items of a list', async () => {
    layOut(desk, {
      'app/s.yaml': listOf(desk.sealed),
    });
    expect((await check(desk, 'app', '--secret', 'secret.yaml')).status).toBe(0);
    const other = new Desk();
    other.remove();
    desk.write('other.txt', other.identity);
    desk.write('secret.yaml', (await desk.run(['flux', 'secret', 'other.txt'])).stdout);
    expect((await check(desk, 'app', '--secret', 'secret.yaml')).out).toContain(
      'Secret a: the Secret holds none of its keys',
    );
  });

  test('says which files it cannot try', async () => {
    const kms =
      '    kms:\n        - arn: arn:aws:kms:eu-west-1:123456789012:key/x\n          created_at: "2024-01-01T00:00:00Z"\n          enc: AAAA\n';
    const remote = desk.sealed.replace(/^ {4}age:\n(?: {8}.*\n| {10}.*\n)*/m, kms);
    layOut(desk, { 'app/s.yaml': remote });
    const { status, out } = await check(desk, 'app', '--secret', 'secret.yaml');
    expect(out).toContain('app/s.yaml: was not tried: its keys (kms) are opened by services that are not asked here');
    expect(status).toBe(1);
  });
});
