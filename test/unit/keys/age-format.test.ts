/** Bech32, armor, header and payload: round trips of anything, and refusal of what is nearly right. */

import { hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeBech32, encodeBech32 } from '../../../src/keys/age/bech32.js';
import { loadAead } from '../../../src/keys/age/format/aead.js';
import { decodeArmor, encodeArmor } from '../../../src/keys/age/format/armor.js';
import { openAgeFile, stanzaRecipient } from '../../../src/keys/age/format/file.js';
import { readHeader, writeMac, writeSigned } from '../../../src/keys/age/format/header.js';
import { hkdf } from '../../../src/keys/age/format/hkdf.js';
import { loadPortableAead } from '../../../src/keys/age/format/portable-aead.js';
import { decodeRawBase64, encodeRawBase64 } from '../../../src/keys/age/format/raw-base64.js';
import { openPayload, sealPayload } from '../../../src/keys/age/format/stream.js';
import { generateIdentity, parseX25519Identity, parseX25519Recipient } from '../../../src/keys/age/x25519.js';
import fc from '../../support/fast-check.js';
import { runsOf } from '../../support/sweep.js';

const bytes = (maxLength = 200) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const visible = fc.stringMatching(/^[\x21-\x7e]{1,20}$/);
const prefixes = fc.stringMatching(/^[\x21-\x40\x5b-\x7e]{1,20}$/);

describe('HKDF', () => {
  test('gives what node:crypto derives, from nothing and from more than a block too', () => {
    fc.assert(
      fc.property(bytes(), bytes(), visible, (secret, salt, label) => {
        expect(hkdf(secret, salt, label)).toEqual(Buffer.from(hkdfSync('sha256', secret, salt, label, 32)));
      }),
      { numRuns: runsOf(1000) },
    );
    for (const [secret, salt] of [
      [Buffer.alloc(0), Buffer.alloc(0)] as const,
      [Buffer.alloc(200, 1), Buffer.alloc(200, 2)] as const,
    ])
      expect(hkdf(secret, salt, '')).toEqual(Buffer.from(hkdfSync('sha256', secret, salt, '', 32)));
  });
});

describe('Bech32', () => {
  test('round trip, in both cases', () => {
    fc.assert(
      fc.property(prefixes, bytes(), (prefix, data) => {
        for (const each of [prefix, prefix.toUpperCase()]) {
          const text = encodeBech32(each, data);
          expect(decodeBech32(text)).toEqual({ prefix: text.slice(0, each.length), data });
        }
      }),
    );
  });

  test('one changed character is noticed', () => {
    fc.assert(
      fc.property(bytes(), fc.nat(), fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l'), (data, at, character) => {
        const text = encodeBech32('age', data);
        const index = 4 + (at % (text.length - 4));
        fc.pre(text[index] !== character);
        expect(() => decodeBech32(text.slice(0, index) + character + text.slice(index + 1))).toThrow(
          'malformed Bech32',
        );
      }),
    );
  });

  // BIP 173, "Test vectors"; those that are only too long for BIP 173 are fine here.
  test.each([
    'A12UEL5L',
    'a12uel5l',
    'an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs',
    'abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw',
    '11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j',
    '?1ezyfcl',
  ])('%s is valid', (text) => {
    const { prefix, data } = decodeBech32(text);
    expect(encodeBech32(/[a-z]/.test(text) ? prefix.toLowerCase() : prefix, data).toLowerCase()).toBe(
      text.toLowerCase(),
    );
  });

  test.each([
    ['\x201nwldj5', 'no valid prefix'],
    ['\x7f1axkwrx', 'no valid prefix'],
    ['\u00801eym55h', 'no valid prefix'],
    ['pzry9x0s0muk', 'no valid prefix'],
    ['1pzry9x0s0muk', 'no valid prefix'],
    ['x1b4n0q5v', 'a character that is not of the alphabet'],
    ['li1dgmt3', 'too short'],
    ['de1lg7wt\u00ff', 'a character that is not of the alphabet'],
    ['A1G7SGD8', 'wrong checksum'],
    ['10a06t8', 'no valid prefix'],
    ['1qzzfhee', 'no valid prefix'],
    ['A12uel5l', 'mixed case'],
    ['', 'no valid prefix'],
  ])('%j is not valid', (text, reason) => {
    expect(() => decodeBech32(text)).toThrow(`malformed Bech32: ${reason}`);
  });

  test('bits left over must be zero, and fewer than five', () => {
    // Texts with right checksums over groups that are not a whole number of bytes.
    expect(decodeBech32('a1qqqd87cq').data).toEqual(Buffer.of(0));
    for (const text of ['a1qpamnt9j', 'a1q3g6mn3', 'a1qqqd87cpp']) {
      expect(() => decodeBech32(text)).toThrow('malformed Bech32: wrong');
    }
  });
});

