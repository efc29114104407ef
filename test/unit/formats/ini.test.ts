/** The INI store: reading, splicing, printing. */
import { describe, expect, test } from 'vitest';
import { iniStore } from '../../../src/formats/ini/ini.js';
import { type Branch, branch, comment, item, itemOf, leaf, list } from '../../../src/tree/tree.js';
import { decodeText } from '../../../src/util/text/text.js';
import { METADATA, nodesOf, read, rendered, roundTrip, unseal, vectorsOf } from './store-support.js';

/** A tree as nested arrays: sections as [name, …entries], keys as [key, value], comments as their text. */
const outline = ([document]: readonly Branch[]) =>
  document?.items.map((section) =>
    section.kind === 'item' && section.value.kind === 'branch'
      ? [
          section.key,
          ...section.value.items.map((entry) =>
            entry.kind === 'comment' ? entry.text : [entry.key, entry.value.kind === 'leaf' ? entry.value.value : null],
          ),
        ]
      : section,
  );
const outlineOf = (text: string | Uint8Array) =>
  outline(read(iniStore, text).documents)?.filter((section) => section !== null);

/** The value that a line gives a key. */
const valueIn = (line: string) => {
  const [value] = nodesOf(read(iniStore, `k = ${line}\n`).documents);
  return value?.kind === 'leaf' ? value.value : undefined;
};

/** The text of a ciphertext with short stand-ins, and without metadata. */
const shortened = (cipher: string) => cipher.replace(/ENC\[[^\]]*\]/g, 'E').replace(/(\r?\n)?\[sops\].*/s, '');

