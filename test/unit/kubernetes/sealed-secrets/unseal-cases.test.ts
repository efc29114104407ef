/** SealedSecrets as people have them: templates with functions, and key backups that SOPS encrypted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { Desk } from '../../../support/desk.js';
import { sealedFixture, sealedPath } from '../../../support/sealed.js';

const desk = new Desk();
afterAll(() => desk.remove());

test('a template with functions gives every key that the controller gives', async () => {
  const ran = await desk.run([
    'unseal',
    sealedPath('template/sealed.yaml'),
    '--private-key',
    sealedPath('template/key.pem'),
  ]);
  expect(ran, ran.stderr).toMatchObject({ status: 0, stderr: '' });
  const expected = JSON.parse(sealedFixture('template/unsealed.json'));
  expect(parse(ran.stdout.toString()).data).toEqual(expected.data);
});

describe('a private key that SOPS encrypted', () => {
  const identity = readFileSync(sealedPath('encrypted-backup/age.txt'), 'utf8');
  const sealed = sealedPath('encrypted-backup/sealed.yaml');
  const backup = sealedPath('encrypted-backup/backup.enc.yaml');

  test.each([['unseal'], ['seal verify']])('%s opens with a backup of the Secret', async (command) => {
    const ran = await desk.run([...command.split(' '), sealed, '--private-key', backup], {
      env: { SOPS_AGE_KEY: identity },
    });
    expect(ran, ran.stderr).toMatchObject({ status: 0, stderr: '' });
  });

  test('may be a PEM file, too', async () => {
    const pem = sealedFixture('template/key.pem');
    writeFileSync(desk.path('key.enc'), await desk.encrypt('key.enc', pem));
    const ran = await desk.run(['unseal', sealedPath('template/sealed.yaml'), '--private-key', 'key.enc']);
    expect(ran, ran.stderr).toMatchObject({ status: 0 });
  });

  test.each([
    ['YAML with a block', 'backup.yaml'],
    ['JSON', 'backup.json'],
  ])('may be a Secret whose stringData holds it, in %s', async (_what, name) => {
    const pem = sealedFixture('template/key.pem');
    const secret = { kind: 'Secret', data: { 'tls.key': 'eA==' }, stringData: { 'tls.key': pem } };
    const list = { kind: 'List', items: [secret] };
    writeFileSync(
      desk.path(name),
      await desk.encrypt(name, name.endsWith('json') ? JSON.stringify(list) : stringify(secret)),
    );
    const ran = await desk.run(['unseal', sealedPath('template/sealed.yaml'), '--private-key', name]);
    expect(ran, ran.stderr).toMatchObject({ status: 0 });
  });

  test('that is not one: the error names its file, and not the SealedSecret', async () => {
    writeFileSync(desk.path('other.yaml'), await desk.encrypt('other.yaml', '# note\na: b\n'));
    const ran = await desk.run(['unseal', sealedPath('template/sealed.yaml'), '--private-key', 'other.yaml']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('holds no RSA private key\n  in file other.yaml\n');
  });

  test('is told apart from one that is broken: without its key the file is named, and what is missing', async () => {
    const ran = await desk.run(['unseal', sealed, '--private-key', backup], { env: { SOPS_AGE_KEY: '' } });
    expect(ran.status).toBe(128);
    expect(ran.stdout.toString()).toBe('');
    expect(ran.stderr).toContain('Failed to get the data key required to decrypt the SOPS file.');
    expect(ran.stderr).toContain('backup.enc.yaml');
  });
});
