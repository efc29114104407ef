import { describe, expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { IvMemory } from '../../../src/cipher/iv-memory.js';
import { sealMac, verifyMac } from '../../../src/cipher/mac.js';
import { decryptTree, encryptTree } from '../../../src/cipher/tree-cipher.js';
import { SopsError } from '../../../src/errors.js';
import { sameTree } from '../../../src/tree/equality.js';
import type { EncryptionScope } from '../../../src/tree/scope.js';
import { type Branch, branch, comment, item, leaf, list } from '../../../src/tree/tree.js';

const DATA_KEY = Uint8Array.from({ length: 32 }, (_, at) => at);
const DEFAULT: EncryptionScope = { rule: 'unencrypted_suffix', suffix: '_unencrypted' };
const iv = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const enc = (data: string, ivByte: number, tag: string, type: string) =>
  `ENC[AES256_GCM,data:${data},iv:${iv(ivByte)},tag:${tag},type:${type}]`;

/** The known answer of docs/format.md#the-mac, accepted by SOPS 3.13.2. */
const KNOWN = {
  a: enc('0cHFi7Y=', 1, 'h8zBDdgdQgW8Eo+djelRPA==', 'str'),
  l1: enc('Xg==', 2, 'mfp+Z78s75J303bwr+Ch/Q==', 'int'),
  l2: enc('PgY2CQ==', 3, 't/GcqUiAhUPaRf8icu22+Q==', 'bool'),
  f: enc('XzxfWQLObQlT6xb30XS+X2qDrgirjg==', 4, 'jiwRR9Gb5pi8XPMdJKFv1Q==', 'float'),
  mac: enc(
    'tYq+ivz6KyoXcBjg4g35bnQ176cRQ3YEWzSVcwHDpLBw34lma5opgQMRd7uYYDeuNgcbQDYjjdQRecwit4SRFl5tzi3Eu0JkZqU27uEFRL1A7KzsED7XL050F2Dae+PTLuJJExq++q8crdRMWOOe3OBdzPeeKQt+4zPY3El0kQM=',
    5,
    '1zfYtYWPcK+0sxcwJny1Ng==',
    'str',
  ),
  macText:
    'E0F688D934618F548B4B9BF11967A55F7ED28ABBB9A07F7B843BA5D20ECAC6AF1C61EFFB90EAB1F5F3073AF1C50E9A4C524D02A065332C93D55414C2D7DC7C66',
  macEncryptedOnly:
    '868BF05B66097B65E51EA05F3E32E85AE9B29665A7ED45E4E7DB03105E522EED63A4332788F1B65C48AC4A2B19A5E237CA95F645AE39B60C8ED5988680D226FB',
  lastModified: '2026-01-02T03:04:05Z',
};

const knownTree = (encrypted: boolean): Branch =>
  branch([
    item('a', branch([item('b', leaf(encrypted ? KNOWN.a : 'hello'))])),
    item('l', list([leaf(encrypted ? KNOWN.l1 : 1n), leaf(encrypted ? KNOWN.l2 : true), leaf(null), leaf('')])),
    item('f', leaf(encrypted ? KNOWN.f : 1e21)),
    item('p_unencrypted', leaf(0.5)),
  ]);

function failure(run: () => unknown): SopsError {
  try {
    run();
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const decrypt = (tree: Branch, scope: EncryptionScope, cipher = new Cipher(DATA_KEY), macOnlyEncrypted = false) =>
  decryptTree([tree], { cipher, scope, macOnlyEncrypted });
const encrypt = (tree: Branch, scope: EncryptionScope, cipher = new Cipher(DATA_KEY), macOnlyEncrypted = false) =>
  encryptTree([tree], { cipher, scope, macOnlyEncrypted });
const first = (tree: Branch): string => {
  const entry = tree.items[0];
  return entry?.kind === 'item' && entry.value.kind === 'leaf' ? String(entry.value.value) : '';
};

describe('the known answer', () => {
  test('decrypts, with its MAC', () => {
    const tree = knownTree(true);
    const cipher = new Cipher(DATA_KEY);
    const result = decrypt(tree, DEFAULT, cipher);
    expect(sameTree([tree], [knownTree(false)])).toBe(true);
    expect(result).toEqual({
      macText: KNOWN.macText,
      encryptedLeaves: 4,
      encryptedComments: 0,
      nonEmptyLeaves: 5,
      keptComments: 0,
    });
    expect(() => verifyMac(cipher, KNOWN.mac, KNOWN.lastModified, result.macText)).not.toThrow();
  });

  test('hashes encrypted leaves alone when asked to', () => {
    expect(decrypt(knownTree(true), DEFAULT, undefined, true).macText).toBe(KNOWN.macEncryptedOnly);
    expect(encrypt(knownTree(false), DEFAULT, undefined, true).macText).toBe(KNOWN.macEncryptedOnly);
  });

  test('encrypts to the same bytes from remembered IVs, the MAC too', () => {
    const memory = new IvMemory();
    const tree = knownTree(true);
    const { macText } = decrypt(tree, DEFAULT, new Cipher(DATA_KEY, memory));
    const cipher = new Cipher(DATA_KEY, memory);
    verifyMac(cipher, KNOWN.mac, KNOWN.lastModified, macText);
    expect(encrypt(tree, DEFAULT, cipher).macText).toBe(KNOWN.macText);
    expect(sameTree([tree], [knownTree(true)])).toBe(true);
    expect(sealMac(cipher, macText, KNOWN.lastModified)).toBe(KNOWN.mac);
  });

  test('checks the MAC under lastmodified printed again in whole seconds', () => {
    const cipher = new Cipher(DATA_KEY);
    expect(() => verifyMac(cipher, KNOWN.mac, '2026-01-02T03:04:05.75+00:00', KNOWN.macText)).not.toThrow();
    expect(failure(() => verifyMac(cipher, KNOWN.mac, '2026-01-02T05:04:05+02:00', KNOWN.macText)).message).toContain(
      'Cannot decrypt MAC',
    );
  });
});

describe('a MAC that does not fit', () => {
  const cipher = new Cipher(DATA_KEY);
  test.each([
    ['differs', KNOWN.mac, `MAC mismatch. File has ${KNOWN.macText}, computed 00`],
    ['is empty', '', 'MAC mismatch. File has no MAC, computed 00'],
    ['is malformed', 'ENC[nonsense]', 'Cannot decrypt MAC'],
  ])('%s', (_, mac, message) => {
    const error = failure(() => verifyMac(cipher, mac, KNOWN.lastModified, '00'));
    expect(error.code).toBe('mac-mismatch');
    expect(error.message).toContain(message);
  });
});

describe('a leaf that cannot be decrypted', () => {
  const at = (value: Parameters<typeof leaf>[0]) => branch([item('a', branch([item('b', list([leaf(value)]))]))]);
  const good = new Cipher(DATA_KEY).encrypt('secret', 'a:b:');
  test.each([
    ['is plain', 'hunter2', "does not match sops' data format"],
    ['is not a string', 5n, 'Expected encrypted value as string, but got int'],
    ['stands elsewhere', new Cipher(DATA_KEY).encrypt('hunter2', 'a:c:'), 'message authentication failed'],
    ['has a type word of another type', good.replace('type:str', 'type:int'), 'not of the type "int"'],
    ['has an unknown type word', good.replace('type:str', 'type:object'), 'not of the type "object"'],
    ['has a shortened tag', good.replace(/tag:[^,]+/, 'tag:AAAAAAAAAAA='), 'message authentication failed'],
    [
      'has an IV beyond what OpenSSL takes',
      good.replace(/iv:[^,]+/, `iv:${'AAAA'.repeat(500)}`),
      'authentication failed',
    ],
  ])('%s', (_, value, message) => {
    const error = failure(() => decrypt(at(value), DEFAULT));
    expect(error.code).toBe('leaf-not-decryptable');
    expect(error.path).toEqual(['a', 'b']);
    expect(error.message).toContain('Error decrypting tree: Error walking tree: ');
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('hunter2');
  });

  test('a comment stands where a map has a value', () => {
    const error = failure(() => decrypt(branch([item('a', leaf(good.replace('str', 'comment')))]), DEFAULT));
    expect(error.code).toBe('leaf-not-decryptable');
  });
});

test('a leaf that has no text is refused with its path', () => {
  const offset = { kind: 'timestamp', nanoseconds: 0n, offset: 24 * 60 } as const;
  for (const value of [2n ** 63n, offset]) {
    const error = failure(() => encrypt(branch([item('k', leaf(value))]), DEFAULT));
    expect([error.code, error.path]).toEqual(['leaf-not-encryptable', ['k']]);
  }
});

describe('comments', () => {
  const cipher = new Cipher(DATA_KEY);
  const secret = (aad: string, text = ' why', word = 'comment') => cipher.encryptText(text, word, aad);

  test('are encrypted under the path that holds them and are not part of the MAC', () => {
    const plain = () => branch([comment(' top'), item('a', branch([comment(' in', true), item('b', leaf('x'))]))]);
    const tree = plain();
    const { macText, encryptedComments } = encrypt(tree, DEFAULT);
    expect(encryptedComments).toBe(2);
    expect(macText).toBe(encrypt(branch([item('z', leaf('x'))]), DEFAULT).macText);
    expect(decrypt(tree, DEFAULT).macText).toBe(macText);
    expect(sameTree([tree], [plain()])).toBe(true);
  });

  test('that stand as list items become comments, keep their source, and are not hashed', () => {
    const source = { start: 3, end: 9, style: 'plain', value: secret('l:') };
    const tree = branch([item('l', list([leaf(secret('l:'), source), leaf(cipher.encrypt('a', 'l:'))]))]);
    const { macText, encryptedComments } = decrypt(tree, DEFAULT);
    const expected = branch([item('l', list([comment(' why'), leaf('a')]))]);
    expect(sameTree([tree], [expected])).toBe(true);
    expect(tree.items[0]).toMatchObject({ value: { items: [{ kind: 'comment', source }, { kind: 'leaf' }] } });
    expect(encryptedComments).toBe(1);
    expect(macText).toBe(encrypt(branch([item('l', leaf('a'))]), DEFAULT).macText);
  });

  test.each([
    ['an enclosing branch', ':'],
    ['the branch that ends before it', 'm:before:deep:'],
    ['the branch that begins after it', 'm:after:'],
  ])('attached by another parser to %s are found, and get their ciphertext back', (_, aad) => {
    const text = secret(aad);
    const tree = branch([
      item(
        'm',
        branch([
          item('before', branch([item('deep', branch([item('k', leaf(null))]))])),
          comment(text),
          item('after', branch([item('k', leaf(null))])),
        ]),
      ),
    ]);
    const memory = new IvMemory();
    const reader = new Cipher(DATA_KEY, memory);
    expect(decrypt(tree, DEFAULT, reader).keptComments).toBe(0);
    const middle = () => {
      const top = tree.items[0];
      const found = top?.kind === 'item' && top.value.kind === 'branch' ? top.value.items[1] : undefined;
      return found?.kind === 'comment' ? found.text : undefined;
    };
    expect(middle()).toBe(' why');
    encrypt(tree, DEFAULT, reader);
    expect(middle()).toBe(text);
  });

  test('encrypted in a branch that the rule selects are found next to it, and stay encrypted', () => {
    const scope: EncryptionScope = { rule: 'encrypted_suffix', suffix: '_enc' };
    const text = secret('a_enc:');
    const tree = branch([item('a_enc', branch([item('k', leaf(null))])), comment(text)]);
    const reader = new Cipher(DATA_KEY, new IvMemory());
    decrypt(tree, scope, reader);
    expect(tree.items[1]).toMatchObject({ text: ' why' });
    encrypt(tree, scope, reader);
    expect(tree.items[1]).toMatchObject({ text });
  });

  test('that are not ciphertext of the file stay, and broken ones are not encrypted again', () => {
    const broken = secret('nowhere:');
    const tree = branch([comment('plain'), comment(broken), item('a', leaf(null))]);
    const reader = new Cipher(DATA_KEY, new IvMemory());
    expect(decrypt(tree, DEFAULT, reader).keptComments).toBe(2);
    expect(encrypt(tree, DEFAULT, reader).encryptedComments).toBe(1);
    expect(tree.items[0]).toMatchObject({ text: expect.stringMatching(/^ENC\[/) });
    expect(tree.items[1]).toMatchObject({ text: broken });
  });

  test('whose ciphertext would switch encryption off are refused', () => {
    const scope: EncryptionScope = { rule: 'unencrypted_comment_regex', pattern: /ENC/ };
    const error = failure(() => encrypt(branch([comment('c')]), scope));
    expect(error.code).toBe('leaf-not-encryptable');
  });

  test('in lists keep a run of comments going after they were decrypted', () => {
    const scope: EncryptionScope = { rule: 'encrypted_comment_regex', pattern: /sops:enc/ };
    const tree = branch([
      item('l', list([comment('sops:enc'), leaf(secret('l:')), leaf(cipher.encrypt('a', 'l:')), leaf('plain')])),
    ]);
    decrypt(tree, scope);
    const expected = list([comment('sops:enc'), comment(' why'), leaf('a'), leaf('plain')]);
    expect(sameTree([tree], [branch([item('l', expected)])])).toBe(true);
  });
});

describe('remembered IVs', () => {
  const reencrypt = (value: string) => {
    const cipher = new Cipher(DATA_KEY, new IvMemory());
    const tree = branch([item('a', leaf(value))]);
    decrypt(tree, DEFAULT, cipher);
    encrypt(tree, DEFAULT, cipher);
    return first(tree);
  };

  test.each([
    ['1', 'int'],
    ['1', 'float'],
    ['NaN', 'float'],
    ['-0', 'float'],
    ['True', 'bool'],
    ['2020-01-01T00:00:00.12+05:30', 'time'],
    ['text', 'str'],
  ])('%s of type %s gets its ciphertext back', (text, type) => {
    const value = new Cipher(DATA_KEY).encryptText(text, type, 'a:');
    expect(reencrypt(value)).toBe(value);
  });

  test('never serve two plaintexts: an int written +5 is written 5 under a new IV', () => {
    const value = new Cipher(DATA_KEY).encryptText('+5', 'int', 'a:');
    const again = reencrypt(value);
    expect(/iv:[^,]+/.exec(again)?.[0]).not.toBe(/iv:[^,]+/.exec(value)?.[0]);
  });

  test('stay under a new data key, with new data and tags', () => {
    const memory = new IvMemory();
    const tree = knownTree(true);
    decrypt(tree, DEFAULT, new Cipher(DATA_KEY, memory));
    encrypt(tree, DEFAULT, new Cipher(DATA_KEY.toReversed(), memory));
    expect(JSON.stringify(tree)).toContain(`iv:${iv(4)}`);
    expect(JSON.stringify(tree)).not.toContain('XzxfWQLObQlT6xb30XS');
  });

  test('of equal list items each gets its own back, however often the list is encrypted', () => {
    const writer = new Cipher(DATA_KEY);
    const texts = ['x', 'y', 'x', 'x'].map((value) => writer.encrypt(value, 'l:'));
    const cipher = new Cipher(DATA_KEY, new IvMemory());
    const tree = () => branch([item('l', list(texts.map((text) => leaf(text))))]);
    const read = tree();
    decrypt(read, DEFAULT, cipher);
    for (const again of [structuredClone(read), read]) {
      encrypt(again, DEFAULT, cipher);
      expect(sameTree([again], [tree()])).toBe(true);
    }
  });
});

test('bytes that are not UTF-8 survive, and long texts are hashed like short ones', () => {
  const long = `${'ä'.repeat(70_000)}\udcff`;
  const tree = branch([item('data', leaf(long)), item('b', leaf('\udc80')), item('c', leaf('x'.repeat(30_000)))]);
  const { macText } = encrypt(tree, DEFAULT);
  expect(decrypt(tree, DEFAULT).macText).toBe(macText);
  expect(first(tree)).toBe(long);
});

test('a wide branch and 10,000 levels need no stack', () => {
  const wide = branch(Array.from({ length: 2_000 }, (_, at) => item(`k${at}`, leaf(`v${at}`))));
  let deep = branch([item('k', leaf('v'))]);
  for (let level = 0; level < 10_000; level++) deep = branch([item('a', deep)]);
  for (const tree of [wide, deep]) {
    const { macText } = encrypt(tree, DEFAULT);
    expect(decrypt(tree, DEFAULT).macText).toBe(macText);
  }
});