describe('reading', () => {
  test('sections stay apart, names count as written, keys before the first header are in DEFAULT', () => {
    expect(outlineOf('a = 1\nb: 2\n[S] \n[s.t ]\nc=3\n[S]\nc = 4\n')).toEqual([
      ['DEFAULT', ['a', '1'], ['b', '2']],
      ['S'],
      ['s.t ', ['c', '3']],
      ['S', ['c', '4']],
    ]);
    expect(outlineOf('')).toEqual([['DEFAULT']]);
    expect(outlineOf('[DEFAULT]\n[a]b]\n')).toEqual([['DEFAULT'], ['DEFAULT'], ['a]b']]);
  });

  test('a byte order mark is skipped, white space is Unicode’s', () => {
    for (const mark of ['\ufeff', '\udcfe\udcff', '\udcff\udcfe'])
      expect(outlineOf(`${mark}a=1`)).toEqual([['DEFAULT', ['a', '1']]]);
    expect(outlineOf('\u00a0\u0085a\u2003=\u3000x\ufeff\u00a0\n \u2028 \n')).toEqual([['DEFAULT', ['a', 'x\ufeff']]]);
  });

  test.each([
    ['plain', 'plain'],
    ['  spaces  ', 'spaces'],
    ['"double"', 'double'],
    ["'single'", 'single'],
    ['"a"b"', '"a"b"'],
    ['"a\'b"', "a'b"],
    ['""', ''],
    ['"', '"'],
    ['x # c', 'x'],
    ['"a#b"', '"a'],
    ['x;c', 'x'],
    ['; c', ''],
    ['`a ; b`', 'a ; b'],
    ['`a`b` junk', 'a`b'],
    ['"""a # "b" """', 'a # "b" '],
    ['"""a"""b"""', 'a"""b'],
    ['one\\\n  two\\\n\tthree', 'onetwothree'],
    ['one \\\n\n', 'one '],
    ['one\\', 'one'],
    ['\\\n\\\nx', 'x'],
    ['"""a\n  b\n"""', 'a\n  b\n'],
    ['`a\r\nb` ; c', 'a\r\nb'],
    ['"""a\nb"""\\\nc"""', 'a\nb"""\\\nc'],
    ['%(a)s', '%(a)s'],
  ])('value %j', (line, value) => expect(valueIn(line)).toBe(value));

  test.each([
    ['a b = 1', 'a b'],
    ['"a=b" = 1', 'a=b'],
    ['`a"b`:1', 'a"b'],
    ['""" a=`b` """ = 1', 'a=`b`'],
    ['a"b = 1', 'a"b'],
    ['`a` junk = 1', 'a'],
  ])('key %j', (line, key) => expect(outlineOf(line)).toEqual([['DEFAULT', [key, '1']]]));

  test('comments above and behind make up one, of the section first in it, of a key behind it', () => {
    expect(
      outlineOf('; s1\n\n  # s2\n[s] ;s3\n;; k1\na = 1 ; k2\n# b\nb = """x\ny""" ; c\n#\nc = 1\n; end\n\n;last\n'),
    ).toEqual([
      ['DEFAULT'],
      ['s', 's1\n# s2\n;s3', ['a', '1'], 'k1\n; k2', ['b', 'x\ny'], 'b\n; c', ['c', '1'], '', 'end\n;last'],
    ]);
  });

  test('line ends in comments are line feeds, and none comes first: SOPS would crash on it', () => {
    expect(outlineOf(';\r\n; a\r\n# b\r\nk=1')).toEqual([['DEFAULT', ['k', '1'], '; a\n# b']]);
  });

  test('a repeated key keeps its place and takes the last value and comment', () => {
    expect(outlineOf('; c1\na=1\nb=2\na=3\n; c2\nb=4\n')).toEqual([['DEFAULT', ['a', '3'], ['b', '4'], 'c2']]);
  });

  test.each([
    ['a', 'line 1, column 1: a line without "=" or ":"'],
    ['x=1\n = 1', 'line 2, column 2: an empty key'],
    ['""=1', 'line 1, column 1: an empty key'],
    ['"a=1', 'line 1, column 1: a quoted key without end'],
    ['`a` 1', 'line 1, column 1: a line without "=" or ":"'],
    ['[s', 'line 1, column 1: a section header without "]"'],
    ['[]', 'line 1, column 1: an empty section name'],
    ['a = `x\n', 'line 1, column 5: a quoted value without end'],
    ['a = """x\n""', 'line 1, column 5: a quoted value without end'],
  ])('refuses %j', (text, message) => {
    expect(() => read(iniStore, text)).toThrow(expect.objectContaining({ code: 'document-invalid', message }));
  });

  test('the key that SOPS writes as a comment is refused', () => {
    for (const text of ['[s]\n- = 1\n', '[s]\n`-` = 1\n']) {
      expect(() => read(iniStore, text)).toThrow(
        expect.objectContaining({ code: 'leaf-not-encryptable', path: ['s', '-'] }),
      );
    }
  });

  test('metadata is flat, with line feeds escaped or real, in a single section at any place', () => {
    const file = read(
      iniStore,
      '[sops]\nversion = 3\n; note\nage__list_0__map_enc = """a\nb"""\nx = c\\nd\n[s]\na = 1\n',
    );
    expect(outline(file.documents)).toEqual([['DEFAULT'], ['s', ['a', '1']]]);
    expect(nodesOf(file.metadata ? [file.metadata] : [])).toMatchObject([
      { value: '3' },
      { value: 'a\nb' },
      { value: 'c\nd' },
      { kind: 'comment', text: 'note' },
    ]);
    expect(read(iniStore, '[Sops]\n').metadata).toBeNull();
    expect(() => read(iniStore, '[sops]\n[sops]\n')).toThrow(expect.objectContaining({ code: 'metadata-invalid' }));
  });
});

/** A file by SOPS 3.13.2 with the keys of its metadata as 3.13.1 writes them, which all releases read, and as we do. */
function inQuotes(text: string): string {
  const at = text.indexOf('[sops]');
  const metadata = text.slice(at).replace(/ = (-----BEGIN.*)$/gm, (_, value: string) => {
    return ` = """${value.replaceAll('\\n', '\n')}"""`;
  });
  return text.slice(0, at) + metadata;
}

describe('vectors of the reference', () => {
  test.each(vectorsOf('.ini'))('$name', ({ input, encrypted, decrypted }) => {
    const file = iniStore.parse(encrypted);
    expect(rendered(file)).toBe(inQuotes(file.text));
    expect(iniStore.emit(file.documents, file.metadata)).toBe(inQuotes(file.text));
    // The reference loses a comment at the end; its ciphertext does not have it.
    const plain = nodesOf(read(iniStore, decodeText(input).replace('; lost\n', '')).documents);
    unseal(
      file.documents,
      plain.map((node) => (node.kind === 'comment' ? node.text : node.value)),
    );
    expect(rendered(file, null)).toBe(decodeText(decrypted));
    expect(iniStore.emit(file.documents, null)).toBe(decodeText(decrypted));
  });
});