describe('raw base64', () => {
  test('round trip, and nothing but the canonical text', () => {
    fc.assert(
      fc.property(bytes(), (data) => {
        expect(decodeRawBase64(encodeRawBase64(data))).toEqual(data);
      }),
    );
    for (const text of ['A', 'AB', 'AA=', 'AA==', 'A A', 'AA\n', 'A-_A', 'AAA\u0100'])
      expect(decodeRawBase64(text)).toBeNull();
  });
});

describe('armor', () => {
  test('round trip, with other line ends and white space around', () => {
    fc.assert(
      fc.property(bytes(500), fc.stringMatching(/^[ \t\r\n]{0,9}$/), (file, space) => {
        const text = encodeArmor(file);
        expect(decodeArmor(text)).toEqual(file);
        expect(decodeArmor(text.replaceAll('\n', '\r\n') + space)).toEqual(file);
        expect(decodeArmor(`${space}\n${text}`)).toEqual(file);
        expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(64);
      }),
    );
  });

  test.each([
    '',
    '\n',
    'age-encryption.org/v1',
    '-----BEGIN AGE ENCRYPTED FILE-----',
    '-----END AGE ENCRYPTED FILE-----',
  ])('%j is none', (text) => expect(() => decodeArmor(text)).toThrow('invalid armor'));
});

describe('header', () => {
  const stanzas = fc.array(fc.record({ type: visible, args: fc.array(visible, { maxLength: 3 }), body: bytes() }), {
    maxLength: 4,
  });

  test('round trip', () => {
    fc.assert(
      fc.property(stanzas, fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes(), (list, mac, payload) => {
        const written = Buffer.concat([writeSigned(list), writeMac(mac)]);
        const header = readHeader(Buffer.concat([written, payload]));
        expect(header.stanzas.map((stanza) => ({ ...stanza, body: Buffer.from(stanza.body) }))).toEqual(list);
        expect(header.bytes.equals(written)).toBe(true);
        expect(header.mac.equals(Buffer.from(mac))).toBe(true);
      }),
      { numRuns: runsOf(3000) },
    );
  });

  test('a huge one is read in linear time', () => {
    const stanza = { type: 'X', args: ['a'], body: Buffer.alloc(48 * 1000) };
    const big = (count: number) =>
      Buffer.concat([writeSigned(new Array(count).fill(stanza)), writeMac(Buffer.alloc(32))]);
    const time = (file: Buffer): number => {
      const begun = process.cpuUsage();
      expect(readHeader(file).bytes.length).toBe(file.length);
      return process.cpuUsage(begun).user / 1000;
    };
    const files = [big(20), big(80)] as const;
    time(files[0]);
    // Four times the size: linear is 4, quadratic 16; the rest is for collecting garbage.
    expect(time(files[1])).toBeLessThan(10 * time(files[0]) + 50);
  });

  test('one that does not end is refused', () => {
    const endless = Buffer.from(`age-encryption.org/v1\n-> X\n${`${'A'.repeat(64)}\n`.repeat(50_000)}`);
    expect(() => readHeader(endless)).toThrow('failed to read header');
    expect(() => readHeader(Buffer.from(`age-encryption.org/v1\n${'-'.repeat(1_000_000)}`))).toThrow(
      'failed to read header',
    );
    expect(() => readHeader(Buffer.alloc(1_000_000, '-> X\n\n'))).toThrow('failed to read header');
  });
});

