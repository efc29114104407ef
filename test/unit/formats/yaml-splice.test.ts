/** Splicing YAML: ciphertext goes into the author's text and out again, and the layout brings back what style cannot. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { decryptTree, encryptTree } from '../../../src/cipher/tree-cipher.js';
import { layoutOf, parseLayout, printLayout, restoreLayout } from '../../../src/formats/layout.js';
import { applyEdits } from '../../../src/formats/store.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import type { EncryptionScope } from '../../../src/tree/scope.js';
import { branch, item, leaf } from '../../../src/tree/tree.js';

const FIELDS = [item('mac', leaf('m')), item('version', leaf('3.13.2'))];

const DEFAULT: EncryptionScope = { rule: 'unencrypted_suffix', suffix: '_unencrypted' };
const NOTES: EncryptionScope = { rule: 'encrypted_comment_regex', pattern: /note/ };

/** Encrypts a text under a rule and decrypts it again. */
function roundTrip(
  text: string,
  scope: EncryptionScope = DEFAULT,
): { sealed: string; rendered: string; restored: string | undefined } {
  const options = { cipher: new Cipher(randomBytes(32)), scope, macOnlyEncrypted: false } as const;
  const metadata = branch([...FIELDS, item('rule_comment_regex', leaf('note'))].slice(0, scope === NOTES ? 3 : 2));
  const file = yamlStore.parse(Buffer.from(text));
  const { macText } = encryptTree(file.documents, options);
  const toCipher = yamlStore.edits(file, metadata);
  const sealed = applyEdits(text, toCipher);
  const again = yamlStore.parse(Buffer.from(sealed));
  expect(again.metadata).not.toBeNull();
  const decrypted = decryptTree(again.documents, options);
  expect(decrypted.macText).toBe(macText);
  expect(decrypted.keptComments).toBe(0);
  const toPlain = yamlStore.edits(again, null);
  const rendered = applyEdits(sealed, toPlain);
  const layout = layoutOf(text, toCipher, sealed, toPlain);
  return { sealed, rendered, restored: layout ? restoreLayout(rendered, parseLayout(printLayout(layout))) : rendered };
}

describe('texts whose style alone brings them back', () => {
  test.each([
    'a: 1\nb: two # note\n\n# end\n',
    'a: "x"\nb: \'y\'\nc: |\n  one\n  two\nd: >-\n  folded\n',
    'l:\n- a\n-   b\n- c: 1\n  d: [x, "y", {z: 1}]\n',
    'a: |+\n  keep\n\n\nb: 1\n',
    'a: |2\n    indented\n  less\n',
    'a: &x 1\nb_unencrypted: 2\n',
    '---\na: 1\n---\nb: 2\n...\n',
    '{a: 1, b: [2, 3]}\n',
    '  a: 1\n  b: 2\n',
    'a: 1\r\nb:\r\n  - x\r\n',
    'e: ""\nn: null\nm: {}\nl: []\n',
    '? a\n: b\n',
    'a: !x b\n',
  ])('%j', (text) => {
    const { sealed, rendered } = roundTrip(text);
    expect(sealed).not.toBe(text);
    expect(rendered).toBe(text);
  });
});

describe('texts that need a layout', () => {
  test.each([
    ['no final line break', 'a: 1'],
    ['a spelling of a number', 'a: 1.10\nb: 0x1F\nc: 1_000\nd: 1e3\n'],
    ['a folded plain text', 'a: one\n  two\nb: 1\n'],
    ['escapes', 'a: "\\u00e9\\x41"\n'],
    ['a folded block of several lines', 'a: >\n  one\n  two\n\n  three\n'],
    ['an alias', 'a: &x {k: v, l: [1]}\nb: *x\n<<: *x\n'],
    ['an alias as key', 'a: &x key\n*x : v\n'],
    ['a typing tag', 'a: !!int "12"\nb: !!binary aGk=\n'],
    ['an empty document', '---\n---\na: 1\n'],
    ['a null document', 'null\n'],
    ['an unusual timestamp', 'a: 2001-12-14t21:59:43.10-05:00\n'],
    ['an anchor that touches its text', 'a: &an:chor\n'],
    ['a trailing comma in braces', '{a: 1,}\n'],
  ])('%s', (_name, text) => {
    const { rendered, restored } = roundTrip(text);
    expect(rendered).not.toBe(text);
    expect(restored).toBe(text);
  });

  test('a layout for another text is not applied', () => {
    const layout = { hash: 'other', patches: [] };
    expect(restoreLayout('a: 1\n', layout)).toBeUndefined();
  });

  test.each(['', '{}', '[2,"h",[]]', '[1,"h",[[-1,0,"x"]]]', '[1,"h",[[0,0,5]]]', '[1,5,[]]', 'x'])(
    'the malformed layout %j is refused',
    (text) => {
      expect(() => parseLayout(text)).toThrow('malformed');
    },
  );
});

