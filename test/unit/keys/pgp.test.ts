/** The PGP provider: the arguments gpg is given, its failures, and the real gpg where there is one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { pgpProvider } from '../../../src/keys/pgp/pgp.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { sampledTest } from '../../support/sweep.js';
import { fixturePath, readEncrypted } from './entries.js';
import { hostOf } from './host.js';
import { ProgramFolder } from './programs.js';

const test = sampledTest(2);

const RSA = '2C851F83570ED80E15EA329DA0BB3225B77A1DA4';
const RSA_SUBKEY = '72EEA50FA6EF5EFEB55F6A914635C19FAD75ED6E';
const ECC = '5B97EF21040CABCEFAE48F3F53BEE7FCB183697F';
const LOCKED_PASSPHRASE = 'pgp test passphrase';
const PART = Buffer.alloc(32, 4);

const keyOf = (fingerprint: string, enc = ''): MasterKey => ({
  type: 'pgp',
  fields: new Map([['fp', fingerprint]]),
  enc,
});
const folder = new ProgramFolder();
afterAll(() => folder.remove());

describe('a list of fingerprints', () => {
  test('is split at commas, spaces go, the rest stays as given', async () => {
    const keys = await pgpProvider.parse(
      `2C85 1F83 570E D80E 15EA  329D A0BB 3225 B77A 1DA4, ${ECC.toLowerCase()},0x${RSA.slice(-16)},${RSA_SUBKEY}!`,
      hostOf(),
    );
    expect(keys.map(pgpProvider.keyString)).toEqual([RSA, ECC.toLowerCase(), `0x${RSA.slice(-16)}`, `${RSA_SUBKEY}!`]);
    expect(keys[0]).toEqual(keyOf(RSA));
    expect(await pgpProvider.parse('', hostOf())).toEqual([]);
  });

  test.each(['someone@example.test', 'B77A1DA4', `${RSA},`, `${RSA}\n`, `--output=${RSA}`, `${RSA}!!`, `\t${RSA}`])(
    '%j is refused when it is used',
    async (text) => {
      const [key = keyOf('')] = (await pgpProvider.parse(text, hostOf())).slice(-1);
      await expect(pgpProvider.wrap(key, PART, hostOf())).rejects.toMatchObject({
        code: 'key',
        message: expect.stringMatching(/^not a PGP fingerprint: "/),
      });
    },
  );

  test.each([
    ['AB CD', ['ABCD']],
    ['alice@example.test', ['alice@example.test']],
    [`Alice A.,${RSA.slice(-8)}`, ['AliceA.', RSA.slice(-8)]],
  ])('%j is for a key service elsewhere to judge', async (text, fingerprints) => {
    expect((await pgpProvider.parse(text, hostOf())).map(pgpProvider.keyString)).toEqual(fingerprints);
  });
});

describe('the gpg program', () => {
  folder.addScript(
    'echo-gpg',
    `process.stdout.write(process.argv.slice(2).join(' ') + '|' + require('node:fs').readFileSync(0, 'latin1') + '|' + process.env.GNUPGHOME + '\\n');`,
  );
  folder.addScript('gpg', `process.stdout.write('from PATH');`);
  folder.addScript('silent', '');
  folder.addScript(
    'failing',
    `process.stderr.write('gpg: encrypted with RSA key\\ngpg: decryption failed: No secret key\\n'); process.exit(2);`,
  );
  folder.addScript('mute', 'process.exit(3);');
  folder.addScript('killed', `process.kill(process.pid, 'SIGKILL');`);
  folder.addScript('deaf', `process.stdin.destroy(); process.stderr.write('did not listen'); process.exit(2);`);
  const hostWith = (program: string) =>
    hostOf({ env: { SOPS_GPG_EXEC: join(folder.path, program), GNUPGHOME: '/somewhere' } });

  test('is given the arguments that SOPS gives, and told to tell its status', async () => {
    const host = hostWith('echo-gpg');
    const common = '--status-fd 2 --no-default-recipient --yes --encrypt -a -r';
    expect(await pgpProvider.wrap(keyOf(RSA), Buffer.from('part'), host)).toBe(
      `${common} ${RSA} --trusted-key ${RSA.slice(-16)} --no-encrypt-to|part|/somewhere`,
    );
    expect(await pgpProvider.wrap(keyOf(`0x${RSA_SUBKEY}!`), Buffer.from('part'), host)).toBe(
      `${common} 0x${RSA_SUBKEY}! --trusted-key ${RSA_SUBKEY.slice(-16)}! --no-encrypt-to|part|/somewhere`,
    );
    expect(String(await pgpProvider.unwrap(keyOf(RSA, 'enc'), host))).toBe('--status-fd 2 -d|enc|/somewhere\n');
  });

  test('is the one on PATH if no other is named', async () => {
    expect(String(await pgpProvider.unwrap(keyOf(RSA, 'enc'), hostOf({ env: { PATH: folder.path } })))).toBe(
      'from PATH',
    );
    expect(
      String(await pgpProvider.unwrap(keyOf(RSA, 'enc'), hostOf({ env: { PATH: folder.path, SOPS_GPG_EXEC: '' } }))),
    ).toBe('from PATH');
  });

  test.each([
    // What decides comes first.
    ['failing', 'gpg: decryption failed: No secret key\ngpg: encrypted with RSA key'],
    ['silent', 'zero bytes returned'],
    ['mute', 'gpg ended with exit status 3'],
    ['killed', 'gpg ended with signal: SIGKILL'],
    ['deaf', 'did not listen'],
    [
      'absent',
      `the program "${join(folder.path, 'absent')}" was not found, and /somewhere has no old keyring to do without it`,
    ],
  ])('that fails (%s) is the reason', async (program, reason) => {
    const big = 'x'.repeat(1_000_000);
    await expect(pgpProvider.unwrap(keyOf(RSA, big), hostWith(program))).rejects.toMatchObject({
      code: 'key',
      message: `could not decrypt data key with PGP key: GnuPG binary error: failed to decrypt sops data key with pgp: ${reason}`,
    });
    await expect(pgpProvider.wrap(keyOf(RSA), PART, hostWith(program))).rejects.toMatchObject({
      code: 'key',
      message: `could not encrypt data key with PGP key: GnuPG binary error: failed to encrypt sops data key with pgp: ${reason}`,
    });
  });

  test('that is not there comes with a hint', async () => {
    await expect(
      pgpProvider.unwrap(keyOf(RSA, 'x'), hostOf({ env: { PATH: '.:' }, cwd: folder.path })),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/the program "gpg" was not found, and \S+ has no old keyring to do without it$/),
      hint: expect.stringContaining('SOPS_GPG_EXEC'),
    });
  });
});

const hasGpg = spawnSync('gpg', ['--version']).status === 0;
const REAL: readonly [string, string][] = [
  ['pgp/rsa-gpg.yaml', RSA],
  ['pgp/rsa-inprocess.yaml', RSA],
  ['pgp/ecc-gpg.yaml', ECC],
  ['pgp/ecc-inprocess.yaml', ECC],
  ['pgp/subkey-forced.json', `${RSA_SUBKEY}!`],
];
if (!hasGpg) console.warn(`SKIPPED: gpg is not installed, so ${REAL.length + 6} tests with the real gpg did not run`);

describe.skipIf(!hasGpg)('the real gpg', () => {
  let home = '';
  const host = () => hostOf({ env: { GNUPGHOME: home, PATH: process.env.PATH, HOME: home } });
  beforeAll(() => {
    // A socket's path must be short, so not in a deep folder.
    home = mkdtempSync(join(tmpdir(), 'g-'));
    chmodSync(home, 0o700);
    const importing = ['--batch', '--quiet', '--import'];
    for (const name of ['pgp-rsa', 'pgp-ecc', 'pgp-locked']) {
      execFileSync('gpg', [...importing, fixturePath(`identities/${name}.asc`)], {
        env: { ...process.env, GNUPGHOME: home },
        stdio: 'ignore',
      });
    }
  });
  afterAll(() => {
    spawnSync('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: home } });
    rmSync(home, { recursive: true, force: true });
  });

  test.each(REAL)('opens %s', async (file, fingerprint) => {
    const encrypted = readEncrypted(file, 'pgp', 'fp');
    expect(encrypted.keys.map(pgpProvider.keyString)).toEqual([fingerprint]);
    expect(encrypted.greeting(await pgpProvider.unwrap(encrypted.keys[0] as MasterKey, host()))).toBe('hello');
  });

  test('opens a locked key through a wrapper named by SOPS_GPG_EXEC', async () => {
    const options = `--batch --pinentry-mode loopback --passphrase '${LOCKED_PASSPHRASE}'`;
    const file = folder.write('wrapper', `#!/bin/sh\nexec gpg ${options} "$@"\n`);
    chmodSync(file, 0o755);
    const encrypted = readEncrypted('pgp/locked.yaml', 'pgp', 'fp');
    const wrapped = hostOf({ env: { ...host().env, SOPS_GPG_EXEC: file } });
    expect(encrypted.greeting(await pgpProvider.unwrap(encrypted.keys[0] as MasterKey, wrapped))).toBe('hello');
  });

  test.each([RSA, ECC.toLowerCase(), `0x${RSA.slice(-16)}`, `${RSA_SUBKEY}!`])(
    'round trip for %s',
    async (fingerprint) => {
      const enc = await pgpProvider.wrap(keyOf(fingerprint), PART, host());
      expect(enc).toMatch(/^-----BEGIN PGP MESSAGE-----\n\n[\s\S]+\n-----END PGP MESSAGE-----$/);
      expect(await pgpProvider.unwrap(keyOf(fingerprint, enc), host())).toEqual(PART);
    },
  );

  test('has no key', async () => {
    const absent = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    await expect(pgpProvider.wrap(keyOf(absent), PART, host())).rejects.toThrow(
      /failed to encrypt sops data key with pgp: gpg: .*No public key/is,
    );
  });
});
