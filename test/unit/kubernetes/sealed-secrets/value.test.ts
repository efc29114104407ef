/** The bytes of sealed values: what kubeseal wrote opens, ours has its layout, and nothing else opens. */
import { createPrivateKey, privateDecrypt, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { formatNamed } from '../../../../src/formats/registry.js';
import { openValue, sealValue } from '../../../../src/kubernetes/sealed-secrets/value.js';
import { getAt } from '../../../../src/tree/path.js';
import fc from '../../../support/fast-check.js';
import { SEALED_VECTORS, type SealedValueVector, type SealedVector, sealedFixture } from '../../../support/sealed.js';

const publicKey = (name: string) => new X509Certificate(sealedFixture(`keys/${name}.cert.pem`)).publicKey;
const privateKey = (name: string) => createPrivateKey(sealedFixture(`keys/${name}.key.pem`));

/** By vector and key: the sealed text and what is known of it. */
async function sealedValues(): Promise<[string, string, SealedValueVector, SealedVector][]> {
  const yaml = await formatNamed('yaml').load();
  return SEALED_VECTORS.flatMap((vector) => {
    if (vector.raw) {
      const { label = '', rsa_len = 0, plaintext_b64 = '', session_key_hex = '' } = vector;
      const known = { key: 'raw', label, rsa_len, plaintext_b64, session_key_hex };
      return [
        [vector.id, sealedFixture(vector.raw), known, vector] as [string, string, SealedValueVector, SealedVector],
      ];
    }
    if (!vector.sealed || !vector.values) return [];
    const { documents } = yaml.parse(Buffer.from(sealedFixture(vector.sealed)));
    return vector.values.map((value, at): [string, string, SealedValueVector, SealedVector] => {
      const document = documents[vector.id === 'multi' ? at : 0];
      const found = document && getAt(document, ['spec', 'encryptedData', value.key]);
      const text = found?.kind === 'leaf' && typeof found.value === 'string' ? found.value : '';
      return [`${vector.id} ${value.key}`, text, value, vector];
    });
  });
}

describe('values that kubeseal sealed', async () => {
  const values = await sealedValues();

  test('there are many', () => expect(values.length).toBeGreaterThan(20));

  test.each(values)('%s', (_id, text, known, { key = '' }) => {
    const keyObject = createPrivateKey(sealedFixture(key));
    expect(openValue(text, known.label, [keyObject])?.toString('base64')).toBe(known.plaintext_b64);
    expect(openValue(text, `${known.label}x`, [keyObject])).toBeNull();
    const bytes = Buffer.from(text, 'base64');
    expect(bytes.readUInt16BE()).toBe(known.rsa_len);
    if (known.session_key_hex === undefined) return;
    const wrapped = bytes.subarray(2, 2 + known.rsa_len);
    const options = { key: keyObject, oaepHash: 'sha256', oaepLabel: Buffer.from(known.label) };
    expect(privateDecrypt(options, wrapped).toString('hex')).toBe(known.session_key_hex);
  });
});

describe('values of our own', () => {
  test.each([
    ['a', 2048, 'AQ'],
    ['b', 3072, 'AY'],
    ['c', 4096, 'Ag'],
  ])('have the layout of kubeseal under key %s (%i bits)', (name, bits, start) => {
    for (const size of [0, 1, 100_000]) {
      const plaintext = Buffer.alloc(size, 'x');
      const text = sealValue(plaintext, 'prod/db', publicKey(name));
      expect(text.startsWith(start)).toBe(true);
      expect(Buffer.from(text, 'base64').length).toBe(2 + bits / 8 + size + 16);
      expect(openValue(text, 'prod/db', [privateKey(name)])?.equals(plaintext)).toBe(true);
    }
  });

  test('differ each time, since each has a session key of its own', () => {
    const seal = () => sealValue(Buffer.from('v'), '', publicKey('a'));
    expect(seal()).not.toBe(seal());
  });

  test('open with whichever key fits, whatever their order', () => {
    const text = sealValue(Buffer.from('v'), 'ns', publicKey('a'));
    const keys = [privateKey('c'), privateKey('b'), privateKey('a')];
    expect(openValue(text, 'ns', keys)?.toString()).toBe('v');
    expect(openValue(text, 'ns', keys.slice(0, 2))).toBeNull();
    expect(openValue(text, 'ns', [])).toBeNull();
  });

  test('any bytes and labels survive', () => {
    const [key, opener] = [publicKey('a'), privateKey('a')];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'grapheme' }), (plaintext, label) => {
        const opened = openValue(sealValue(plaintext, label, key), label, [opener]);
        expect(opened && Buffer.compare(opened, plaintext)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});

describe('values that were touched', () => {
  const key = privateKey('a');
  const text = sealValue(Buffer.from('secret'), 'prod/db', publicKey('a'));
  const bytes = Buffer.from(text, 'base64');

  test('do not open when any part is flipped', () => {
    for (const at of [0, 1, 2, 100, 257, 258, 262, bytes.length - 16, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(openValue(flipped.toString('base64'), 'prod/db', [key]), `byte ${at}`).toBeNull();
    }
  });

  test('do not open when cut, lengthened, empty, or no base64', () => {
    for (const length of [0, 1, 2, 50, 258, 273, bytes.length - 1]) {
      expect(openValue(bytes.subarray(0, length).toString('base64'), 'prod/db', [key]), `${length} bytes`).toBeNull();
    }
    expect(openValue(Buffer.concat([bytes, Buffer.of(0)]).toString('base64'), 'prod/db', [key])).toBeNull();
    expect(openValue('AQ*', 'prod/db', [key])).toBeNull();
    expect(openValue(text.replace(/=+$/, ''), 'prod/db', [key]) === null || !text.endsWith('=')).toBe(true);
  });

  test('a short tag is refused before the cipher sees it', () => {
    expect(openValue(bytes.subarray(0, 2 + 256 + 12).toString('base64'), 'prod/db', [key])).toBeNull();
  });

  test('line breaks in the text do not matter', () => {
    const broken = text.replaceAll(/.{64}/g, '$&\r\n');
    expect(openValue(broken, 'prod/db', [key])?.toString()).toBe('secret');
  });
});
