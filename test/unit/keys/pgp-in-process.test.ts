/** PGP where there is no gpg: the old keyrings, the messages made and read, and passphrases. */
import {
  createMessage,
  decrypt,
  encrypt,
  enums,
  generateKey,
  type PrivateKey,
  readMessage,
  reformatKey,
} from 'openpgp';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { pgpProvider } from '../../../src/keys/pgp/pgp.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { sampledTest } from '../../support/sweep.js';
import { FakeAgent } from './agent.js';
import { fixtureText, readEncrypted } from './entries.js';
import { type HostParts, hostOf, type TestHost } from './host.js';
import { GnupgHome, secretKey } from './pgp-rings.js';
import { ProgramFolder } from './programs.js';

const test = sampledTest(6);

const RSA = '2C851F83570ED80E15EA329DA0BB3225B77A1DA4';
const RSA_SUBKEY = '72EEA50FA6EF5EFEB55F6A914635C19FAD75ED6E';
const ECC = '5B97EF21040CABCEFAE48F3F53BEE7FCB183697F';
const LOCKED = 'E309B64C52026571A562296996AC90A44BA9BE77';
/** The subkey of the locked key, in the short form by which agents know it. */
const LOCKED_ID = '17632EE9';
const PASSPHRASE = 'pgp test passphrase';
const PART = Buffer.alloc(33, 4);
const FAILED_DECRYPTING =
  'could not decrypt data key with PGP key: GnuPG binary error: failed to decrypt sops data key with pgp: ' +
  'the program "gpg" was not found; OpenPGP.js error: ';

const keyOf = (fp: string, enc = ''): MasterKey => ({ type: 'pgp', fields: new Map([['fp', fp]]), enc });

let rsa: PrivateKey;
let ecc: PrivateKey;
let locked: PrivateKey;
const homes: GnupgHome[] = [];
beforeAll(async () => {
  [rsa, ecc, locked] = (await Promise.all(['pgp-rsa.asc', 'pgp-ecc.asc', 'pgp-locked.asc'].map(secretKey))) as [
    PrivateKey,
    PrivateKey,
    PrivateKey,
  ];
});
afterEach(() => {
  for (const home of homes.splice(0)) home.remove();
});

/** A run without gpg, with keyrings that hold these keys. */
async function hostWith(keys: readonly PrivateKey[], parts: HostParts = {}): Promise<TestHost> {
  const home = await GnupgHome.with(keys);
  homes.push(home);
  return hostOf({ ...parts, env: { PATH: '/nonexistent', GNUPGHOME: home.path, ...parts.env } });
}

function firstKey(name: string): MasterKey {
  return readEncrypted(name, 'pgp', 'fp').keys[0] as MasterKey;
}