describe('splicing', () => {
  test('values keep their quotes, comments their marks, everything between stays', () => {
    const text = '\ufeff; top\r\n\r\n[s]\r\n  a="x"   \r\nb = \'y\' # inline\r\n\r\n#tight\r\nc:`1;2`\r\nd=\r\n';
    const { cipher, plain, isSameTree } = roundTrip(iniStore, text);
    expect(shortened(cipher)).toBe('\ufeff; E\r\n\r\n[s]\r\n  a="E"   \r\nb = \'E\' # E\r\n\r\n#E\r\nc:`E`\r\nd=\r\n');
    expect([plain, isSameTree]).toEqual([text, true]);
    expect(cipher.replaceAll('\r\n', '')).not.toContain('\n');
  });

  test('metadata comes last, behind one more line end, and leaves nothing behind', () => {
    for (const text of ['a = 1', 'a = 1\n', 'a = 1\n\n\n', '', '\n', '; c', '[s]', '[s]\r\n']) {
      const { cipher, plain, isSameTree } = roundTrip(iniStore, text);
      expect([plain, isSameTree]).toEqual([text, true]);
      expect(cipher).toMatch(
        /(?:^|\n)\[sops\]\r?\nage__list_0__map_enc {7}= """-----BEGIN\r?\nabc=\r?\n-----END\r?\n"""\r?\n/,
      );
    }
    expect(roundTrip(iniStore, 'a = 1\n').cipher).toMatch(/\]\n\n\[sops\]\n/);
  });

  test.each([
    ['a = x\\ ', 'x'],
    ['a = x\\', 'x'],
    ['a = """', '"""'],
    ['a = x\\\n', 'x'],
  ])('the value of %j does not swallow the metadata', (text, value) => {
    const again = read(iniStore, rendered(read(iniStore, text), METADATA));
    expect([outline(again.documents), again.metadata === null]).toEqual([[['DEFAULT', ['a', value]]], false]);
  });

  test('metadata in the middle is replaced there, and removed without joining its neighbours', () => {
    const file = read(iniStore, 'a = 1\n[sops]\nversion = 2\n\n[s]\nb = 2\n');
    expect(rendered(file, branch([item('version', leaf('3'))]))).toBe('a = 1\n[sops]\nversion = 3\n\n[s]\nb = 2\n');
    expect(rendered(file, null)).toBe('a = 1\n\n[s]\nb = 2\n');
    expect(rendered(read(iniStore, 'a = 1\n\n[sops]\nversion = 2\n\n[s]\nb = 2\n'), null)).toBe(
      'a = 1\n\n[s]\nb = 2\n',
    );
  });

  test.each([
    ['lines of a value', 'a = one\\\n  two\n', 'a = E\n', 'a = onetwo\n'],
    ['a quoted value of several lines', 'a = """x\n y"""\n', 'a = """E"""\n', 'a = """x\n y"""\n'],
    [
      'a comment of several lines',
      '  ; x\n\n  ;y\na = 1\n',
      '  ; E\n\na = E\n',
      '  ; x\n  ; y\n\na = E\n'.replace('E', '1'),
    ],
    ['a comment behind a header', ' [s] ; x\n', ' ; E\n [s]\n', ' ; x\n [s]\n'],
    ['comments above and behind a header', '; x\n[s] # y\n', '; E\n[s]\n', '; x\n# y\n[s]\n'],
    ['comments above and behind a value', '; x\na = 1 ; y\n', '; E\na = E\n', '; x\n; y\na = 1\n'],
    ['a comment behind quoted lines', 'a = `x\ny` ; z\n', '; E\na = `E`\n', '; z\na = `x\ny`\n'],
    ['a comment at the end', 'a = 1\n\n;x\n# y\n', 'a = E\n\n;E\n', 'a = 1\n\n;x\n# y\n'],
    ['a value that SOPS quotes', 'a = x`y\n', 'a = E\n', 'a = """x`y"""\n'],
  ])('%s', (_, text, cipher, plain) => {
    const found = roundTrip(iniStore, text);
    expect([shortened(found.cipher), found.plain, found.restored, found.isSameTree]).toEqual([
      cipher,
      plain,
      text,
      true,
    ]);
  });

  test.each([
    ['first values of repeated keys', '; SECRET\na = SECRET\nb = 1\n; SECRET\na = SECRET ; SECRET\n  a = "SECRET"\n'],
    ['text behind a closing quote', 'a = `1` SECRET ; SECRET\nb = """1"""SECRET\nc = """x\ny""" SECRET # SECRET\n'],
    ['text behind a closing bracket', '[s] SECRET\na = 1\n[t] SECRET ; SECRET\nb = 1\n'],
    ['text behind a quoted key', '`a` SECRET = 1\n'],
    ['comments that nothing takes', 'a = 1 ; SECRET\n# SECRET\n\n  ;SECRET'],
    ['values over several lines', 'a = SECRET\\\n  SECRET\\\n\nb = """SECRET\nSECRET\n""" \n'],
  ])('no plaintext stays: %s', (_, text) => {
    const { cipher, restored, isSameTree } = roundTrip(iniStore, text);
    expect(cipher).not.toContain('SECRET');
    expect([restored, isSameTree]).toEqual([text, true]);
  });
});

