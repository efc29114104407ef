/** Opening many values at once: it must agree with node:crypto's AES-GCM on everything, and above all on what is not authentic. */
import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeBatchOpener } from '../../../src/cipher/batch.js';
import { Cipher } from '../../../src/cipher/cipher.js';
import { parseEncryptedValue } from '../../../src/cipher/encrypted-value.js';
import { Ghash } from '../../../src/cipher/ghash.js';
import { IvMemory } from '../../../src/cipher/iv-memory.js';
import { decryptTree, encryptTree } from '../../../src/cipher/tree-cipher.js';
import { SopsError } from '../../../src/errors.js';
import { type Branch, branch, comment, item, type Leaf, leaf, list } from '../../../src/tree/tree.js';
import { decodeText, encodeText } from '../../../src/util/text.js';
import fc from '../../support/fast-check.js';

const KEY = randomBytes(32);
const cipher = new Cipher(KEY);

/** What the general way makes of a text: its plaintext, null when it does not authenticate or is no encrypted value. */
function openAlone(text: string, aad: string): string | null {
  const parsed = parseEncryptedValue(text);
  const bytes = parsed && cipher.open(parsed, aad);
  return bytes ? decodeText(bytes) : null;
}

function openTogether(texts: readonly string[], aads: readonly string[]): (string | null | undefined)[] {
  const resultOf = cipher.openTogether(texts, aads);
  return texts.map((_, index) => {
    const result = resultOf(index);
    return result ? result.text : result;
  });
}

/** A value sealed by node:crypto with other lengths than SOPS's. */
function seal(
  plaintext: Uint8Array,
  aad: string,
  lengths: { ivLength?: number; tagLength?: number; type?: string } = {},
): string {
  return sealBytes(plaintext, Buffer.from(aad), lengths.type ?? 'str', lengths);
}

function sealBytes(
  plaintext: Uint8Array,
  aad: Uint8Array,
  type: string,
  { ivLength = 32, tagLength = 16 } = {},
): string {
  const iv = randomBytes(ivLength);
  const sealer = createCipheriv('aes-256-gcm', KEY, iv, { authTagLength: tagLength });
  sealer.setAAD(aad);
  const data = Buffer.concat([sealer.update(plaintext), sealer.final()]);
  const [dataText, ivText, tagText] = [data, iv, sealer.getAuthTag()].map((part) => part.toString('base64'));
  return `ENC[AES256_GCM,data:${dataText},iv:${ivText},tag:${tagText},type:${type}]`;
}

describe('GHASH', () => {
  // The Galois/Counter Mode of Operation, McGrew and Viega, test cases 2 and 4.
  test.each([
    ['66e94bd4ef8a2c3b884cfa59ca342b2e', '', '0388dace60b6a392f328c2b971b2fe78', 'f38cbb1ad69223dcc3457ae5b6b0f885'],
    [
      'b83b533708bf535d0aa6e52980d53b78',
      'feedfacedeadbeeffeedfacedeadbeefabaddad2',
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
      '698e57f70e6ecc7fd9463b7260a9ae5f',
    ],
  ])('known answer %#', (key, aad, data, expected) => {
    const ghash = new Ghash(Buffer.from(key, 'hex'), 12);
    const spans = (hex: string) => ({ bytes: Buffer.from(hex, 'hex'), starts: Int32Array.of(0, hex.length / 2) });
    const sums = new Int32Array(4);
    ghash.sumUp(1, spans(aad), spans(data), sums);
    const words = [...sums].map((word) => (word >>> 0).toString(16).padStart(8, '0'));
    expect(words.join('')).toBe(expected);
  });
});

