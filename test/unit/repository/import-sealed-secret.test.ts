/** `import sealed-secret`: SealedSecrets that kubeseal wrote, opened by the controller's keys, their Secrets sealed for SOPS. */
import { mkdirSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sealedFixture, sealedPath } from '../../support/sealed.js';

const desk = new Desk();
afterEach(() => desk.clear());
afterAll(() => desk.remove());

const RULE = ['--encrypted-regex', '^(data|stringData)$'];
const KEY = sealedPath('keys/a.key.pem');

function importIt(words: readonly string[], key = KEY, env: Record<string, string> = {}): Promise<Ran> {
  return desk.run(['import', 'sealed-secret', '--private-key', key, ...words], { env });
}

async function plaintextOf(target: string): Promise<string> {
  return (await desk.run(['decrypt', target])).stdout.toString();
}

/** What `unseal` prints, which is compared with what kubeseal printed elsewhere. */
async function unsealed(name: string): Promise<string> {
  return (await desk.run(['unseal', '--private-key', KEY, name])).stdout.toString();
}

test('what kubeseal wrote becomes a Secret, its values encrypted and all else in clear', async () => {
  const source = sealedFixture('strict/sealed.yaml');
  desk.write('db.sealed.yaml', source);
  const ran = await importIt(['db.sealed.yaml', ...RULE]);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  expect(ran.stdout.toString()).toContain(
    'db.sealed.yaml was imported into db.enc.yaml (4 values); db.sealed.yaml itself',
  );
  expect(ran.stdout.toString()).toContain('next: deleting a SealedSecret deletes its Secret');
  expect(desk.text('db.sealed.yaml')).toBe(source);
  expect(desk.text('db.enc.yaml')).toContain('kind: Secret\n');
  expect(desk.text('db.enc.yaml')).not.toContain('c3RyaW5nRGF0YSB3aW5z');
  expect(await plaintextOf('db.enc.yaml')).toBe(await unsealed('db.sealed.yaml'));
  expect(await plaintextOf('db.enc.yaml')).toContain('user: c3RyaW5nRGF0YSB3aW5z\n');
});

test.each([
  ['several objects', 'multi/sealed.yaml'],
  ['cluster-wide', 'cluster-no-namespace/sealed.yaml'],
  ['with a template', 'u-template/sealed.yaml'],
])('%s', async (_, fixture) => {
  desk.write('s.yaml', sealedFixture(fixture));
  expect(await importIt(['s.yaml', ...RULE])).toMatchObject({ status: 0, stderr: '' });
  expect(await plaintextOf('s.enc.yaml')).toBe(await unsealed('s.yaml'));
});

test('JSON as the source and as the target', async () => {
  desk.write('s.json', sealedFixture('strict-json/sealed.json'));
  expect(await importIt(['s.json', ...RULE])).toMatchObject({ status: 0 });
  expect(JSON.parse(await plaintextOf('s.enc.json'))).toMatchObject({ kind: 'Secret', data: { k: 'dg==' } });
});

test('keys: a backup, and a backup that SOPS encrypted', async () => {
  desk.write('s.yaml', sealedFixture('encrypted-backup/sealed.yaml'));
  const env = { SOPS_AGE_KEY: sealedFixture('encrypted-backup/age.txt') };
  expect(await importIt(['s.yaml', ...RULE], sealedPath('encrypted-backup/backup.enc.yaml'), env)).toMatchObject({
    status: 0,
  });
  desk.write('t.yaml', sealedFixture('u-backup-list/sealed.yaml'));
  expect(await importIt(['t.yaml', ...RULE], sealedPath('keys/backup-list.json'))).toMatchObject({ status: 0 });
});

test('a rule that hides the kind is told; one that leaves values in clear is refused', async () => {
  desk.write('s.yaml', sealedFixture('small/sealed.yaml'));
  expect((await importIt(['s.yaml'])).stderr).toContain('kind and metadata are encrypted as well');
  const refused = await importIt(['s.yaml', '--encrypted-regex', '^metadata$', '--output', 'o.yaml']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('values that were secret would stand in clear in o.yaml: ["data"]');
  expect(desk.names()).toEqual(['s.enc.yaml', 's.yaml']);
});

test('a folder: other manifests are passed over', async () => {
  mkdirSync(desk.path('apps'));
  desk.write('apps/a.yaml', sealedFixture('small/sealed.yaml'));
  desk.write('apps/b.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n');
  desk.write('apps/c.md', sealedFixture('small/sealed.yaml'));
  const ran = await importIt(['apps', '--dry-run', '--json']);
  expect(JSON.parse(ran.stdout.toString())).toMatchObject({ done: 1, failed: 0 });
  expect(desk.names()).toEqual(['apps']);
});

describe('refused, with nothing written', () => {
  const sealed = sealedFixture('small/sealed.yaml');
  const PLAIN = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n';

  test.each<[string, string, string[], string]>([
    ['another key', sealed, ['--private-key', sealedPath('keys/b.key.pem')], ''],
    ['changed text', sealedFixture('u-tampered/sealed.yaml'), [], 'no key could decrypt secret'],
    ['a changed name', sealedFixture('u-renamed/sealed.yaml'), [], 'no key could decrypt secret'],
    ['another object beside', `${sealed}---\n${PLAIN}`, [], 'is not a SealedSecret of bitnami.com/v1alpha1'],
    ['none', PLAIN, [], 'this is not a SealedSecret'],
    ['nothing in it', sealedFixture('ok-empty/sealed.yaml'), [], 'nothing is sealed in it'],
    ['a target of another format', sealed, ['--output', 'o.env'], 'tells no format for objects of Kubernetes'],
    ['another namespace', sealedFixture('strict/sealed.yaml'), ['--namespace', 'other'], 'namespace mismatch'],
  ])('%s', async (_, text, words, message) => {
    desk.write('s.yaml', text);
    const ran =
      message === ''
        ? await desk.run(['import', 'sealed-secret', 's.yaml', ...words])
        : await importIt(['s.yaml', ...words]);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain(message === '' ? 'no key could decrypt secret' : message);
    expect(desk.names()).toEqual(['s.yaml']);
  });

  test('without a private key', async () => {
    desk.write('s.yaml', sealed);
    expect((await desk.run(['import', 'sealed-secret', 's.yaml'])).stderr).toContain('the private key is missing');
  });
});