describe('splicing what is read in another place', () => {
  test('a repeated key is written once, where it first stood', () => {
    const { cipher, plain } = roundTrip(iniStore, '; c1\n a=1\nb=2\n# c2\na = "3"\nc=4\na=5');
    expect(shortened(cipher)).toBe(' a=E\nb=E\nc=E\n');
    expect(plain).toBe(' a=5\nb=2\nc=4\n');
    expect(shortened(roundTrip(iniStore, 'a=1 ; c1\na=2 ; c2\n').cipher)).toBe('; E\na=E\n');
  });

  test('a value that would hide the comment behind it sends the comment above', () => {
    const file = read(iniStore, '  a = 1 ; c\n');
    unseal(file.documents, ['x;y', 'c']);
    expect(rendered(file)).toBe('  ; c\n  a = `x;y`\n');
    unseal(file.documents, ['2', 'c\n# d']);
    expect(rendered(file)).toBe('  ; c\n  # d\n  a = 2\n');
  });

  test('plain comments stay where they stand', () => {
    const text = '[s] ; c\na = 1 # d\n\n; e\nb = `x\ny` ; f\n';
    const file = read(iniStore, text);
    expect(rendered(file, null)).toBe(text);
  });

  test.each([
    ['x', 'x'],
    ['x y', 'x y'],
    [' x', '" x"'],
    ['x#y', '`x#y`'],
    ['x`y', '"""x`y"""'],
    ['x\ny', '"""x\ny"""'],
    // SOPS prints these bare, and reads something else.
    ['x\\', '"x\\"'],
    ['"x"', '\'"x"\''],
    ['`x', '"""`x"""'],
    ['a"""\nb', '`a"""\nb`'],
    ["'x`#'", '"""\'x`#\'"""'],
  ])('value %j is written %s and reads back', (value, text) => {
    const file = read(iniStore, 'a = 1\n');
    unseal(file.documents, [value]);
    expect(rendered(file)).toBe(`a = ${text}\n`);
    expect(valueIn(text)).toBe(value);
  });

  test('a value that no quotes can hold is refused', () => {
    const file = read(iniStore, '[s]\na = 1\n');
    unseal(file.documents, ['`\n"""\n']);
    expect(() => rendered(file)).toThrow(expect.objectContaining({ code: 'output-format', path: ['s', 'a'] }));
  });
});

describe('changing', () => {
  test('keys and sections come and go', () => {
    const file = read(iniStore, 'top=1\n[s]\n; of a\na    = 1\nlong = 2\n; end\n\n[t]\nc=3');
    const [document] = file.documents;
    const s = document && itemOf(document, 's')?.value;
    const t = document && itemOf(document, 't')?.value;
    if (s?.kind === 'branch') s.items.splice(0, 2, item('new', leaf('x;y')), comment('of new'));
    if (t?.kind === 'branch') t.items.push(item('much longer', leaf('z')));
    document?.items.splice(0, 1);
    document?.items.push(item('u', branch([item('d', leaf(4n))])));
    expect(rendered(file)).toBe(
      '[s]\n; of new\nnew  = `x;y`\nlong = 2\n; end\n\n[t]\nc=3\nmuch longer=z\n\n[u]\nd = 4\n',
    );
    document?.items.splice(0, 3);
    expect(rendered(file)).toBe('\n');
  });

  test('an addition ends a last line without end, even one that ends in a byte order mark', () => {
    for (const [text, expected] of [
      ['[s]\nk = v\ufeff', '[s]\nk = v\ufeff\nnew = x\n'],
      ['[s]\nk = v\n', '[s]\nk = v\nnew = x\n'],
    ] as const) {
      const file = read(iniStore, text);
      const section = file.documents[0] && itemOf(file.documents[0], 's')?.value;
      if (section?.kind === 'branch') section.items.push(item('new', leaf('x')));
      expect(rendered(file)).toBe(expected);
    }
  });

  test('what INI cannot hold is refused', () => {
    for (const value of [branch(), list(), leaf('a\n`"""\n')]) {
      const file = read(iniStore, '[s]\na = 1\n');
      const section = file.documents[0] && itemOf(file.documents[0], 's')?.value;
      if (section?.kind === 'branch') section.items.push(item('b', value));
      expect(() => rendered(file)).toThrow(expect.objectContaining({ code: 'output-format', path: ['s', 'b'] }));
    }
    const file = read(iniStore, '[s]\n');
    const s = file.documents[0] && itemOf(file.documents[0], 's');
    if (s) s.value = leaf('x');
    expect(() => rendered(file)).toThrow(expect.objectContaining({ code: 'output-format', path: ['s'] }));
  });
});

