/** Private SSH keys: locked and damaged ones, and the arithmetic behind them. */
import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { ageProvider } from '../../../src/keys/age/age.js';
import { bcryptPbkdf } from '../../../src/keys/age/ssh/bcrypt-pbkdf.js';
import { Blowfish } from '../../../src/keys/age/ssh/blowfish.js';
import { readSshPrivateKey } from '../../../src/keys/age/ssh/private-key.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { sampledTest } from '../../support/sweep.js';
import { fixturePath, fixtureText, readEncrypted } from './entries.js';
import { hostOf } from './host.js';
import { ProgramFolder } from './programs.js';

const test = sampledTest(6);

const folder = new ProgramFolder();
afterAll(() => folder.remove());

const PASSPHRASE = 'ssh test passphrase';

describe('a locked key', () => {
  const encrypted = readEncrypted('age/ssh-rsa.json', 'age', 'recipient');
  const key = encrypted.keys[0] as MasterKey;
  const hostFor = (path: string, answer: string) =>
    hostOf({ env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path }, answer: () => answer });

  test.each(['ssh-rsa-locked', 'ssh-rsa-pem-locked', 'ssh-rsa-pkcs8-locked'])(
    '%s: a wrong passphrase',
    async (name) => {
      for (const answer of ['wrong', '']) {
        const host = hostFor(fixturePath(`identities/${name}`), answer);
        await expect(ageProvider.unwrap(key, host)).rejects.toThrow(/: incorrect passphrase/);
        await expect(ageProvider.unwrap(key, host)).rejects.toThrow(/: incorrect passphrase/);
        const question = `Enter passphrase for "${fixturePath(`identities/${name}`)}":`;
        // Asked again after a wrong one, but not for the next file.
        expect(host.asked).toEqual([question, `Wrong passphrase. ${question}`, `Wrong passphrase. ${question}`]);
      }
    },
  );

  test('gets another try after a wrong passphrase', async () => {
    const typed = ['mistyped', PASSPHRASE];
    const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: fixturePath('identities/ssh-rsa-locked') };
    const host = hostOf({ env, answer: () => typed.shift() ?? '' });
    expect(encrypted.greeting(await ageProvider.unwrap(key, host))).toBe('hello');
    expect(typed).toEqual([]);
  });

  test('is not asked for when no stanza is for it', async () => {
    const other = readEncrypted('age/ssh-ed25519.yaml', 'age', 'recipient').keys[0] as MasterKey;
    const host = hostFor(fixturePath('identities/ssh-ed25519-locked'), PASSPHRASE);
    await expect(ageProvider.unwrap(other, host)).rejects.toThrow('identity did not match');
    expect(host.asked).toEqual([]);
  });

  test('in PEM needs its public key beside it', async () => {
    const path = join(folder.path, 'alone');
    copyFileSync(fixturePath('identities/ssh-rsa-pem-locked'), path);
    await expect(ageProvider.unwrap(key, hostFor(path, PASSPHRASE))).rejects.toThrow(
      `failed to obtain public key for "${path}" SSH key: open ${path}.pub: no such file or directory`,
    );
    folder.write('alone.pub', 'rubbish');
    await expect(ageProvider.unwrap(key, hostFor(path, PASSPHRASE))).rejects.toThrow(`failed to parse "${path}.pub"`);
    copyFileSync(fixturePath('identities/ssh-rsa.pub'), `${path}.pub`);
    expect(encrypted.greeting(await ageProvider.unwrap(key, hostFor(path, PASSPHRASE)))).toBe('hello');
  });

  test('that is not the private half of the public key beside it is refused', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: PASSPHRASE });
    const path = folder.write('mismatched', String(pem));
    copyFileSync(fixturePath('identities/ssh-rsa.pub'), `${path}.pub`);
    await expect(ageProvider.unwrap(key, hostFor(path, PASSPHRASE))).rejects.toThrow(
      'mismatched private and public SSH key',
    );
  });

  test('printed by a command is refused', async () => {
    const command = `cat ${fixturePath('identities/ssh-rsa-locked')}`;
    const host = hostOf({
      env: { SOPS_AGE_SSH_PRIVATE_KEY_CMD: command, PATH: process.env.PATH },
      answer: () => PASSPHRASE,
    });
    await expect(ageProvider.unwrap(key, host)).rejects.toThrow(
      'the SSH key returned by running SOPS_AGE_SSH_PRIVATE_KEY_CMD is password protected, which is unsupported.',
    );
    expect(host.asked).toEqual([]);
  });
});