describe('payload', () => {
  test.each([0, 1, 65535, 65536, 65537, 131072, 131073])('round trip of %i bytes', async (length) => {
    const key = Buffer.alloc(16, 3);
    const plaintext = Buffer.alloc(length, 'x');
    const sealed = await sealPayload(key, plaintext);
    expect((await openPayload(key, sealed)).equals(plaintext)).toBe(true);
    await expect(openPayload(key, sealed.subarray(0, -1))).rejects.toThrow(
      'failed to decrypt and authenticate payload chunk',
    );
  });

  test('chunks cannot be swapped', async () => {
    const key = Buffer.alloc(16, 3);
    const sealed = await sealPayload(key, Buffer.alloc(3 * 65536, 'x'));
    const size = 65536 + 16;
    const [nonce, first, second, third] = [
      sealed.subarray(0, 16),
      ...[0, 1, 2].map((at) => sealed.subarray(16 + at * size, 16 + (at + 1) * size)),
    ] as [Buffer, Buffer, Buffer, Buffer];
    await expect(openPayload(key, Buffer.concat([nonce, second, first, third]))).rejects.toThrow('failed to decrypt');
    await expect(openPayload(key, Buffer.concat([nonce, first, third]))).rejects.toThrow('failed to decrypt');
  });
});

describe('ChaCha20-Poly1305', () => {
  test('is the same with and without node:crypto', async () => {
    const [native, portable] = [await loadAead(), await loadPortableAead()];
    const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(fixed(32), fixed(12), bytes(), (key, nonce, plaintext) => {
        const sealed = native.seal(key, nonce, plaintext);
        expect(portable.seal(key, nonce, plaintext)).toEqual(sealed);
        for (const aead of [native, portable]) {
          expect(aead.open(key, nonce, sealed)).toEqual(plaintext);
          const changed = Buffer.from(sealed);
          changed[0] = (changed[0] ?? 0) ^ 1;
          expect(aead.open(key, nonce, changed)).toBeNull();
          expect(aead.open(key, nonce, sealed.subarray(0, 15))).toBeNull();
        }
      }),
      { numRuns: runsOf(30) },
    );
  });
});

describe('X25519', () => {
  test('generated identities fit their recipients', async () => {
    const { identity, recipient } = generateIdentity();
    expect(identity).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/);
    expect(recipient).toMatch(/^age1[0-9a-z]{58}$/);
    const file = await parseX25519Recipient(recipient).seal(Buffer.from('text'));
    const opened = await openAgeFile(file, async (header) => {
      return (await parseX25519Identity(identity).unwrap(header)) ?? Buffer.alloc(0);
    });
    expect(opened.toString()).toBe('text');
  });

  // RFC 7748 section 7 and the usual list: points whose order divides 8.
  test.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ])('the point %s of low order is refused on both sides', async (hex) => {
    const point = Buffer.from(hex, 'hex');
    const recipient = parseX25519Recipient(encodeBech32('age', point));
    await expect(recipient.seal(Buffer.of(1))).rejects.toThrow('point of low order');
    const stanza = { type: 'X25519', args: [encodeRawBase64(point)], body: Buffer.alloc(32) };
    const file = await stanzaRecipient(async () => [stanza]).seal(Buffer.of(1));
    const identity = parseX25519Identity(generateIdentity().identity);
    await expect(identity.unwrap(readHeader(file))).rejects.toThrow('point of low order');
  });
});
