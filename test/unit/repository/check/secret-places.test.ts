/** Private keys wherever they may stand: in base64, in UTF-16, in the path that a link holds. */
import { createPublicKey, generateKeyPairSync, type KeyExportOptions, type KeyObject } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { generateIdentity } from '../../../../src/keys/age/x25519.js';
import { secretsIn } from '../../../../src/repository/check/secrets/secret-scan.js';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sampledTest } from '../../../support/sweep.js';

const test = sampledTest(4);

const { identity } = generateIdentity();
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test.each([0, 1, 2])('in base64, %i bytes behind what begins a group, lines broken anywhere', (offset) => {
  for (const secret of [identity, pem]) {
    const base64 = Buffer.from(`${'x'.repeat(60 + offset)}${secret}\n`).toString('base64');
    const kind = secret === pem ? 'private-key' : 'age-key';
    for (const width of [base64.length, ...Array.from({ length: 24 }, (_, at) => 60 + at)]) {
      const lines = base64.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
      // A PEM is longer than a line, so that its beginning alone may not be broken.
      if (secret === pem && width < base64.length) continue;
      for (const lineBreak of ['\n    ', '\r\n', '\\n'])
        expect(
          secretsIn(Buffer.from(`data:\n  key: ${lines.join(lineBreak)}\n`), 'a.yaml').map(({ rule }) => rule),
        ).toEqual([kind]);
    }
  }
});

test('in lines of base64, as base64 prints it; a certificate is none', () => {
  const lines = (text: string): string =>
    (
      Buffer.from(text)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    ).join('\n');
  expect(secretsIn(Buffer.from(lines(pem)), 'a').map(({ rule }) => rule)).toEqual(['private-key']);
  const certificate = pem.replaceAll('PRIVATE KEY', 'CERTIFICATE');
  expect(secretsIn(Buffer.from(lines(certificate)), 'a')).toEqual([]);
  expect(secretsIn(Buffer.from(lines(certificate + pem)), 'a').map(({ rule }) => rule)).toEqual(['private-key']);
});

test('in UTF-16 without a mark, whole signs or not', () => {
  const wide = Buffer.from(`key: ${identity}\n`, 'utf16le');
  for (const bytes of [wide, Buffer.from(wide).swap16(), Buffer.from(`\ufeff${identity}`, 'utf16le')])
    for (const end of ['', 'x']) {
      const found = secretsIn(Buffer.concat([bytes, Buffer.from(end)]), 'a.txt');
      expect(found.map(({ rule }) => rule)).toEqual(['age-key']);
    }
});

test.each<[string, KeyObject]>([
  ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['ec', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['ed25519', generateKeyPairSync('ed25519').privateKey],
])('in DER: %s', async (kind, key) => {
  const repository = new CheckedRepository();
  const types =
    kind === 'rsa'
      ? (['pkcs8', 'pkcs1'] as const)
      : kind === 'ec'
        ? (['pkcs8', 'sec1'] as const)
        : (['pkcs8'] as const);
  try {
    for (const type of types)
      repository.write({ [`${type}.der`]: key.export({ type, format: 'der' } as KeyExportOptions<'der'>) });
    repository.write({
      'public.der': createPublicKey(key).export({ type: 'spki', format: 'der' }),
      'more.der': Buffer.from('0\x03\x02\x01\x00'),
    });
    expect(await repository.found()).toEqual(types.map((type) => `private-key ${type}.der`).sort());
  } finally {
    repository.remove();
  }
});

test('where a symbolic link leads is its content, within the repository and out of it', async () => {
  const repository = new CheckedRepository();
  try {
    const { identity } = generateIdentity();
    repository.write({ 'a.txt': 'a' });
    symlinkSync('a.txt', join(repository.folder, 'fine'));
    symlinkSync(`../elsewhere/${identity}`, join(repository.folder, 'out'));
    symlinkSync(identity, join(repository.folder, 'within'));
    const found = ['age-key out', 'age-key within'];
    expect(await repository.found()).toEqual(found);
    repository.git('add', '-A');
    expect(await repository.found(['--staged'])).toEqual(found);
    repository.git('commit', '-q', '-m', 'links');
    repository.git('rm', '-q', 'out', 'within');
    expect(await repository.found(['--staged'])).toEqual([]);
    repository.commit();
    repository.git('branch', '-q', 'root', 'HEAD~');
    expect(await repository.found(['--since', 'root'])).toEqual([]);
  } finally {
    repository.remove();
  }
});