describe('values opened together', () => {
  test('are those that node:crypto sealed, of all lengths', () => {
    const texts: string[] = [];
    const aads: string[] = [];
    const expected: (string | undefined)[] = [];
    const blocks = (text: string) => Math.ceil(Buffer.byteLength(text) / 16);
    for (let length = 1; length <= 200; length++) {
      for (const letters of ['a', 'é', '€', '😀']) {
        const aad = 'kéy:'.repeat(length % 37) || ':';
        const plaintext = letters.repeat(length);
        texts.push(cipher.encryptText(plaintext, ['str', 'int', 'float', 'bool', 'time'][length % 5] ?? '', aad));
        aads.push(aad);
        // Long ones are left to the caller.
        expected.push(blocks(aad) + blocks(plaintext) < 12 ? plaintext : undefined);
      }
    }
    expect(openTogether(texts, aads)).toEqual(expected);
    expect(expected.filter((text) => text !== undefined).length).toBeGreaterThan(150);
  });

  test('tell types, initialisation vectors and bytes', () => {
    const text = cipher.encryptText('42', 'int', 'a:');
    const result = new Cipher(KEY, new IvMemory()).openTogether([text], ['a:'])(0);
    expect(result).toMatchObject({ text: '42', type: 'int', iv: parseEncryptedValue(text)?.iv });
    expect(result && Buffer.from(result.bytes.subarray(result.start, result.end)).toString()).toBe('42');
  });

  test('hold bytes that are not UTF-8', () => {
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0x28]);
    expect(openTogether([seal(bytes, 'a:')], ['a:'])).toEqual([decodeText(bytes)]);
  });

  test('are refused after any change to any bit', () => {
    const text = cipher.encryptText('p4ss-w0rd', 'str', 'db:password:');
    const parts = parseEncryptedValue(text);
    if (!parts) throw new Error('not sealed');
    const changed: string[] = [];
    for (const field of ['data', 'iv', 'tag'] as const) {
      const bytes = Buffer.from(parts[field], 'base64');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const other = Buffer.from(bytes);
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        changed.push(text.replace(parts[field], other.toString('base64')));
      }
    }
    expect(changed).toHaveLength((9 + 32 + 16) * 8);
    expect(
      new Set(
        openTogether(
          changed,
          changed.map(() => 'db:password:'),
        ),
      ),
    ).toEqual(new Set([null]));
  });

  test('are refused under other additional data, another key, and with parts of each other', () => {
    const [one, other] = [cipher.encryptText('one', 'str', 'a:'), cipher.encryptText('two', 'str', 'a:')];
    const tag = (text: string) => parseEncryptedValue(text)?.tag ?? '';
    expect(openTogether([one, one, one, one], ['b:', '', 'a::', 'a: '])).toEqual([null, null, null, null]);
    expect(openTogether([one.replace(tag(one), tag(other)), other], ['a:', 'a:'])).toEqual([null, 'two']);
    const stranger = makeBatchOpener(createSecretKey(randomBytes(32)), 1, false);
    expect(stranger.open([one], ['a:'])(0)).toBeNull();
  });

  test('do not hide that one among many is not authentic', () => {
    const texts = Array.from({ length: 500 }, (_, at) => cipher.encryptText(`value ${at}`, 'str', 'a:'));
    texts[321] = cipher.encryptText('value 321', 'str', 'b:');
    const opened = openTogether(
      texts,
      texts.map(() => 'a:'),
    );
    expect(opened.flatMap((text, at) => (text === `value ${at}` ? [] : [[at, text]]))).toEqual([[321, null]]);
  });

  test.each([
    ['a tag of 12 bytes', seal(Buffer.from('x'), 'a:', { tagLength: 12 })],
    ['an initialisation vector of 12 bytes', seal(Buffer.from('x'), 'a:', { ivLength: 12 })],
    ['an unknown type', seal(Buffer.from('x'), 'a:', { type: 'text' })],
    ['a comment', seal(Buffer.from('x'), 'a:', { type: 'comment' })],
    [
      'a letter that is a digit of base64 only in its low byte',
      cipher.encryptText('xxx', 'str', 'a:').replace(/data:./, 'data:\u0141'),
    ],
    ['text behind it', `${cipher.encryptText('x', 'str', 'a:')} # note`],
    ['a line end behind it', `${cipher.encryptText('x', 'str', 'a:')}\n`],
    ['no data', seal(Buffer.alloc(0), 'a:')],
    ['padding in the middle', cipher.encryptText('xxxxxx', 'str', 'a:').replace(/data:..../, 'data:eA==')],
    ['no base64', cipher.encryptText('xxx', 'str', 'a:').replace(/data:./, 'data:-')],
    ['another head', cipher.encryptText('xxx', 'str', 'a:').replace('ENC[AES256', 'ENC[AES255')],
    ['a great length', cipher.encryptText('x'.repeat(1000), 'str', 'a:')],
    ['nothing', ''],
  ])('leave %s to the general way', (_, text) => {
    expect(openTogether([text], ['a:'])).toEqual([undefined]);
  });

  test('leave additional data that is long, or no text, to the general way', () => {
    const aads = [`${'k'.repeat(300)}:`, '\ud800:', `${'é'.repeat(150)}:`];
    expect(
      openTogether(
        aads.map((aad) => cipher.encryptText('x', 'str', aad)),
        aads,
      ),
    ).toEqual([undefined, undefined, undefined]);
  });

  test('agree with the general way on broken texts', () => {
    const whole = cipher.encryptText('p4ss', 'str', 'a:');
    const texts: string[] = [];
    for (let at = 0; at < whole.length; at++) {
      texts.push(whole.slice(0, at), whole.slice(at), whole.slice(0, at) + whole.slice(at + 1));
      for (const letter of ['A', '=', ',', ']', 'é', '\0'])
        texts.push(whole.slice(0, at) + letter + whole.slice(at + 1));
    }
    const opened = openTogether(
      texts,
      texts.map(() => 'a:'),
    );
    expect(opened.filter((text, at) => text !== undefined && text !== openAlone(texts[at] ?? '', 'a:'))).toEqual([]);
    expect(opened.filter((text) => typeof text === 'string').length).toBeGreaterThan(0);
  });
});

