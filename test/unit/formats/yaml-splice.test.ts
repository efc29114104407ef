/** Splicing YAML: ciphertext goes into the author's text and out again, and the layout brings back what style cannot. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Cipher } from '../../../src/cipher/cipher.js';
import { decryptTree, encryptTree } from '../../../src/cipher/tree-cipher.js';
import { parseLayout, restoreLayout } from '../../../src/formats/layout.js';
import { layoutOf, placesOf, printLayout } from '../../../src/formats/layout-diff.js';
import { applyEdits } from '../../../src/formats/store.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import { leavesOf } from '../../../src/operations/read/leaves.js';
import { leaves } from '../../../src/tree/leaves.js';
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
  const toCipher = file.edits(metadata);
  const sealed = applyEdits(text, toCipher);
  const again = yamlStore.parse(Buffer.from(sealed));
  expect(again.metadata).not.toBeNull();
  const decrypted = decryptTree(again.documents, options);
  expect(decrypted.macText).toBe(macText);
  expect(decrypted.keptComments).toBe(0);
  const toPlain = again.edits(null);
  const rendered = applyEdits(sealed, toPlain);
  const layout = layoutOf(text, placesOf(toCipher), sealed, toPlain, rendered);
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
    'm: {a: 1, b: [2, 3]}\n',
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
    ['braces around all', '{a: 1, b: [2, 3]}\n'],
    ['a trailing comma in braces', '{a: 1,}\n'],
    ['braces in a later document', 'a: 1 # c\n---\n{a: &x 1, # note\n b: *x}\n'],
    ['indented keys', '  a: 1\n  b: 2\n'],
    ['a byte order mark before braces', '\ufeff{a: 1}\n'],
    ['CRLF and braces', '{a: 1,\r\n b: {c: "x"}}\r\n'],
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
    expect(applyEdits(file.text, file.edits(null))).toBe('a: |- # c\n    x\n    y\nb: 1\n');
  });

  test('nothing but metadata leaves an empty map', () => {
    const file = yamlStore.parse(Buffer.from('sops:\n    mac: x\n'));
    expect(applyEdits(file.text, file.edits(null))).toBe('{}\n');
  });

  test('metadata in the middle goes, with nothing else', () => {
    const file = yamlStore.parse(Buffer.from('a: 1\nsops:\n    mac: x\n# c\nb: 2\n'));
    expect(applyEdits(file.text, file.edits(null))).toBe('a: 1\n# c\nb: 2\n');
  });
});

describe('metadata is printed as SOPS prints it', () => {
  // Flux looks for `mac: ENC[`, helm-secrets for a line `sops:`: neither can stand in braces.
  test.each([
    ['JSON', '{"a": 1, "b": "x", "c": [true, null, "y\\u00e9", -0.5], "d": {"e": 1.50, "f": 10e2, "g": ""}}\n'],
    ['JSON on lines', '\n{\n  "a": {},\n  "b": [[1], {"c": "q\\"\\\\"}]\n}'],
    ['nothing', '{}'],
    ['braces', "{a: 1, 'b': x}\n"],
    ['a key without a value', '{a: x, b: }\n'],
    ['a key with a colon', '{a: x, b:}\n'],
    ['indented keys', '  a: 1\n  b: 2\n'],
    ['braces in a later document', 'a: 1\n---\n{b: 2}\n'],
    ['comments in braces', '# one\n{a: 1, # two\n # three\n b: [2, # four\n ]}\n# five\n'],
  ])('%s', (_name, text) => {
    const { sealed, restored } = roundTrip(text);
    expect(restored).toBe(text);
    const documents = sealed.split('---\n');
    for (const document of documents) expect(document).toMatch(/(?:^|\n)sops:\n {4}mac: m\n {4}version: 3\.13\.2\n$/);
    expect(documents.join('')).toBe(sealed.replaceAll('---\n', ''));
    if (!text.includes('#')) expect(sealed).toBe(printed(sealed));
  });

  /** A ciphertext as SOPS prints its tree. */
  function printed(sealed: string): string {
    const { documents, metadata } = yamlStore.parse(Buffer.from(sealed));
    return yamlStore.emit(documents, metadata);
  }

  test('also in a file that an earlier sops-ts wrote', () => {
    for (const old of [
      "{a: 'ENC[x]', sops: {'mac': 'm', 'version': '3.13.2'}}\n",
      '{"a": "ENC[x]", "sops": {"mac": "m", "version": "3.13.2"}}\n',
    ]) {
      const file = yamlStore.parse(Buffer.from(old));
      const rewritten = applyEdits(old, file.edits(branch([...FIELDS])));
      expect(rewritten).toBe('a: ENC[x]\nsops:\n    mac: m\n    version: 3.13.2\n');
    }
  });

  test('unless it is only shown, where the text stays', () => {
    const file = yamlStore.parse(Buffer.from('{a: x, b: }\n'));
    const shown = applyEdits(file.text, file.edits(branch([...FIELDS]), { textStays: true }));
    expect(shown).toBe("{a: x, b: , sops: {'mac': 'm', 'version': '3.13.2'} }\n");
  });
});

