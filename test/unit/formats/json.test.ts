/** The JSON store: reading, splicing, printing. */

import { describe, expect } from 'vitest';
import { jsonStore } from '../../../src/formats/json/json.js';
import { JSON_MAX_DEPTH } from '../../../src/formats/json/read.js';
import { applyEdits } from '../../../src/formats/store.js';
import { branch, item, itemOf, type Leaf, leaf, list } from '../../../src/tree/tree.js';
import { encodeText } from '../../../src/util/text/text.js';
import fc, { anyCharacter } from '../../support/fast-check.js';
import { inSweeps, sampledTest } from '../../support/sweep.js';
import { METADATA, nodesOf, read, rendered, roundTrip, unseal, vectorsOf } from './store-support.js';

const test = sampledTest(2);

const valuesOf = (text: string | Uint8Array) =>
  nodesOf(read(jsonStore, text).documents).map((node) => (node as Leaf).value);

/** A value in plaintext metadata layout tests. */
const SMALL = branch([item('version', leaf('3')), item('age', list([branch([item('enc', leaf('a\nb'))])]))]);

describe('reading', () => {
  test('keeps types, order, repeated keys and keys that objects treat specially', () => {
    const [document] = read(jsonStore, '{"z":1,"a":1.0,"z":true,"__proto__":null,"constructor":"s","":[]}').documents;
    expect(document?.items.map((entry) => entry.kind === 'item' && entry.key)).toEqual(
      ['z', 'a', 'z', '__proto__', 'constructor', ''], //
    );
    expect(valuesOf('{"z":1,"a":1.0,"z":true,"__proto__":null,"constructor":"s","":[]}')).toEqual([
      1n,
      1,
      true,
      null,
      's',
    ]);
  });

  test.each([
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', 2 ** 63],
    ['-0', 0n],
    ['-0.0', -0],
    ['1e3', 1000],
    ['123456789012345678901234567890', 123456789012345680000000000000],
    ['1e-400', 0],
  ])('number %s', (literal, value) => expect(valuesOf(`{"a":${literal}}`)).toEqual([value]));

  test.each([
    ['"\\ud83d\\ude00\\u00e9\\/\\n"', '😀é/\n'],
    ['"\\ud83d"', '\ufffd'],
    ['"\\ud83d\\ud83d\\ude00\\udc80x"', '\ufffd😀\ufffdx'],
    ['"\\ud83dx"', '\ufffdx'],
  ])('string %s', (literal, value) => expect(valuesOf(`{"a":${literal}}`)).toEqual([value]));

  test('bytes that are not UTF-8 become U+FFFD one by one, also behind half an escaped pair', () => {
    expect(valuesOf(Buffer.from('{"a":"\xe2\x82x\\ud83d\xff"}', 'latin1'))).toEqual(['\ufffd\ufffdx\ufffd\ufffd']);
  });

  test.each([
    ['', 'line 1, column 1: the file is empty'],
    [' \n', 'line 2, column 1: the file is empty'],
    ['[1]', 'line 1, column 1: the top level of a JSON file must be an object'],
    ['"a"', 'line 1, column 1: the top level of a JSON file must be an object'],
    ['\ufeff{}', 'line 1, column 1: a byte order mark is not allowed in JSON'],
    ['{"a":1', 'line 1, column 7: expected "," or "}"'],
    ['{"a":1,}', 'line 1, column 8: expected a key in double quotes'],
    ['{"a":[1,]}', 'line 1, column 9: expected a value'],
    ['{"a":[1 2]}', 'line 1, column 9: expected "," or "]"'],
    ['{\n  "a" 1}', 'line 2, column 7: expected ":"'],
    ['{"a":01}', 'line 1, column 7: expected "," or "}"'],
    ['{"a":+1}', 'line 1, column 6: expected a value'],
    ['{"a":NaN}', 'line 1, column 6: expected a value'],
    ['{"a":1e400}', 'line 1, column 6: a number beyond the range of a double'],
    ['{"a":"x\ny"}', 'line 1, column 8: a string without end, or with a control character in it'],
    ['{"a":"x\\q"}', 'line 1, column 8: an unknown escape in a string'],
    ['{"a":"x\\u12"}', 'line 1, column 8: an unknown escape in a string'],
    ['{"a":"x\\n', 'line 1, column 10: a string without end, or with a control character in it'],
    ['{"a":"x', 'line 1, column 8: a string without end, or with a control character in it'],
    ['{// c\n}', 'line 1, column 2: expected a key in double quotes'],
  ])('refuses %j', (text, message) => {
    expect(() => read(jsonStore, text)).toThrow(expect.objectContaining({ code: 'document-invalid', message }));
  });

  test('refuses metadata that is not a map, or that stands there twice', () => {
    for (const text of ['{"sops":1}', '{"sops":null}', '{"sops":[]}', '{"sops":{},"\\u0073ops":{}}']) {
      expect(() => read(jsonStore, text)).toThrow(expect.objectContaining({ code: 'metadata-invalid' }));
    }
  });

  test('takes the metadata out of the tree, wherever it stands, and no deeper one', () => {
    const file = read(jsonStore, '{"sops":{"version":"3"},"a":{"sops":1}}');
    expect(file.metadata).toEqual(branch([item('version', expect.objectContaining({ value: '3' }))]));
    expect(nodesOf(file.documents)).toHaveLength(1);
  });

  inSweeps(() => {
    test('reads, splices and prints as deep as SOPS does, and refuses deeper text', () => {
      const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{"a":"x"}${'}'.repeat(depth - 1)}`;
      const { cipher, plain, isSameTree } = roundTrip(jsonStore, nested(JSON_MAX_DEPTH));
      expect([plain, isSameTree, cipher.includes('"x"')]).toEqual([nested(JSON_MAX_DEPTH), true, false]);
      expect(jsonStore.emit(read(jsonStore, nested(JSON_MAX_DEPTH)).documents, null)).toContain('"a": "x"');
      expect(() => read(jsonStore, nested(JSON_MAX_DEPTH + 1))).toThrow('more than 10000 levels of nesting');
    });
  });
});

describe('vectors of the reference', () => {
  test.each(vectorsOf('.json'))(
    '$name: decrypting by splicing gives the bytes of SOPS',
    ({ name, encrypted, decrypted }) => {
      const file = jsonStore.parse(encrypted);
      unseal(file.documents, valuesOf(decrypted));
      const text = rendered(file, null);
      const expected = Buffer.from(decrypted).toString();
      // Those to be accepted were laid out anew by hand, and SOPS prints its own layout.
      if (name.startsWith('accept')) expect(jsonStore.emit(read(jsonStore, text).documents, null)).toBe(expected);
      else expect(text).toBe(expected);
    },
  );

  test.each(vectorsOf('.json'))('$name: the metadata is written as SOPS writes it', ({ encrypted, name }) => {
    const file = jsonStore.parse(encrypted);
    const options = { indent: name === 'emit-json-indent' ? 2 : undefined };
    const text = applyEdits(file.text, file.edits(file.metadata, options));
    // Those to be accepted were laid out by hand.
    if (!name.startsWith('accept')) expect(text).toBe(file.text);
    const printed = jsonStore.emit([], file.metadata, options);
    expect(text).toContain(printed.slice('{'.length, -'\n}\n'.length));
    if (name.startsWith('json')) expect(jsonStore.emit(file.documents, file.metadata)).toBe(file.text);
  });

  test.each(vectorsOf('.json').filter(({ name }) => name.startsWith('json')))(
    '$name: the plaintext is printed as SOPS prints it',
    ({ input, decrypted }) => {
      const text = jsonStore.emit(read(jsonStore, input).documents, null);
      expect(text).toBe(Buffer.from(decrypted).toString());
    },
  );
});

// Flux and others know encrypted files by these bytes, so they are not the author's.
describe('metadata is laid out as SOPS does it, whatever the rest of the file looks like', () => {
  const SOPS = '\t"sops": {\n\t\t"version": "3",\n\t\t"age": [\n\t\t\t{\n\t\t\t\t"enc": "a\\nb"\n\t\t\t}\n\t\t]\n\t}';
  test.each([
    ['minified', '{"a":"x"}', `{"a":"E",\n${SOPS}}`],
    ['on one line', '{"a": "x", "b": 1}\n', `{"a": "E", "b": "E",\n${SOPS}}\n`],
    ['on one line, one entry', '{ "a": "x" }', `{ "a": "E",\n${SOPS} }`],
    ['two blanks', '{\n  "a": "x"\n}\n', `{\n  "a": "E",\n${SOPS}\n}\n`],
    ['tight lines', '{\n "a":"x"\n}\n', `{\n "a":"E",\n${SOPS}\n}\n`],
    [
      'CRLF and tabs, no final line end',
      '{\r\n\t"a": "x"\r\n}',
      `{\r\n\t"a": "E",\r\n${SOPS.replaceAll('\n', '\r\n')}\r\n}`,
    ],
    ['no indentation, wide colons', '{\n"a" : "x"\n}\n', `{\n"a" : "E",\n${SOPS}\n}\n`],
    ['blank line before the last entry', '{\n "b": null,\n\n "a": "x"}', `{\n "b": null,\n\n "a": "E",\n${SOPS}}`],
    ['commas in front', '{ "b": "x"\n, "a": "x"\n}', `{ "b": "E"\n, "a": "E",\n${SOPS}\n}`],
  ])('%s', (_, text, expected) => {
    const { cipher, plain, isSameTree } = roundTrip(jsonStore, text, SMALL);
    expect(cipher.replace(/ENC\[[^\]]*\]/g, 'E')).toBe(expected);
    expect([plain, isSameTree]).toEqual([text, true]);
  });

  test('with an indentation that was asked for', () => {
    const file = read(jsonStore, '{"a":"x"}');
    expect(applyEdits(file.text, file.edits(SMALL, { indent: 1 }))).toMatch(
      /^\{"a":"x",\n "sops": \{\n {2}"version": "3",/,
    );
  });

  test.each([
    ['minified', '{"a":"x","sops":{"version":"2"}}'],
    ['tight lines', '{\n  "a":"x",\n  "sops":{\n    "version":"2"\n  }\n}'],
    ['in the first place', '{"sops": {"version": "2"}, "a":"x"}'],
  ])('it is printed anew where it was laid out otherwise: %s', (_, text) => {
    const file = read(jsonStore, text);
    expect(rendered(file, branch([item('version', leaf('3'))]))).toMatch(
      /"a":"x",\n\t"sops": \{\n\t\t"version": "3"\n\t\}\n?\}$/,
    );
  });

  test('an empty object becomes what SOPS writes, and back', () => {
    const { cipher, plain } = roundTrip(jsonStore, '{}\n', SMALL);
    expect(cipher).toBe(
      '{\n\t"sops": {\n\t\t"version": "3",\n\t\t"age": [\n\t\t\t{\n\t\t\t\t"enc": "a\\nb"\n\t\t\t}\n\t\t]\n\t}\n}\n',
    );
    expect(plain).toBe('{}\n');
    const file = read(jsonStore, '{}');
    expect(applyEdits(file.text, file.edits(branch([item('a', leaf('b'))]), { indent: 1 }))).toBe(
      '{\n "sops": {\n  "a": "b"\n }\n}',
    );
    expect(roundTrip(jsonStore, '{\n \n}').restored).toBe('{\n \n}');
  });

  test.each(['{"sops": {"version": "2"}, "a": 1}', '{"a": 1, "sops": {"version": "2"}, "b": 2}'])(
    '%s goes to the end, as SOPS writes it',
    (text) => {
      const file = read(jsonStore, text);
      expect(rendered(file, branch([item('version', leaf('3'))]))).toBe(
        text.replace('"sops": {"version": "2"}, ', '').replace(/\}$/, ',\n\t"sops": {\n\t\t"version": "3"\n\t}}'),
      );
      expect(rendered(file, null)).toBe(text.replace(/"sops": \{.*?\}, /, ''));
    },
  );
});

describe('splicing', () => {
  test('text behind the closing brace never stays in the ciphertext, and comes back by the layout', () => {
    for (const rest of [' secret', '\n{"b":"secret"}\n', ' // secret\r\n']) {
      const { cipher, restored } = roundTrip(jsonStore, `{"a":"x"}${rest}`);
      expect(cipher).not.toContain('secret');
      expect(restored).toBe(`{"a":"x"}${rest}`);
    }
    expect(roundTrip(jsonStore, '{"a":"x"} \n\n').plain).toBe('{"a":"x"} \n\n');
  });

  test('new values are written as SOPS writes them, unchanged ones stay as they are', () => {
    const file = read(jsonStore, '{"a" : "\\u00e9", "b":1.50,"c":"x"}');
    unseal(file.documents, ['é', 1.5, '<\u00e9\u2028\u007f/\b\f\u0001']);
    expect(rendered(file)).toBe('{"a" : "\\u00e9", "b":1.50,"c":"\\u003cé\\u2028\u007f/\\b\\f\\u0001"}');
    unseal(file.documents, [12n, -1.5e300, null]);
    expect(rendered(file)).toBe('{"a" : 12, "b":-1.5e+300,"c":null}');
  });

  test('a negative zero reads back as one from an encrypted file; in plaintext it is printed as SOPS prints it', () => {
    const file = read(jsonStore, '{"a":1}');
    unseal(file.documents, [-0]);
    expect(rendered(file, null)).toBe('{"a":-0}');
    expect(rendered(file, SMALL)).toMatch(/^\{"a":-0\.0,/);
  });

  test.each([
    ['{"a":1,"b":2,"c":3}', [0], '{"b":2,"c":3}'],
    ['{"a":1,"b":2,"c":3}', [0, 1], '{"c":3}'],
    ['{"a":1,"b":2,"c":3}', [1, 2], '{"a":1}'],
    ['{"a":1,"b":2,"c":3}', [1], '{"a":1,"c":3}'],
    ['{\n  "a": 1,\n  "b": 2\n}', [1], '{\n  "a": 1\n}'],
    ['{"a":1}', [0], '{}'],
  ])('%s without the entries %j', (text, gone, expected) => {
    const file = read(jsonStore, text);
    const items = file.documents[0]?.items ?? [];
    for (const index of [...gone].reverse()) items.splice(index, 1);
    expect(rendered(file)).toBe(expected);
  });

  test('added entries look like their neighbours', () => {
    const file = read(jsonStore, '{\n    "a": {"x": 1},\n    "l": [\n        1\n    ],\n    "e": {}\n}\n');
    const [root] = file.documents;
    if (!root) throw new Error('no document');
    const [a, l, e] = ['a', 'l', 'e'].map((key) => itemOf(root, key)?.value);
    if (a?.kind === 'branch') a.items.push(item('y', leaf('new')));
    if (l?.kind === 'list') l.items.push(branch([item('k', list([]))]));
    if (e?.kind === 'branch') e.items.push(item('z', leaf(true)));
    root.items.unshift(item('first', leaf(null)));
    root.items.push(item('last', list([leaf(1n)])));
    expect(rendered(file)).toBe(
      '{\n    "first": null,\n    "a": {"x": 1, "y": "new"},\n    "l": [\n        1,\n        {\n            "k": []\n        }\n    ],\n' +
        '    "e": {\n        "z": true\n    },\n    "last": [\n        1\n    ]\n}\n',
    );
  });

  test('a value of another kind, another order, a list whose only item was replaced', () => {
    const file = read(jsonStore, '{\n  "a": 1,\n  "b": {"c": 1, "d": 2},\n  "l": [ 1 ]\n}');
    const [root] = file.documents;
    if (!root) throw new Error('no document');
    const [a, b, l] = root.items;
    if (a?.kind === 'item') a.value = branch([item('n', leaf(1n))]);
    if (b?.kind === 'item' && b.value.kind === 'branch') b.value.items.reverse();
    if (l?.kind === 'item' && l.value.kind === 'list') l.value.items[0] = leaf('x');
    expect(rendered(file)).toBe('{\n  "a": {\n    "n": 1\n  },\n  "b": {"d": 2, "c": 1},\n  "l": ["x"]\n}');
  });
});

describe('printing', () => {
  const document = branch([item('a', list([leaf(1n), branch([])])), item('<', leaf('x'))]);

  test.each([
    [undefined, '{\n\t"a": [\n\t\t1,\n\t\t{}\n\t],\n\t"\\u003c": "x"\n}\n'],
    [-1, '{\n\t"a": [\n\t\t1,\n\t\t{}\n\t],\n\t"\\u003c": "x"\n}\n'],
    [2, '{\n  "a": [\n    1,\n    {}\n  ],\n  "\\u003c": "x"\n}\n'],
    [0, '{\n"a": [\n1,\n{}\n],\n"\\u003c": "x"\n}\n'],
  ])('indentation %s', (indent, expected) => expect(jsonStore.emit([document], null, { indent })).toBe(expected));

  test('comments are left out, times are strings, invalid bytes become escaped U+FFFD', () => {
    const time = { kind: 'timestamp', nanoseconds: 1_577_934_245_500_000_000n, offset: 330 } as const;
    const tree = branch([
      { kind: 'comment', text: 'c', inline: false },
      item('t', leaf(time)),
      item('b', leaf('a\udcff')),
    ]);
    expect(jsonStore.emit([tree], null, { indent: 0 })).toBe(
      '{\n"t": "2020-01-02T08:34:05.5+05:30",\n"b": "a\\ufffd"\n}\n',
    );
  });

  test('numbers JSON has not are refused', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(() => jsonStore.emit([branch([item('a', leaf(value))])], null)).toThrow(
        expect.objectContaining({ code: 'output-format' }),
      );
    }
  });

  test('a single value goes without final line end', () => {
    expect(jsonStore.emitValue?.(list([leaf(1n)]))).toBe('[\n\t1\n]');
    expect(jsonStore.emitValue?.(leaf('x'))).toBe('"x"');
  });
});

describe('properties', () => {
  const key = fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('a', '__proto__', 'a:b'));
  const object = fc.dictionary(key, fc.jsonValue({ stringUnit: 'binary' })).map((value) => {
    const copy = { ...value };
    delete copy.sops;
    return copy;
  });

  test('any object in any layout comes back byte for byte', () => {
    const layout = fc.constantFrom<string | number>(0, 1, 2, 4, '\t');
    const lineEnd = fc.constantFrom('\n', '\r\n');
    const final = fc.constantFrom('', '\n', '\n\n', ' junk');
    fc.assert(
      fc.property(object, layout, lineEnd, final, (value, indent, end, rest) => {
        const text = JSON.stringify(value, null, indent).replaceAll('\n', end) + rest;
        const { cipher, restored, isSameTree } = roundTrip(jsonStore, encodeText(text));
        expect(isSameTree).toBe(true);
        expect(restored).toBe(text.toWellFormed());
        expect(() => JSON.parse(cipher)).not.toThrow();
      }),
    );
  });

  test('what is printed reads back', () => {
    fc.assert(
      fc.property(object, (value) => {
        const { documents } = read(jsonStore, JSON.stringify(value));
        const printed = jsonStore.emit(documents, METADATA);
        expect(rendered(read(jsonStore, printed))).toBe(printed);
      }),
    );
  });

  test('a random change of the tree reads back', () => {
    fc.assert(
      fc.property(
        object,
        fc.array(fc.tuple(fc.nat(), fc.nat(2)), { maxLength: 4 }),
        fc.constantFrom(0, 2),
        (value, changes, indent) => {
          const file = read(jsonStore, JSON.stringify(value, null, indent));
          for (const [place, kind] of changes) change(file.documents[0]?.items ?? [], place, kind);
          const again = read(jsonStore, rendered(file, METADATA));
          expect(jsonStore.emit(again.documents, null)).toBe(jsonStore.emit(file.documents, null));
        },
      ),
    );
  });

  function change(items: ReturnType<typeof branch>['items'], place: number, kind: number): void {
    const at = place % (items.length + 1);
    if (kind === 0) items.splice(at, 0, item(`new${place}`, branch([item('x', leaf(1n))])));
    if (kind === 1) items.splice(at, 1);
    const found = items[at];
    if (kind === 2 && found?.kind === 'item') found.value = list([leaf('replaced')]);
  }
});
