/** Certificates and private keys as users have them, and what is refused of them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCertificate } from '../../../../src/kubernetes/sealed-secrets/certificate.js';
import { loadCertificate } from '../../../../src/kubernetes/sealed-secrets/certificate-source.js';
import { readPrivateKeys } from '../../../../src/kubernetes/sealed-secrets/private-keys.js';
import { sealedFixture, sealedPath } from '../../../support/sealed.js';
import { hostOf } from '../../keys/host.js';
import { HttpService } from '../../keys/http-service.js';

const pem = (name: string): string => sealedFixture(`keys/${name}.pem`);

describe('a certificate', () => {
  test.each(['a', 'b', 'c'])('%s is read, and warns of nothing', (name) => {
    expect(parseCertificate(pem(`${name}.cert`), 'f').warnings).toEqual([]);
  });

  test('is the first of its file, whatever else stands there', () => {
    const text = `notes\n${pem('a.key')}${pem('a.cert')}${pem('ec.cert')}`;
    expect(parseCertificate(text, 'f').publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  test('that has expired is refused in the words of kubeseal', () => {
    expect(() => parseCertificate(pem('expired.cert'), 'f')).toThrow(
      'failed to encrypt using an expired certificate on November 22, 2026',
    );
    expect(() => parseCertificate(pem('a.cert'), 'f', Date.UTC(2037, 0))).toThrow(
      /expired certificate on November 20, 2036/,
    );
  });

  test('that is not valid yet is warned of', () => {
    expect(parseCertificate(pem('a.cert'), 'f', Date.UTC(2020, 0)).warnings).toEqual([
      'f: not valid before November 23, 2026',
    ]);
  });

  test.each([
    ['a.public', 'does not contain any valid RSA or ECDSA certificates'],
    ['a.key', 'does not contain any valid RSA or ECDSA certificates'],
    ['ec.cert', 'expected RSA public key but found ec'],
  ])('cannot be %s', (name, message) => {
    expect(() => parseCertificate(pem(name), 'f')).toThrow(message);
  });

  test('with damage is refused', () => {
    expect(() => parseCertificate(pem('a.cert').replace('MII', 'MIJ'), 'f')).toThrow('the certificate cannot be read');
  });
});

describe('where a certificate comes from', () => {
  let served: HttpService;
  let origin = '';
  beforeAll(async () => {
    served = await HttpService.start(({ path }) => {
      if (path === '/v1/cert.pem') return { body: pem('a.cert') };
      if (path === '/moved') return { status: 302, headers: { location: '/v1/cert.pem' }, body: '' };
      return { status: 404, body: pem('a.cert') };
    });
    origin = served.url;
  });
  afterAll(() => served.close());

  test('a path, relative to the working folder', async () => {
    const host = hostOf({ cwd: sealedPath('keys') });
    expect((await loadCertificate({ certificate: 'a.cert.pem' }, host)).publicKey.type).toBe('public');
    expect(host.warned).toEqual([]);
  });

  test('a file URL', async () => {
    const certificate = pathToFileURL(sealedPath('keys/b.cert.pem')).href;
    expect((await loadCertificate({ certificate }, hostOf())).publicKey.type).toBe('public');
  });

  test('a server, by the address of the certificate or of the controller', async () => {
    for (const choice of [
      { certificate: `${origin}/v1/cert.pem` },
      { controller: origin },
      { controller: `${origin}/v1/cert.pem` },
    ]) {
      expect((await loadCertificate(choice, hostOf())).publicKey.type).toBe('public');
    }
  });

  test('a server must answer 200', async () => {
    const fetched = (path: string) => loadCertificate({ certificate: `${origin}${path}` }, hostOf());
    await expect(fetched('/none')).rejects.toThrow(`cannot fetch "${origin}/none": status 404`);
    await expect(fetched('/moved')).rejects.toThrow('status 302');
  });

  test('a password in a URL is in no message', async () => {
    const url = `${origin.replace('//', '//user:hunter2@')}/none`;
    const error = await loadCertificate({ certificate: url }, hostOf()).catch((thrown: Error) => thrown);
    expect(String(error)).toContain('status 404');
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });

  test('a name in the clear, away from this machine, is warned of', async () => {
    const host = hostOf();
    await expect(loadCertificate({ controller: 'http://sealed.invalid' }, host)).rejects.toThrow('cannot reach');
    expect(host.warned.join()).toContain('without TLS');
  });

  test('one, and one only', async () => {
    await expect(loadCertificate({}, hostOf())).rejects.toMatchObject({ code: 'usage' });
    await expect(loadCertificate({ certificate: 'a', controller: 'b' }, hostOf())).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(loadCertificate({ controller: 'cert.pem' }, hostOf())).rejects.toMatchObject({ code: 'usage' });
    await expect(loadCertificate({ certificate: '/none.pem' }, hostOf())).rejects.toThrow('no such file');
  });
});

describe('private keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sops-ts-keys-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (text: string): string => {
    const path = join(folder, 'k');
    writeFileSync(path, text);
    return path;
  };
  const bits = async (...paths: string[]) =>
    (await readPrivateKeys({ paths }, hostOf())).map((key) => key.asymmetricKeyDetails?.modulusLength);

  test('PKCS#1, PKCS#8, and several files', async () => {
    const paths = ['a.key', 'a.pkcs8', 'b.key', 'c.key'].map((name) => sealedPath(`keys/${name}.pem`));
    expect(await bits(...paths)).toEqual([2048, 2048, 3072, 4096]);
  });

  test('the first key of a file with other blocks', async () => {
    expect(await bits(file(`${pem('b.cert')}${pem('b.key')}${pem('a.key')}`))).toEqual([3072]);
  });

  test('a List, a Secret, and a stream of Secrets', async () => {
    expect((await bits(sealedPath('keys/backup-list.json'))).length).toBe(2);
    const secret = (name: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}\ndata:\n  tls.key: ${Buffer.from(pem(`${name}.key`)).toString('base64')}\n`;
    expect(await bits(file(secret('a')))).toEqual([2048]);
    expect(await bits(file(`${secret('a')}---\n${secret('b')}`))).toEqual([2048, 3072]);
  });

  test.each([
    ['an elliptic-curve key', pem('ec.key'), 'a private key for ec'],
    ['one under a passphrase', pem('a.protected'), 'protected by a passphrase'],
    ['a certificate', pem('a.cert'), 'holds no RSA private key'],
    ['garbage', 'garbage', 'holds no RSA private key'],
    ['nothing', '', 'holds no RSA private key'],
    ['a damaged key', pem('a.key').replace('MII', 'AII'), 'holds no RSA private key'],
    ['a Secret without one', 'kind: Secret\ndata: {x: eA==}\n', 'holds no private key under data."tls.key"'],
    ['an empty List', 'kind: List\nitems: []\n', 'holds no RSA private key'],
  ])('cannot be %s', async (_what, text, message) => {
    const error = await readPrivateKeys({ paths: [file(text)] }, hostOf()).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'key' });
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain(text.split('\n')[1] || '\0');
  });

  test('a file that is not there', async () => {
    await expect(bits('/none/k.pem')).rejects.toThrow('cannot read the private key: /none/k.pem: no such file');
  });
});