describe('a private key', () => {
  test.each([
    ['ssh-ecdsa', 'unknown SSH key type: "ecdsa-sha2-nistp256"'],
    ['ssh-rsa.pub', 'no private key in OpenSSH or PEM format'],
    ['age-x25519.txt', 'no private key in OpenSSH or PEM format'],
    ['pgp-rsa.asc', 'no private key in OpenSSH or PEM format'],
  ])('%s is not one we can use', (name, message) => {
    expect(() => readSshPrivateKey(fixtureText(`identities/${name}`)).open('')).toThrow(message);
  });

  test.each(['ssh-ed25519', 'ssh-rsa', 'ssh-ed25519-locked-aes128-ctr'])('%s cannot be changed unnoticed', (name) => {
    const text = fixtureText(`identities/${name}`);
    const [, head, base64, tail] = /^(.*\n)([A-Za-z0-9+/=\n]+)(-----END.*\n)$/s.exec(text) as unknown as string[];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    const original = readSshPrivateKey(text).open(PASSPHRASE);
    const step = name === 'ssh-rsa' ? 31 : 7;
    for (let at = 0; at < bytes.length; at += step) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 4;
      let opened: unknown = null;
      try {
        opened = readSshPrivateKey(`${head}${changed.toString('base64')}\n${tail}`).open(PASSPHRASE);
      } catch (error) {
        expect(error).toMatchObject({ code: 'key' });
      }
      if (opened === null) continue;
      // The comment, the check numbers and an RSA key's redundant numbers may differ; what it is a key for may not.
      expect((opened as typeof original)?.publicKey).toEqual(original?.publicKey);
    }
  });

  test.each(['ssh-ed25519', 'ssh-rsa-pem', 'ssh-rsa-pkcs8'])(
    '%s may have other line ends and remarks before it',
    (name) => {
      const text = fixtureText(`identities/${name}`);
      const original = readSshPrivateKey(text).open('')?.publicKey;
      for (const each of [text.replaceAll('\n', '\r\n'), `Bag Attributes\n${text}`, `\n${text}\n\n`]) {
        expect(readSshPrivateKey(each).open('')?.publicKey).toEqual(original);
      }
    },
  );

  test('cut off anywhere is refused', () => {
    const text = fixtureText('identities/ssh-ed25519');
    const bytes = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
    // The last bytes are padding.
    for (let length = 0; length < bytes.length - 8; length++) {
      const cut = bytes.subarray(0, length).toString('base64');
      const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${cut}\n-----END OPENSSH PRIVATE KEY-----\n`;
      expect(() => readSshPrivateKey(pem).open('')).toThrow(SopsError);
    }
  });
});

describe('bcrypt_pbkdf', () => {
  // From the regression tests of OpenBSD's libutil, "bcrypt_pbkdf_test".
  test.each([
    [4, 'password', 'salt', '5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9'],
    [4, 'password', '\0', 'c12b566235eee04c212598970a579a67'],
    [4, '\0', 'salt', '6051be18c2f4f82cbf0efee5471b4bb9'],
    [
      8,
      'password',
      'salt',
      'e1367ec5151a33faac4cc1c144cd23fa15d5548493ecc99b9b5d9c0d3b27bec76227ea66088b849b20ab7aa478010246e74bba51723fefa9f9474d6508845e8d',
    ],
    [42, 'password', 'salt', '833cf0dcf56db65608e8f0dc0ce882bd'],
  ])('%i rounds of %j with %j', (rounds, passphrase, salt, expected) => {
    const key = bcryptPbkdf(Buffer.from(passphrase), Buffer.from(salt), expected.length / 2, rounds);
    expect(key.toString('hex')).toBe(expected);
  });

  test('starts from the digits of π', () => {
    // The first and the last words of Schneier's tables.
    const { subkeys, boxes } = new Blowfish() as unknown as { subkeys: Uint32Array; boxes: Uint32Array };
    expect([subkeys[0], subkeys[17], boxes[0], boxes[1023]]).toEqual([0x243f6a88, 0x8979fb1b, 0xd1310ba6, 0x3ac372e6]);
  });
});
