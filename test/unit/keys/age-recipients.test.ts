/** Age recipients: what is taken, what is refused, and that every kind can be decrypted again. */
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { ageProvider, generateIdentity } from '../../../src/keys/age/age.js';
import { encodeBech32 } from '../../../src/keys/age/bech32.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { fixtureText } from './entries.js';
import { hostOf } from './host.js';
import { ProgramFolder } from './programs.js';

const folder = new ProgramFolder();
afterAll(() => folder.remove());

const native = generateIdentity();
const publicLine = (name: string) => fixtureText(`identities/${name}.pub`).trim();
const hybridText = fixtureText('identities/age-hybrid.txt');
const hybrid = /# public key: (\S+)/.exec(hybridText)?.[1] ?? '';
const identityOf = (name: string) => ({
  SOPS_AGE_SSH_PRIVATE_KEY_FILE: folder.write(name, fixtureText(`identities/${name}`)),
});

async function keysOf(text: string): Promise<MasterKey[]> {
  return ageProvider.parse(text, hostOf());
}

describe('a list of recipients', () => {
  test('is split at commas and trimmed; repetitions stay', async () => {
    const keys = await keysOf(`\n ${native.recipient},\t${native.recipient}\n`);
    expect(keys.map(ageProvider.keyString)).toEqual([native.recipient, native.recipient]);
    expect(keys[0]).toEqual({ type: 'age', fields: new Map([['recipient', native.recipient]]), enc: '' });
  });

  test('may be empty, its items may not', async () => {
    expect(await keysOf('')).toEqual([]);
    for (const text of [',', `${native.recipient},`, ' ']) {
      await expect(keysOf(text)).rejects.toThrow('failed to parse input, unknown recipient type: ""');
    }
  });

  test('keeps the comments of SSH keys', async () => {
    const line = publicLine('ssh-ed25519');
    expect(line).toMatch(/ ssh-ed25519@example\.test$/);
    expect((await keysOf(line)).map(ageProvider.keyString)).toEqual([line]);
  });
});

describe('a recipient is refused', () => {
  const [rsa1024, rsaWeakExponent] = [
    generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
  ].map((key, index) => sshRsaLine(key.export({ format: 'jwk' }).n ?? '', index === 0 ? 'AQAB' : 'AQ'));
  const blob = (name: string) => Buffer.from(publicLine(name).split(' ')[1] ?? '', 'base64');
  const line = (type: string, bytes: Buffer) => `${type} ${bytes.toString('base64')}`;
  const edPoint = (hex: string) => {
    const prefix = blob('ssh-ed25519').subarray(0, -32);
    return line('ssh-ed25519', Buffer.concat([prefix, Buffer.from(hex, 'hex')]));
  };

  test.each([
    ['nonsense', 'unknown recipient type: "nonsense"'],
    [native.recipient.toUpperCase(), 'unknown recipient type'],
    [`${native.recipient}q`, 'as Bech32-encoded age public key: malformed Bech32'],
    ['age1', 'as Bech32-encoded age public key: malformed Bech32'],
    [encodeBech32('age', Buffer.alloc(31)), 'as Bech32-encoded age public key: malformed X25519 key'],
    [encodeBech32('age1pq', Buffer.alloc(1215)), 'as Bech32-encoded age public key: malformed hybrid'],
    // Polynomials with coefficients above the field's.
    [encodeBech32('age1pq', Buffer.alloc(1216, 0xff)), 'as Bech32-encoded age public key: malformed hybrid'],
    [hybrid.slice(0, -1), 'as Bech32-encoded age public key: malformed Bech32'],
    ['age1plugin1qqqq', 'as age key from age plugin: malformed Bech32'],
    ['ssh-ed25519', 'as age-ssh public key: malformed SSH public key: no base64'],
    ['ssh-ed25519 !!!!', 'as age-ssh public key: malformed SSH public key: no base64'],
    [line('ssh-ed25519', blob('ssh-rsa')), 'it is of another type than it says'],
    [line('ssh-ed25519', blob('ssh-ed25519').subarray(0, -1)), 'an SSH key ends too early'],
    [line('ssh-ed25519', Buffer.concat([blob('ssh-ed25519'), Buffer.of(0)])), 'trailing bytes'],
    [line('ssh-rsa', Buffer.of(0xff, 0xff, 0xff, 0xff)), 'an SSH key ends too early'],
    [publicLine('ssh-ecdsa'), 'unknown recipient type: "ecdsa-sha2-nistp256'],
    [line('ssh-ecdsa', blob('ssh-ecdsa')), 'unknown SSH key type: "ecdsa-sha2-nistp256"'],
    [rsa1024 ?? '', 'RSA key size is too small'],
    [rsaWeakExponent ?? '', 'wrong exponent'],
    // y = 2 gives no point on the curve.
    [edPoint(`02${'00'.repeat(31)}`), 'invalid Ed25519 public key'],
  ])('%s', async (text, message) => {
    await expect(keysOf(text)).rejects.toMatchObject({ code: 'key', message: expect.stringContaining(message) });
  });

  test('without being quoted when it is an identity', async () => {
    for (const text of [native.identity, native.identity.toLowerCase()]) {
      const error = (await keysOf(text).catch((caught: unknown) => caught)) as Error;
      expect(error).toMatchObject({ code: 'key', hint: expect.stringContaining('age-keygen -y') });
      expect(error.message.toUpperCase()).not.toContain(native.identity.slice(15, 30));
    }
  });

  test('when it is a point of low order', async () => {
    const host = hostOf();
    const [key] = (await ageProvider.parse(edPoint(`01${'00'.repeat(31)}`), host)) as [MasterKey];
    await expect(ageProvider.wrap(key, Buffer.alloc(32), host)).rejects.toThrow('a point of low order');
  });

  test('when only using it shows that it is not one', async () => {
    const host = hostOf();
    // An even modulus, and a point of low order.
    const evenModulus = sshRsaLine(Buffer.alloc(256, 0xfe).toString('base64url'), 'AQAB');
    for (const text of [evenModulus, encodeBech32('age1pq', Buffer.alloc(1216))]) {
      const [key] = (await ageProvider.parse(text, host)) as [MasterKey];
      const wrapped = ageProvider.wrap(key, Buffer.alloc(32), host);
      await expect(wrapped).rejects.toMatchObject({ code: 'key', message: expect.stringMatching(/^malformed /) });
    }
  });

  test('and in a file too, before anything is encrypted', async () => {
    const key: MasterKey = { type: 'age', fields: new Map([['recipient', 'nope']]), enc: '' };
    await expect(ageProvider.wrap(key, Buffer.alloc(32), hostOf())).rejects.toThrow('unknown recipient type: "nope"');
    await expect(ageProvider.wrap({ ...key, fields: new Map() }, Buffer.alloc(32), hostOf())).rejects.toThrow(
      'type: ""',
    );
  });
});