describe('printing', () => {
  const emit = (...sections: Parameters<typeof branch>[0] & object) => iniStore.emit([branch(sections)], null);
  const section = (name: string, ...items: Parameters<typeof branch>[0] & object) => item(name, branch(items));

  test('keys are aligned by bytes, sections parted by a blank line, values of any type as text', () => {
    expect(
      emit(
        section('s', item('a', leaf(1n)), item('é', leaf(null)), item('long', leaf(''))),
        section('t'),
        section('u', item('b', leaf(1.5))),
      ),
    ).toBe('[s]\na    = 1\né   = <nil>\nlong = \n\n[t]\n\n[u]\nb = 1.5\n');
  });

  test('a first section called DEFAULT goes without header, in an encrypted file only as spelt', () => {
    expect(emit(section('default', item('a', leaf('1'))))).toBe('a = 1\n');
    expect(emit(section('DEFAULT'), section('s'), section('DEFAULT'))).toBe('[s]\n\n[DEFAULT]\n');
    expect(iniStore.emit([branch([section('default', item('a', leaf('1')))])], METADATA)).toMatch(
      /^\[default\]\na = 1\n\n\[sops\]/,
    );
  });

  test('comments go above their section or the key before them, and all of them stay', () => {
    expect(
      emit(
        comment('lost, between sections'),
        section('s', comment(' x\n; y'), item('a', leaf('1')), comment('of a\n  # z\n'), comment('too')),
      ),
    ).toBe(';  x\n; y\n[s]\n; of a\n; # z\n; \n; too\na = 1\n');
  });

  test('keys are quoted where SOPS does, and where they would read differently', () => {
    const keys = ['a"b', 'a=b', 'a:b', 'a`b', '[a', '#a', ';a', 'a]'];
    const written = ['`a"b`', '`a=b`', '`a:b`', '"""a`b"""', '`[a`', '`#a`', '`;a`', 'a]'];
    for (const [index, key] of keys.entries()) {
      const text = emit(section('DEFAULT', item(key, leaf('x'))));
      expect([text, outlineOf(text)]).toEqual([`${written[index]} = x\n`, [['DEFAULT', [key, 'x']]]]);
    }
    for (const key of ['-', '', ' a', 'a\nb', '`"""']) {
      expect(() => emit(section('s', item(key, leaf('x'))))).toThrow(
        expect.objectContaining({ code: 'output-format', path: ['s', key] }),
      );
    }
  });

  test('sections that are not maps, or cannot be named, are refused; so are plain values the MAC sees differently', () => {
    for (const entry of [item('s', leaf('x')), item('s', list()), section(''), section('a\nb')]) {
      expect(() => emit(entry)).toThrow(expect.objectContaining({ code: 'output-format' }));
    }
    expect(() => iniStore.emit([branch([section('s', item('a', leaf(true)))])], METADATA)).toThrow(
      'a plain bool value',
    );
  });

  test('documents are joined, repeated keys printed once', () => {
    const documents = [
      branch([section('s', item('a', leaf('1')), item('b', leaf('2')), item('a', leaf('3')))]),
      branch([section('s')]),
    ];
    expect(iniStore.emit(documents, null)).toBe('[s]\na = 3\nb = 2\n\n[s]\n');
  });
});