describe('a new value in a block of the author, whatever its first signs are', () => {
  const values = [
    '  lead\n\ttab',
    '\ta\nb',
    '\t',
    ' \n',
    '\r',
    'a\r\nb',
    ' trail ',
    '\nlead',
    '\n\n\tx',
    't\n\n\n',
    '# x\n',
  ];
  test.each(['|', '>', '|-', '>+', '|2', '| # why', '!own |'])('%s', (header) => {
    const at = header === '|2' ? 2 : 10;
    for (const value of values) {
      const file = yamlStore.parse(Buffer.from(`k: ${header}\n${' '.repeat(at)}x\n${' '.repeat(at)}y\nz: 1\n`));
      for (const { node, pathText } of leaves(file.documents)) if (pathText.includes('k')) node.value = value;
      const read = leavesOf(yamlStore.parse(Buffer.from(applyEdits(file.text, file.edits(null)))).documents);
      expect(read.map(([, now]) => now)).toEqual([value, 1n]);
    }
  });
});

describe('ciphertext in a block is followed by no line break', () => {
  // rops and sops-age take the break as part of the value, and so do policies that match `^ENC\[…\]$`.
  test.each([
    ['|', 'a: |\n  one\n  two\n'],
    ['>', 'a: >\n  one\n'],
    ['|-', 'a: |-\n  one\n  two\n'],
    ['|+ of one break', 'a: |+\n  one\nb: 1\n'],
    ['|+ of several breaks', 'a: |+\n  one\n\n\nb: 1\n'],
    ['|2', 'a: |2\n    one\n   two\n'],
    ['a comment on the header', 'a: | # note\n  one\n  two\n'],
    ['a list', 'l:\n  - |\n    one\n  - >-\n    two\n'],
    ['CRLF', 'a: |\r\n  one\r\n  two\r\n'],
    ['the end of a text without line break', 'a: |\n  one'],
  ])('%s', (_name, text) => {
    const { sealed, restored } = roundTrip(text);
    expect(restored).toBe(text);
    const { documents } = yamlStore.parse(Buffer.from(sealed));
    const found = leavesOf(documents).filter(([, value]) => typeof value === 'string');
    expect(found.length).toBeGreaterThan(0);
    for (const [, value] of found) expect(value).toMatch(/^ENC\[[^\n]*\]$/);
  });

  test('the usual headers need no layout', () => {
    for (const header of ['|', '|-', '>-', '|2']) {
      const text = `a: ${header}\n  one\nb: 1\n`;
      expect(roundTrip(text).rendered).toBe(text);
    }
  });

  test('a value that begins like ciphertext keeps its own', () => {
    for (const text of ['a: |\n  ENC[x\n', 'a: |\n  ENC[AES256_GCM,data:x]\n', 'a: |-\n  ENC[AES256_GCM,data:x]\n']) {
      expect(roundTrip(text).restored).toBe(text);
    }
  });
});
