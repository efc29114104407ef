/** `unseal`, and sealing anew for another certificate. */
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sealValue } from '../../../../src/kubernetes/sealed-secrets/value.js';
import { Desk } from '../../../support/desk.js';
import { sealedPath } from '../../../support/sealed.js';
import { CANARY, CERT, KEY, SCOPE, sealingOn, secret, text } from './sealing.js';

const desk = new Desk();
afterAll(() => desk.remove());
const { done, refused, opened } = sealingOn(desk);

describe('re-encryption', () => {
  const again = ['seal', '-', '--re-encrypt', '--cert', sealedPath('keys/b.cert.pem'), ...KEY];
  const other = ['unseal', '-', '--private-key', sealedPath('keys/b.key.pem')];

  test('seals the same values for another certificate', async () => {
    const sealed = await done(['seal', ...CERT], secret());
    const resealed = await done(again, `# ours\n${sealed}`);
    expect(resealed).toContain('# ours');
    expect(resealed).not.toContain(CANARY);
    expect(text(parse(await done(other, resealed)).data.password)).toBe(CANARY);
    await refused(['unseal', ...KEY], 'no key could decrypt secret', resealed);
  });

  test('can give another name and scope', async () => {
    const sealed = await done(['seal', ...CERT], secret());
    const resealed = await done([...again, '--name', 'web', '--scope', 'namespace-wide'], sealed);
    const { metadata, data } = parse(await done(other, resealed));
    expect(metadata.name).toBe('web');
    expect(text(data.password)).toBe(CANARY);
    const narrow = [
      'seal',
      '-',
      '--re-encrypt',
      ...CERT,
      '--private-key',
      sealedPath('keys/b.key.pem'),
      '--scope',
      'strict',
    ];
    expect(await done(narrow, resealed)).not.toContain(SCOPE);
  });

  test('needs the key that opens all', async () => {
    const sealed = await done(['seal', ...CERT], secret());
    await refused(['seal', '-', '--re-encrypt', ...CERT], 'needs the private key', sealed);
    const wrong = ['seal', '-', '--re-encrypt', ...CERT, '--private-key', sealedPath('keys/b.key.pem')];
    await refused(wrong, 'no key could decrypt secret (password)', sealed);
  });
});