describe('round trip', () => {
  test.each<[string, string, Record<string, string>]>([
    ['X25519', native.recipient, { SOPS_AGE_KEY: native.identity }],
    ['hybrid', hybrid, { SOPS_AGE_KEY_FILE: folder.write('hybrid.txt', hybridText) }],
    ['ssh-ed25519', publicLine('ssh-ed25519'), identityOf('ssh-ed25519')],
    ['ssh-rsa', publicLine('ssh-rsa'), identityOf('ssh-rsa')],
  ])('%s', async (_kind, recipient, env) => {
    const host = hostOf({ env });
    const [key] = (await ageProvider.parse(recipient, host)) as [MasterKey];
    for (const part of [Buffer.alloc(32, 5), Buffer.alloc(33, 6)]) {
      const enc = await ageProvider.wrap(key, part, host);
      expect(Buffer.from(await ageProvider.unwrap({ ...key, enc }, host))).toEqual(part);
      expect(await ageProvider.wrap(key, part, host)).not.toBe(enc);
      await expect(
        ageProvider.unwrap({ ...key, enc }, hostOf({ env: { SOPS_AGE_KEY: generateIdentity().identity } })),
      ).rejects.toThrow('identity did not match');
    }
  });

  test('an Ed25519 key in PKCS #8', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const head = Buffer.from('0000000b7373682d6564323535313900000020', 'hex');
    const recipient = `ssh-ed25519 ${Buffer.concat([head, point]).toString('base64')}`;
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const host = hostOf({ env: { SOPS_AGE_SSH_PRIVATE_KEY_FILE: folder.write('ed25519.pem', pem) } });
    const [key] = (await ageProvider.parse(recipient, host)) as [MasterKey];
    const enc = await ageProvider.wrap(key, Buffer.alloc(32, 5), host);
    expect(await ageProvider.unwrap({ ...key, enc }, host)).toEqual(Buffer.alloc(32, 5));
  });
});

function sshRsaLine(modulus: string, exponent: string): string {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const number = (text: string) => field(Buffer.concat([Buffer.of(0), Buffer.from(text, 'base64url')]));
  return `ssh-rsa ${Buffer.concat([field(Buffer.from('ssh-rsa')), number(exponent), number(modulus)]).toString('base64')}`;
}