describe('decrypting', () => {
  test.each(['rsa-gpg.yaml', 'rsa-inprocess.yaml', 'ecc-gpg.yaml', 'ecc-inprocess.yaml', 'subkey-forced.json'])(
    'opens %s, made by gpg or in-process by SOPS',
    async (name) => {
      const encrypted = readEncrypted(`pgp/${name}`, 'pgp', 'fp');
      const host = await hostWith([locked, rsa, ecc]);
      expect(encrypted.greeting(await pgpProvider.unwrap(encrypted.keys[0] as MasterKey, host))).toBe('hello');
      expect(host.asked).toEqual([]);
    },
  );

  test('takes the secret keys of pubring.gpg when there is no secring.gpg', async () => {
    const home = new GnupgHome();
    homes.push(home);
    home.write('pubring.gpg', ecc.write());
    const host = hostOf({ env: { PATH: '/nonexistent', HOME: '/nonexistent', GNUPGHOME: home.path } });
    expect(await pgpProvider.unwrap(firstKey('pgp/ecc-gpg.yaml'), host)).toHaveLength(32);
  });

  test('looks in .gnupg of the home when GNUPGHOME is not set', async () => {
    await expect(
      pgpProvider.unwrap(firstKey('pgp/ecc-gpg.yaml'), hostOf({ env: { PATH: '', HOME: '/nowhere/at-all' } })),
    ).rejects.toThrow('/nowhere/at-all/.gnupg has no old keyring');
  });

  test('says so when no secret key fits', async () => {
    const host = await hostWith([ecc]);
    await expect(pgpProvider.unwrap(firstKey('pgp/rsa-gpg.yaml'), host)).rejects.toMatchObject({
      code: 'key',
      message: `${FAILED_DECRYPTING}${host.env.GNUPGHOME}/secring.gpg holds no secret key for this message`,
    });
  });

  test.each([
    ['no armor', 'nonsense', /OpenPGP\.js error: .*[Mm]isformed armored text/],
    ['no message', '-----BEGIN PGP MESSAGE-----\n\naGVsbG8=\n-----END PGP MESSAGE-----', /OpenPGP\.js error: /],
  ])('of %s fails with a reason', async (_name, enc, reason) => {
    await expect(pgpProvider.unwrap(keyOf(RSA, enc), await hostWith([rsa]))).rejects.toThrow(reason);
  });

  test('of a message that was changed fails', async () => {
    const enc = await pgpProvider.wrap(keyOf(ECC), PART, await hostWith([ecc]));
    const lines = enc.split('\n');
    const line = lines[lines.length - 4] ?? '';
    lines[lines.length - 4] = (line.startsWith('A') ? 'B' : 'A') + line.slice(1);
    const changed = lines.filter((one) => !one.startsWith('=')).join('\n');
    await expect(pgpProvider.unwrap(keyOf(ECC, changed), await hostWith([ecc]))).rejects.toThrow(/OpenPGP\.js error: /);
  });

  test('opens messages to somebody who is not named, and those with compressed content', async () => {
    const message = await createMessage({ binary: PART });
    const hidden = await encrypt({ message, encryptionKeys: ecc.toPublic(), wildcard: true });
    expect(await pgpProvider.unwrap(keyOf(ECC, hidden), await hostWith([rsa, ecc]))).toEqual(Uint8Array.from(PART));
    const config = { preferredCompressionAlgorithm: enums.compression.zlib };
    const small = await encrypt({ message: await createMessage({ binary: PART }), encryptionKeys: rsa, config });
    expect(await pgpProvider.unwrap(keyOf(RSA, small), await hostWith([rsa]))).toEqual(Uint8Array.from(PART));
  });

  test('does not inflate a small message into a large one', async () => {
    const config = { preferredCompressionAlgorithm: enums.compression.zlib };
    const message = await createMessage({ binary: new Uint8Array(10_000_000) });
    const enc = await encrypt({ message, encryptionKeys: await compressing(), config });
    await expect(pgpProvider.unwrap(keyOf(RSA, enc), await hostWith([await compressing()]))).rejects.toThrow(
      /OpenPGP\.js error: .*(?:too large|maximum|exceed)/i,
    );
  });

  test('does not care that a key has expired or is revoked; encrypting does', async () => {
    const { privateKey } = await generateKey({
      userIDs: [{ name: 'expired' }],
      keyExpirationTime: 60,
      date: new Date('2024-01-02T03:04:05Z'),
      format: 'object',
    });
    const fp = privateKey.getFingerprint().toUpperCase();
    const message = await createMessage({ binary: PART });
    const enc = await encrypt({ message, encryptionKeys: privateKey, date: new Date('2024-01-02T03:04:15Z') });
    const host = await hostWith([privateKey]);
    expect(await pgpProvider.unwrap(keyOf(fp, enc), host)).toEqual(Uint8Array.from(PART));
    await expect(pgpProvider.wrap(keyOf(fp), PART, host)).rejects.toThrow(/OpenPGP\.js error: .*expired/i);
  });
});

/** A key that says that its owner takes compressed messages. */
let compressingKey: Promise<PrivateKey> | undefined;
function compressing(): Promise<PrivateKey> {
  compressingKey ??= reformatKey({
    privateKey: rsa,
    userIDs: [{ name: 'compressing' }],
    format: 'object',
    config: { preferredCompressionAlgorithm: enums.compression.zlib },
  }).then(({ privateKey }) => privateKey);
  return compressingKey;
}