describe('a comment that governs an alias governs all that takes its place', () => {
  // Behind brackets, or between a key and brackets, SOPS reads a comment as the first thing in them.
  const MAP = 'x: &x {k: v, l: w}\n';
  test.each([
    ['behind it', `${MAP}b: *x # note\nc: z\n`, '# note\nb: {E, E}\nc: z\n'],
    ['above it, below its key', `${MAP}b: # why\n  # note\n  *x\n`, '# why\n# note\nb:\n\n  {E, E}\n'],
    ['in a list', `${MAP}b:\n  - *x # note\n  - y\n`, 'b:\n  # note\n  - {E, E}\n  - y\n'],
    ['in a list in a list', `${MAP}b:\n- - *x # note\n  - y\n`, 'b:\n- \n  # note\n  - {E, E}\n  - y\n'],
    ['in the first entry of an item', `${MAP}b:\n- b: *x # note\n  r: y\n`, 'b:\n- \n  # note\n  b: {E, E}\n  r: y\n'],
    ['under an explicit key', `${MAP}? q\n: b: *x # note\n  r: y\n`, '? q\n: \n  # note\n  b: {E, E}\n  r: y\n'],
    ['in a pair in brackets', `${MAP}b: [a: *x # note\n ]\n`, 'b: [\n    # note\n    a: {E, E}\n ]\n'],
    ['in braces', `${MAP}b: {a: *x # note\n }\n`, 'b: {\n    # note\n    a: {E, E}\n }\n'],
    ['on the line of its key in braces', `${MAP}b: {a: # note\n *x}\n`, 'b: {\n    # note\n    a:\n {E, E}}\n'],
  ])('%s', (_name, text, expected) => {
    const { sealed, restored } = roundTrip(text, NOTES);
    expect(restored).toBe(text);
    const shown = sealed.replace(/'\w+': 'ENC\[[^\]]*\]'/g, 'E').replace(/sops:.*/s, '');
    expect(shown).toBe(MAP + expected);
  });

  test('with comments in what was copied', () => {
    const text = 'a: &n0\n a: alpha #\n alpha: a\na2: *n0 # note\na3: alpha\n---\na: alpha\n';
    expect(roundTrip(text, NOTES).restored).toBe(text);
  });
});

test('metadata behind a key without a value in braces leaves the key as it is', () => {
  const { sealed, rendered } = roundTrip('{a: x, b: }\n');
  expect(sealed).toMatch(/, b: , sops: \{.*\} \}\n$/);
  expect(rendered).toBe('{a: x, b: }\n');
  // Here the colon is part of the key.
  expect(roundTrip('{a: x, b:}\n').sealed).toMatch(/, b:, sops: \{.*\}\}\n$/);
});

test('an empty comment in a list gets ciphertext: SOPS would read an item more; elsewhere it stays', () => {
  const text = '#\na:\n  - b\n  #\n  - c\n';
  const { sealed, rendered, restored } = roundTrip(text);
  expect(sealed).toMatch(/^#\na:\n {2}- ENC\S+\n {2}#ENC\S+type:comment\]\n {2}- ENC/);
  expect(rendered).toBe('#\na:\n  - b\n  # \n  - c\n');
  expect(restored).toBe(text);
});

describe('what sops wrote', () => {
  test('a text of several lines behind an inline comment does not run into it', () => {
    const file = yamlStore.parse(Buffer.from('a: ENC[x] # c\nb: 1\n'));
    const found = file.documents[0]?.items.find((entry) => entry.kind === 'item');
    if (found?.value.kind === 'leaf') found.value.value = 'x\ny';
    expect(applyEdits(file.text, yamlStore.edits(file, null))).toBe('a: |- # c\n    x\n    y\nb: 1\n');
  });

  test('nothing but metadata leaves an empty map', () => {
    const file = yamlStore.parse(Buffer.from('sops:\n    mac: x\n'));
    expect(applyEdits(file.text, yamlStore.edits(file, null))).toBe('{}\n');
  });

  test('metadata in the middle goes, with nothing else', () => {
    const file = yamlStore.parse(Buffer.from('a: 1\nsops:\n    mac: x\n# c\nb: 2\n'));
    expect(applyEdits(file.text, yamlStore.edits(file, null))).toBe('a: 1\n# c\nb: 2\n');
  });
});

describe('a YAML text that is JSON', () => {
  // helm-secrets encrypts every file as YAML, and takes what has no line `sops:` for JSON when it decrypts.
  test.each([
    '{"a": 1, "b": "x", "c": [true, null, "y\\u00e9", -0.5], "d": {"e": 1.50, "f": 10e2, "g": ""}}\n',
    '\n{\n  "a": {},\n  "b": [[1], {"c": "q\\"\\\\"}]\n}',
    '{}',
  ])('stays JSON: %s', (text) => {
    const { sealed, restored } = roundTrip(text);
    expect(restored).toBe(text);
    const { sops, ...rest } = JSON.parse(sealed) as Record<string, unknown>;
    expect(sops).toMatchObject({ mac: 'm', version: '3.13.2' });
    expect(Object.keys(rest)).toEqual(Object.keys(JSON.parse(text) as object));
  });

  test('which other text in braces is not', () => {
    expect(roundTrip("{a: 1, 'b': x}\n").sealed).toMatch(/^\{a: 'ENC\[.*\]', 'b': 'ENC\[.*\]', sops: \{'mac': 'm'/);
  });
});
