/** What other programs, or we ourselves, pass over in reading: `check` must not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckedRepository } from '../../../support/checked-repository.js';

let repository: CheckedRepository;
beforeEach(() => {
  repository = new CheckedRepository();
});
afterEach(() => repository.remove());

test.each([
  ['a key that comes again', (text: string) => text.replace('[s]\n', '[s]\na = hunter2\n')],
  ['a key of the metadata that comes again', (text: string) => text.replace(/^mac /m, 'mac = hunter2\nmac ')],
  ['what stands behind the bracket of a section', (text: string) => text.replace('[s]', '[s] hunter2')],
  ['what stands behind that of the metadata', (text: string) => text.replace('[sops]', '[sops] hunter2')],
])('INI: plaintext that SOPS passes over: %s', async (_, change) => {
  await repository.seal('secrets/a.ini', '[s]\na = 1\na = 2\n[t] passed over\nb = 1\n');
  expect(await repository.found()).toEqual([]);
  repository.change('secrets/a.ini', change);
  const { findings, text } = await repository.check();
  expect(findings).toEqual([expect.objectContaining({ rule: 'plain-value', path: 'secrets/a.ini' })]);
  expect(repository.read('secrets/a.ini').split('\n')[(findings[0]?.line ?? 0) - 1]).toContain('hunter2');
  expect(text).not.toContain('hunter2');
});

test('a tracked lock', async () => {
  repository.write({ 'secrets/.a.yaml.sops-ts-lock': 'x' });
  expect(await repository.found()).toEqual([]);
  repository.git('add', '-f', 'secrets/.a.yaml.sops-ts-lock');
  expect(await repository.found()).toEqual(['tracked-lock secrets/.a.yaml.sops-ts-lock']);
});

test('a tracked lock is found where its folder is named, once, and where it is named', async () => {
  repository.write({ 'secrets/.a.yaml.sops-ts-lock': 'x' });
  repository.git('add', '-f', 'secrets/.a.yaml.sops-ts-lock');
  for (const word of ['.', 'secrets', 'secrets/.a.yaml.sops-ts-lock'])
    expect(await repository.found([word]), word).toEqual(['tracked-lock secrets/.a.yaml.sops-ts-lock']);
});

test('names that only begin or end as those of our own files are looked at', async () => {
  const names = ['secrets/.sops-ts-app.yaml', 'secrets/app.sops-ts-lock', 'secrets/.sops-ts-1.tmp.yaml'];
  repository.write(Object.fromEntries(names.map((name) => [name, 'password: hunter2\n'])));
  for (const isAdded of [false, true]) {
    if (isAdded) repository.git('add', '-A');
    expect(await repository.found()).toEqual(names.toSorted().map((name) => `not-encrypted ${name}`));
  }
});

test.each([
  ['within a line', (enc: string) => enc.replace(/^(\s+[A-Za-z0-9+/]{20})/m, '$1hunter2')],
  ['as a line of its own', (enc: string) => enc.replace(/^( +)(?=-----END)/m, `$1${'hunter22'.repeat(8)}\n$1`)],
  ['in the line that begins it', (enc: string) => enc.replace('AGE ENCRYPTED', 'AGE hunter2 ENCRYPTED')],
])('a wrapped data key of age with plaintext put in %s', async (_, change) => {
  await repository.seal('secrets/a.yaml', 'a: 1\n');
  expect(await repository.found()).toEqual([]);
  repository.change('secrets/a.yaml', change);
  const { findings, text } = await repository.check();
  expect(findings).toEqual([expect.objectContaining({ rule: 'malformed-metadata', path: 'secrets/a.yaml' })]);
  expect(text).not.toContain('hunter2');
});

test('random values: what has a name beside it, stands in quotes alone, in maps of Terraform, or in UTF-16', async () => {
  const value = 'jhy0I9lO7F3vlfFrGYJ3GxeYYXwSLQcW';
  const letters = 'icaq93g8ma114y4zms3eta1s';
  repository.write({
    'env.yaml': `env:\n    - name: DB_PASSWORD\n      value: ${letters}\n    - name: REPLICAS\n      value: ${letters}\n`,
    'deep.json': `${'['.repeat(20_000)}"${value}"${']'.repeat(20_000)}`,
    'one.tfvars': `db = { user = "somebody", password = "${letters}" }\ntags = {"token":"${letters}"}\n`,
  });
  writeFileSync(join(repository.folder, 'wide.json'), Buffer.from(`\ufeff{"password":"${value}"}`, 'utf16le'));
  const { findings } = await repository.check(['--secrets', 'env.yaml', 'deep.json', 'one.tfvars', 'wide.json']);
  expect(findings.map(({ path, line, keyPath }) => [path, line, ...(keyPath ?? [])].join(' '))).toEqual([
    'deep.json 1',
    'env.yaml 3 env value',
    'one.tfvars 1 password',
    'one.tfvars 2 token',
    'wide.json 1 password',
  ]);
});

test.each([
  ['plaintext', (text: string) => text.replace(/(sops_ts_layout: ).*/, '$1hunter2')],
  [
    'plaintext within a ciphertext',
    (text: string) => text.replace(/(sops_ts_layout: ENC\[AES256_GCM,data:)/, '$1hunter2 '),
  ],
])('sops_ts_layout: %s', async (_, change) => {
  await repository.seal('secrets/a.yaml', 'a: 0x1F\n');
  expect(await repository.found()).toEqual([]);
  repository.change('secrets/a.yaml', change);
  const { findings, text } = await repository.check();
  expect(findings).toEqual([expect.objectContaining({ rule: 'malformed-metadata', path: 'secrets/a.yaml' })]);
  expect(text).not.toContain('hunter2');
});