describe('encrypting', () => {
  test.each([
    RSA,
    ECC.toLowerCase(),
    `0x${RSA.slice(-16)}`,
    ECC.slice(-16),
    RSA_SUBKEY,
    `${RSA_SUBKEY}!`,
    `0x${RSA_SUBKEY.slice(-16)}!`,
  ])('for %s gives what opens again', async (fingerprint) => {
    const host = await hostWith([rsa, ecc]);
    const enc = await pgpProvider.wrap(keyOf(fingerprint), PART, host);
    expect(await pgpProvider.unwrap(keyOf(fingerprint, enc), host)).toEqual(Uint8Array.from(PART));
  });

  test('makes the message that SOPS makes: one recipient, no compression, no name, no time', async () => {
    const enc = await pgpProvider.wrap(keyOf(RSA), PART, await hostWith([rsa]));
    expect(enc).toMatch(/^-----BEGIN PGP MESSAGE-----\n\n(?:[\w+/=]{1,76}\n)+=[\w+/]{4}\n-----END PGP MESSAGE-----$/);
    expect(await pgpProvider.isWrapped?.(enc)).toBe(true);
    const line = /\n([\w+/]{20,}\n)/.exec(enc)?.[1] ?? '';
    for (const part of [
      `${line}${line}`,
      line.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')),
      '',
      `x ${line}`,
    ])
      expect(await pgpProvider.isWrapped?.(enc.replace(line, part)), part).toBe(false);
    const message = await readMessage({ armoredMessage: enc });
    expect(message.packets.map((packet) => (packet.constructor as unknown as { tag: number }).tag)).toEqual([
      enums.packet.publicKeyEncryptedSessionKey,
      enums.packet.symEncryptedIntegrityProtectedData,
    ]);
    expect((message.packets[1] as unknown as { version: number }).version).toBe(1);
    expect(message.getEncryptionKeyIDs().map((id) => id.toHex().toUpperCase())).toEqual([RSA_SUBKEY.slice(-16)]);
    const inner = await message.decrypt([rsa]);
    expect(inner.packets).toHaveLength(1);
    const literal = inner.packets[0] as unknown as { date: Date; getFilename(): string };
    expect({ date: literal.date, name: literal.getFilename() }).toEqual({ date: new Date(0), name: '' });
    const { data } = await decrypt({
      message: await readMessage({ armoredMessage: enc }),
      decryptionKeys: rsa,
      format: 'binary',
    });
    expect(data).toEqual(Uint8Array.from(PART));
  });

  test('! means that very key: one that cannot encrypt is refused', async () => {
    await expect(pgpProvider.wrap(keyOf(`${ECC}!`), PART, await hostWith([ecc]))).rejects.toThrow(
      /^could not encrypt data key with PGP key: GnuPG binary error: .*; OpenPGP\.js error: /,
    );
  });

  test.each([RSA_SUBKEY.replace('7', '8'), `0x${'A'.repeat(16)}`, 'F'.repeat(64)])(
    'for %s, which no key has, fails',
    async (fp) => {
      const host = await hostWith([rsa, ecc]);
      await expect(pgpProvider.wrap(keyOf(fp), PART, host)).rejects.toThrow(
        `OpenPGP.js error: ${host.env.GNUPGHOME}/pubring.gpg holds no key ${fp}`,
      );
    },
  );
});