describe('unsealing', () => {
  test.each(['--age', '--encrypted-regex', '--filename-override'])(
    'writes no plaintext for %s without --encrypt',
    async (flag) => {
      const sealed = await done(['seal', ...CERT], secret());
      await refused(
        ['unseal', '-', ...KEY, flag, 'x', '--output', 'never.yaml'],
        `${flag} belongs to --encrypt`,
        sealed,
      );
      expect(readdirSync(desk.path('.'))).not.toContain('never.yaml');
    },
  );

  const sealed = () => done(['seal', ...CERT], secret());

  test('encrypts the result by the creation rules, and never writes the plaintext', async () => {
    desk.write('s.sealed.yaml', await sealed());
    desk.write('.sops.yaml', `creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: ${desk.recipient}\n`);
    const before = readdirSync(desk.folder);
    await done(['unseal', 's.sealed.yaml', ...KEY, '--encrypt', '--output', 's.enc.yaml']);
    expect(readdirSync(desk.folder).filter((name) => !before.includes(name))).toEqual(
      ['s.enc.yaml'].filter((name) => !before.includes(name)),
    );
    expect(desk.text('s.enc.yaml')).not.toContain(Buffer.from(CANARY).toString('base64'));
    const decrypted = parse((await desk.run(['decrypt', 's.enc.yaml'])).stdout.toString());
    expect(text(decrypted.data.password)).toBe(CANARY);
    // And back: what was imported can be sealed again.
    expect(text((await opened(await done(['seal', 's.enc.yaml', ...CERT]))).data.password)).toBe(CANARY);
    await refused(['unseal', '-', ...KEY, '--encrypt'], 'must specify --filename-override', desk.read('s.sealed.yaml'));
  });

  test('writes a plaintext file for its owner alone', async () => {
    desk.write('s.sealed.yaml', await sealed());
    await done(['unseal', 's.sealed.yaml', ...KEY, '--output', 'clear.yaml']);
    expect(statSync(desk.path('clear.yaml')).mode & 0o777).toBe(0o600);
  });

  test('names the owner only if asked, and never prints null', async () => {
    const empty = await done(['seal', ...CERT], secret('', '""'));
    const printed = await done(['unseal', ...KEY], empty);
    expect(printed).not.toMatch(/ownerReferences|null/);
    expect((await opened(empty, '--keep-owner')).metadata.ownerReferences).toHaveLength(1);
    expect(JSON.parse(await done(['unseal', '-o', 'json', ...KEY], empty)).data).toEqual({ password: '' });
  });

  const templated = async (lines: string): Promise<string> =>
    (await sealed()).replace('  template:\n', `  template:\n    data:\n${lines}`);

  test('renders templates as the controller does', async () => {
    const lines = `      url: 'db://{{ .password }}@h'\n      plain: text\n      gone: '{{ .none }}'\n      upper: '{{ .password | upper }}'\n      other: '{{ .url }}'\n`;
    const { data } = await opened(await templated(lines));
    expect([text(data.url), text(data.plain), text(data.gone)]).toEqual([`db://${CANARY}@h`, 'text', '<no value>']);
    expect(text(data.upper)).toBe(CANARY.toUpperCase());
    // A template sees what was sealed, and nothing of other templates.
    expect(text(data.other)).toBe('<no value>');
  });

  const BROKEN = `      fine: '{{ .password }}'\n      one: '{{ .password | nope }}'\n      two: '{{ now }}'\n`;

  test.each([
    ['unseal', []],
    ['unseal', ['--encrypt', '--output', 'out.yaml']],
    ['seal verify', []],
  ])('%s %s fails when a template cannot be rendered, and names every such key', async (command, flags) => {
    desk.write('broken.yaml', await templated(BROKEN));
    const before = desk.names();
    await refused(
      [...command.split(' '), 'broken.yaml', ...KEY, ...flags],
      /one \(line 1: .*two \(.*now gives another/,
    );
    expect(desk.names()).toEqual(before);
  });

  test('takes the namespace of an object that names none', async () => {
    const without = (await sealed()).replaceAll(/ +namespace: prod\n/g, '');
    await refused(['unseal', ...KEY], 'no key could decrypt secret', without);
    expect((await opened(without, '-n', 'prod')).metadata.namespace).toBe('prod');
    await refused(['unseal', '-n', 'evil', ...KEY], 'namespace mismatch', await sealed());
  });

  test('opens the old form, where one text holds the whole Secret', async () => {
    const key = new X509Certificate(readFileSync(sealedPath('keys/a.cert.pem'))).publicKey;
    const inner = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, data: { k: 'dg==' } };
    const blob = sealValue(Buffer.from(JSON.stringify(inner)), 'prod/db', key);
    const object = `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: prod}\nspec: {data: ${blob}}\n`;
    expect((await opened(object)).data).toEqual({ k: 'dg==' });
    expect(await done(['seal', 'verify', ...KEY], object)).toContain('1 value opens');
    await refused(['unseal', ...KEY], 'no key could decrypt secret (spec.data)', object.replace('name: db', 'name: x'));
    await refused(['seal', '-', '--re-encrypt', ...KEY, ...CERT], 'is the old form', object);
  });

  test('refuses other objects', async () => {
    await refused(['unseal', ...KEY], 'is not a SealedSecret', secret());
    await refused(['unseal', ...KEY], 'holds no SealedSecret', '');
    const head = 'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: b}\n';
    for (const spec of ['', 'spec: {}\n', 'spec: {encryptedData: [a]}\n']) {
      await refused(['unseal', ...KEY], 'spec.encryptedData is missing, or no map', head + spec);
    }
    await refused(['unseal', ...KEY], 'spec.encryptedData.k is not text', `${head}spec: {encryptedData: {k: 1}}\n`);
  });
});