describe('any batches, one after the other', () => {
  const aad = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    // Halves of a pair, which must not join with those of the next text.
    fc.constantFrom('', ':', 'key:', '\ud83d', '\ude00:', 'k'.repeat(192), 'k'.repeat(193)),
  );
  const value = fc.record({
    plaintext: fc.uint8Array({ maxLength: 220 }),
    aad,
    type: fc.constantFrom('str', 'int', 'float', 'bool', 'time', 'comment', 'bytes'),
    damage: fc.option(fc.record({ at: fc.nat(), letter: fc.constantFrom('A', '=', ',', 'é', '\ud83d', '\0') }), {
      freq: 4,
    }),
  });

  test('agree with node:crypto, whatever stood in the batch before', () => {
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), (batches) => {
        const opener = makeBatchOpener(createSecretKey(KEY), 12, false);
        for (const values of batches) {
          const aads = values.map((one) => one.aad);
          const texts = values.map(({ plaintext, type, damage, ...one }) => {
            const text = sealBytes(plaintext, encodeText(one.aad), type);
            const at = damage ? damage.at % text.length : 0;
            return damage ? text.slice(0, at) + damage.letter + text.slice(at + 1) : text;
          });
          const resultOf = opener.open(texts, aads);
          for (const [index, text] of texts.entries()) {
            const result = resultOf(index);
            const isLeft = result === undefined;
            if (!isLeft) expect(result?.text ?? null).toBe(openAlone(text, aads[index] ?? ''));
            const { plaintext, type, damage } = values[index] as (typeof values)[number];
            const isUsual = !damage && plaintext.length > 0 && !['comment', 'bytes'].includes(type);
            if (isUsual && plaintext.length < 90 && Buffer.byteLength(aads[index] ?? '') < 64)
              expect(isLeft).toBe(!(aads[index] ?? '').isWellFormed());
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a large tree', () => {
  const SCOPE = { rule: 'unencrypted_suffix', suffix: '_unencrypted' } as const;
  const SIZE = 5000;

  function tree(): Branch {
    const items = Array.from({ length: SIZE }, (_, at) => {
      const values = [
        leaf(`text ${at}`),
        leaf(BigInt(at)),
        leaf(at + 0.5),
        leaf(at % 2 === 0),
        leaf(null),
        leaf('é'.repeat(at % 200)),
      ];
      const key = at % 7 === 0 ? `k${at}_unencrypted` : `k${at}`;
      return item(key, at % 11 === 0 ? list([comment(`c${at}`), values[at % 5] as Leaf]) : (values[at % 6] as Leaf));
    });
    return branch(items);
  }

  function sealed(): { root: Branch; macText: string; before: string } {
    const root = tree();
    const before = textOf(root);
    const { macText } = encryptTree([root], { cipher, scope: SCOPE, macOnlyEncrypted: false });
    return { root, macText, before };
  }

  const textOf = (root: Branch): string =>
    JSON.stringify(root, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));

  test('is decrypted to what it was, with the same MAC, and remembers its ciphertexts', () => {
    const { root, macText, before } = sealed();
    const ciphertext = textOf(root);
    const remembering = new Cipher(KEY, new IvMemory());
    const result = decryptTree([root], { cipher: remembering, scope: SCOPE, macOnlyEncrypted: false });
    expect(result.macText).toBe(macText);
    expect(textOf(root) === before).toBe(true);
    encryptTree([root], { cipher: remembering, scope: SCOPE, macOnlyEncrypted: false });
    expect(textOf(root) === ciphertext).toBe(true);
  });

  test.each([10, 2500, SIZE - 1])('names the leaf that was changed (%i)', (wanted) => {
    const { root } = sealed();
    const values = root.items.flatMap((entry) => (entry.kind === 'item' && entry.value.kind === 'leaf' ? [entry] : []));
    const isSealed = (value: unknown) => typeof value === 'string' && value.startsWith('ENC[');
    const at = values.findIndex(({ value }, index) => index >= wanted * 0.8 && isSealed((value as Leaf).value));
    const [changed, later] = [values[at], values.slice(at + 1).find(({ value }) => isSealed((value as Leaf).value))];
    if (!changed) throw new Error('nothing to change');
    (changed.value as Leaf).value = cipher.encryptText('planted', 'str', 'elsewhere:');
    if (later) (later.value as Leaf).value = 'no ciphertext at all';
    let failure: unknown;
    try {
      decryptTree([root], { cipher, scope: SCOPE, macOnlyEncrypted: false });
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(SopsError);
    expect(failure).toMatchObject({ code: 'leaf-not-decryptable', path: [changed.key] });
    expect(String(failure)).toContain('authentication failed');
  });
});