describe('keyrings', () => {
  test('may hold packets and keys that nobody knows', async () => {
    const host = await hostWith([]);
    const unknownKey = Buffer.from([0x99, 0, 6, 2, 0, 0, 0, 0, 1]);
    const longer = Buffer.from([0xc0 | 61, 192, 8, ...new Array(200).fill(1)]);
    const longest = Buffer.concat([Buffer.from([0xc0 | 61, 255, 0, 0, 1, 0]), Buffer.alloc(256)]);
    const ring = [longer, unknownKey, longest, Buffer.from(rsa.toPublic().write())];
    homes.at(-1)?.write('pubring.gpg', Buffer.concat(ring));
    expect(await pgpProvider.wrap(keyOf(RSA), PART, host)).toContain('PGP MESSAGE');
  });

  test.each([
    ['text', Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----')],
    ['a keybox', Buffer.from([0, 0, 0, 32, 1, 1, 0, 2, 75, 66, 88, 102])],
    ['a packet that is cut', Buffer.from([0x99, 1, 0, 4])],
    ['a length that is cut', Buffer.from([0x9a, 1, 0])],
    ['a packet of parts', Buffer.from([0xc6, 224, 4])],
    ['a packet without end', Buffer.from([0x9b, 4, 4])],
  ])('that are none are refused by name: %s', async (_name, bytes) => {
    const host = await hostWith([rsa]);
    homes.at(-1)?.write('pubring.gpg', bytes);
    await expect(pgpProvider.wrap(keyOf(RSA), PART, host)).rejects.toThrow(
      `${host.env.GNUPGHOME}/pubring.gpg is not an OpenPGP keyring, or is damaged`,
    );
  });

  test('that cannot be read are named', async () => {
    const host = hostOf({ env: { PATH: '', GNUPGHOME: '/nonexistent/\0' } });
    await expect(pgpProvider.wrap(keyOf(RSA), PART, host)).rejects.toThrow(/could not read \/nonexistent\//);
  });
});

describe('a locked key', () => {
  test('is unlocked on the terminal, once in a run', async () => {
    const host = await hostWith([locked], { answer: () => PASSPHRASE });
    const encrypted = readEncrypted('pgp/locked.yaml', 'pgp', 'fp');
    for (let time = 0; time < 2; time++) {
      expect(encrypted.greeting(await pgpProvider.unwrap(encrypted.keys[0] as MasterKey, host))).toBe('hello');
    }
    expect(host.asked).toEqual(['Enter PGP key passphrase:']);
  });

  test('gets three tries, and no more in the run', async () => {
    const host = await hostWith([locked], { answer: () => 'wrong' });
    const key = firstKey('pgp/locked.yaml');
    await expect(pgpProvider.unwrap(key, host)).rejects.toThrow(`no passphrase opened key ${LOCKED_ID} in 3 tries`);
    await expect(pgpProvider.unwrap(key, host)).rejects.toThrow(`key ${LOCKED_ID} could not be unlocked before`);
    expect(host.asked).toHaveLength(3);
  });

  test('opens at the second try', async () => {
    const answers = ['wrong', PASSPHRASE];
    const host = await hostWith([locked], { answer: () => answers.shift() ?? '' });
    expect(await pgpProvider.unwrap(firstKey('pgp/locked.yaml'), host)).toHaveLength(32);
  });

  test('without anybody to ask is a reason', async () => {
    await expect(pgpProvider.unwrap(firstKey('pgp/locked.yaml'), await hostWith([locked]))).rejects.toThrow(
      `${FAILED_DECRYPTING}could not read passphrase: there is no terminal to ask on`,
    );
  });

  test('is not asked for when it only encrypts', async () => {
    const host = await hostWith([locked]);
    expect(await pgpProvider.wrap(keyOf(LOCKED), PART, host)).toContain('PGP MESSAGE');
  });

  describe('with gpg-agent', () => {
    let said: string[] = [];
    let agent: FakeAgent;
    beforeAll(async () => {
      agent = await FakeAgent.start((command) => (command.startsWith('GET') ? (said.shift() ?? 'ERR 99 no') : 'OK'));
    });
    afterAll(() => agent.stop());
    const hex = (text: string) => `OK ${Buffer.from(text).toString('hex')}`;
    const withAgent = () => hostWith([locked], { env: { GPG_AGENT_INFO: `${agent.socket}:0:1` } });
    const request = `GET_PASSPHRASE ${LOCKED_ID} X Passphrase Unlock+key+${LOCKED_ID}+to+decrypt+sops%27s+key`;
    const received = () => agent.received.splice(0).filter((line) => !line.startsWith('OPTION'));

    test('is asked for by the short id, as SOPS does', async () => {
      said = [hex(PASSPHRASE)];
      expect(await pgpProvider.unwrap(firstKey('pgp/locked.yaml'), await withAgent())).toHaveLength(32);
      expect(received()).toEqual([request]);
    });

    test('is forgotten there when it was wrong, so that the user is asked anew', async () => {
      said = [hex('wrong'), hex(PASSPHRASE)];
      expect(await pgpProvider.unwrap(firstKey('pgp/locked.yaml'), await withAgent())).toHaveLength(32);
      const again = request.replace(' X ', ' Wrong+passphrase ');
      expect(received()).toEqual([request, `CLEAR_PASSPHRASE ${LOCKED_ID}`, again]);
    });

    test('is not asked for again when the user refuses', async () => {
      said = ['ERR 83886179 Operation cancelled <Pinentry>'];
      await expect(pgpProvider.unwrap(firstKey('pgp/locked.yaml'), await withAgent())).rejects.toThrow(
        'gpg-agent passphrase request errored: gpg-agent answered: ERR 83886179 Operation cancelled <Pinentry>',
      );
      expect(received()).toEqual([request]);
    });
  });
});

describe('gpg and the old keyrings', () => {
  const folder = new ProgramFolder();
  afterAll(() => folder.remove());

  test('gpg comes first', async () => {
    const program = folder.addScript('gpg-works', `process.stdout.write('from gpg');`);
    const host = await hostWith([rsa], { env: { SOPS_GPG_EXEC: program } });
    expect(String(await pgpProvider.unwrap(firstKey('pgp/rsa-gpg.yaml'), host))).toBe('from gpg');
  });

  test('a keyring serves when gpg cannot, and when both fail both say why', async () => {
    const program = folder.addScript('gpg-fails', `process.stderr.write('gpg: no agent'); process.exit(2);`);
    const host = await hostWith([rsa], { env: { SOPS_GPG_EXEC: program } });
    expect(await pgpProvider.unwrap(firstKey('pgp/rsa-gpg.yaml'), host)).toHaveLength(32);
    await expect(pgpProvider.unwrap(firstKey('pgp/ecc-gpg.yaml'), host)).rejects.toThrow(
      `failed to decrypt sops data key with pgp: gpg: no agent; OpenPGP.js error: ${host.env.GNUPGHOME}/secring.gpg holds no secret key for this message`,
    );
  });
});

test('the fixtures are what these tests take them for', () => {
  expect(fixtureText('pgp/locked.yaml')).toContain(LOCKED);
});
