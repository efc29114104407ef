/** The TOML store: reading, splicing, printing. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openTomlStore } from '../../../src/formats/toml/toml.js';
import { setAt, unsetAt } from '../../../src/tree/path.js';
import { branch, item, type LeafValue, leaf, list } from '../../../src/tree/tree.js';
import { encodeText } from '../../../src/util/text/text.js';
import { inSweeps } from '../../support/sweep.js';
import { METADATA, nodesOf, read, rendered, roundTrip } from './store-support.js';

const store = await openTomlStore();

/** The values of a text by their joined paths, in order. */
function valuesOf(text: string): LeafValue[] {
  return nodesOf(read(store, text).documents).flatMap((node) => (node.kind === 'leaf' ? [node.value] : []));
}

test('there is one store', async () => {
  expect(await openTomlStore()).toBe(store);
});

test.each<[string, string, LeafValue]>([
  ['an integer', '1_000', 1000n],
  ['hexadecimal', '0xFF', 255n],
  ['octal', '0o17', 15n],
  ['binary', '0b11', 3n],
  ['the least integer', '-9223372036854775808', -9223372036854775808n],
  ['the greatest integer', '9223372036854775807', 9223372036854775807n],
  ['a float', '5e0', 5],
  ['minus zero', '-0.0', -0],
  ['infinity', '-inf', Number.NEGATIVE_INFINITY],
  ['no number', 'nan', Number.NaN],
  ['a boolean', 'true', true],
  ['a basic string', '"a\\u00e9\\n\\"\\e\\x41"', 'aé\n"\x1bA'],
  ['a literal string', "'C:\\x'", 'C:\\x'],
  ['several lines', '"""\r\na\r\nb \\\r\n   c"""', 'a\nb c'],
  ['literal lines', "'''\na'b\\'''", "a'b\\"],
  ['a date', '1979-05-27', '1979-05-27'],
  ['a time', '07:32:00.500', '07:32:00.5'],
  ['a time without seconds', '07:32', '07:32:00'],
  ['a date and a time', '1979-05-27 07:32:00', '1979-05-27T07:32:00'],
  ['an instant', '1970-01-01t01:00:00.25+01:00', { kind: 'timestamp', nanoseconds: 250_000_000n, offset: 60 }],
  ['an instant in UTC', '1970-01-01 00:00:01Z', { kind: 'timestamp', nanoseconds: 1_000_000_000n, offset: 0 }],
])('%s is read', (_, text, value) => {
  expect(valuesOf(`a = ${text}`)).toEqual([value]);
});

test.each([
  ['an integer beyond 64 bits', 'a = 9223372036854775808', /line 1, column 5: an integer beyond 64 bits/],
  ['a key that stands twice', 'a = 1\na = 2', /line 2, column 1: defining a key multiple times/],
  ['a table that stands twice', '[a]\n[a]', /line 2/],
  ['a carriage return alone', 'a = 1\rb = 2', /column 6: a carriage return/],
  ['a string without end', 'a = "geheim', /line 1, column 12: unterminated/],
  ['no value', 'a =', /line 1/],
  ['bytes that are not UTF-8', Buffer.from([0x61, 0x3d, 0x22, 0xff, 0x22]), /column 4: bytes that are not UTF-8/],
  ['deep arrays', `a = ${'['.repeat(50_000)}${']'.repeat(50_000)}`, /levels of nesting/],
  ['deep keys', `${'a.'.repeat(5000)}a = 1`, /levels of nesting/],
  ['deep headers', `[${'a.'.repeat(5000)}a]`, /levels of nesting/],
  ['metadata that is not a table', 'sops = 1', /"sops" is not a map/],
])('%s is refused, without a value in the message', (_, text, message) => {
  expect(() => read(store, text)).toThrow(message);
  expect(() => read(store, text)).not.toThrow(/geheim/);
});

test('values stand in the order of rops, for which a table moves to where its own header is', () => {
  expect(valuesOf('[a.b]\nx = 1\n[q]\nx = 2\n[a]\nx = 3\n')).toEqual([2n, 1n, 3n]);
  expect(valuesOf('a.x = 1\nb = 2\na.y = 3\n[[t]]\nx = 4\n[t.u]\nx = 5\n[[t]]\nx = 6\n')).toEqual([
    1n,
    3n,
    2n,
    4n,
    5n,
    6n,
  ]);
});

const TEXTS = [
  '',
  '\n',
  '# only a comment',
  'a = 1',
  '\ufeffa = "x"\r\n# c\r\n[t] # d\r\nb = """\r\nx\r\ny"""\r\n',
  'a = "x" # one\n\n# two\nb = [ 1, # three\n  # four\n  2, ] # five\n# end\n',
  'a = 0xFF\nb = 1_000\nc = 1e3\nd = +1.0\ne = 1979-05-27 07:32:00-07:00\nf = 1979-05-27\ng = 07:32\nh = "\\u00e9"\n',
  'z = { a = 1, b.c = "x", d = { } }\n"a b".\'c.d\' = ""\n[[x]]\n[[x]]\ny = 1\n[x.y2]\n# last',
  '[a.b] # one\nx = 1\n# two\n[a]\ny = 2\n',
  'z = {\n  a = 1, # k\n  # l\n}\n',
];

test.each(TEXTS)('the text comes back: %j', (text) => {
  const { restored, isSameTree } = roundTrip(store, text);
  expect([restored, isSameTree]).toEqual([text, true]);
});

test('ciphertext stands in the style of its string, and in double quotes for all else', () => {
  const { cipher } = roundTrip(store, `a = "x"\nb = 'x'\nc = """x"""\nd = '''x'''\ne = 1\nf = 1979-05-27\n# c\n`);
  const sealed = cipher.replaceAll(/ENC\[[^\]]*\]/g, 'ENC');
  const lines = `a = "ENC"\nb = 'ENC'\nc = """ENC"""\nd = '''ENC'''\ne = "ENC"\nf = "ENC"\n#ENC\n\n[sops]\n`;
  expect(sealed.slice(0, lines.length)).toBe(lines);
});

test('the metadata stands as rops prints it', () => {
  const text = store.emit([branch([item('a', leaf('x'))])], METADATA);
  expect(text).toBe(`a = "x"

[sops]
lastmodified = "2026-01-02T03:04:05Z"
mac = "ENC[AES256_GCM,data:bWFj,iv:aXY=,tag:dGFn,type:str]"
mac_only_encrypted = true
shamir_threshold = 2
version = "3.13.2"

[[sops.age]]
recipient = "age1x"
enc = """
-----BEGIN
abc=
-----END
"""
`);
  expect(rendered(store.parse(encodeText(text)), null)).toBe('a = "x"\n');
});

test('metadata between other tables goes, and comes back at the end', () => {
  const text = store.emit([branch([item('a', leaf('x'))])], METADATA);
  const file = store.parse(encodeText(`${text}\n[late]\nb = 1\n`));
  expect(rendered(file, null)).toBe('a = "x"\n\n\n\n[late]\nb = 1\n');
  expect(rendered(file, METADATA)).toMatch(/\[late\]\nb = 1\n\n\[sops\]\n/);
});

test('the file of rops is read, with the version that it does not tell', () => {
  const bytes = readFileSync(new URL('../../../fixtures/toml/rops.toml', import.meta.url));
  const { metadata, documents } = store.parse(bytes);
  expect(metadata?.items.some((entry) => entry.kind === 'item' && entry.key === 'version')).toBe(true);
  const nulls = nodesOf(documents).filter((node) => node.kind === 'leaf' && node.value === null);
  expect(nulls).toHaveLength(1);
});

test('what rops would take for no value cannot stay readable in an encrypted file', () => {
  expect(() => rendered(read(store, 'a = "null"\n'), METADATA)).toThrow(/the text "null" cannot stay readable/);
});

type Change = (document: Parameters<typeof setAt>[0]) => unknown;
const set =
  (path: (string | number)[], value: Parameters<typeof setAt>[2]): Change =>
  (document) =>
    setAt(document, path, value);
const unset =
  (...path: (string | number)[]): Change =>
  (document) =>
    unsetAt(document, path);

test.each<[string, string, Change, string]>([
  ['a value', 'a = "x" # c\n', set(['a'], leaf("it's")), 'a = "it\'s" # c\n'],
  ['a literal', "a = 'x'\n", set(['a'], leaf("it's")), 'a = "it\'s"\n'],
  ['a type', 'a = "x"\n', set(['a'], leaf(5)), 'a = 5.0\n'],
  ['a new key', 'a = 1\n\n# c\n[t]\nb = 2\n', set(['n'], leaf(1n)), 'a = 1\nn = 1\n\n# c\n[t]\nb = 2\n'],
  ['a first key', '[t]\nb = 2\n', set(['n'], leaf(1n)), 'n = 1\n[t]\nb = 2\n'],
  [
    'a key of a table',
    '[t] # c\n  b = 2 # d\n[u]\n',
    set(['t', 'n'], leaf(1n)),
    '[t] # c\n  b = 2 # d\n  n = 1\n[u]\n',
  ],
  ['a key of an empty table', '[t]\n[u]', set(['t', 'n'], leaf(1n)), '[t]\nn = 1\n[u]'],
  ['a key without a last line end', 'a = 1', set(['n'], leaf(1n)), 'a = 1\nn = 1\n'],
  ['a key of a table without header', '[t.u]\nb = 2\n', set(['t', 'n'], leaf(1n)), '[t]\nn = 1\n\n[t.u]\nb = 2\n'],
  ['a key with dots', 'a.b = 1\nc = 2\n', set(['a', 'n'], leaf(1n)), 'a.b = 1\na.n = 1\nc = 2\n'],
  ['a map at a key with dots', 'a.b = 1\n', set(['a', 'n', 'm'], leaf(1n)), 'a.b = 1\na.n = { m = 1 }\n'],
  ['a table', 'a = 1\n', set(['t', 'u', 'n'], leaf(1n)), 'a = 1\n\n[t.u]\nn = 1\n'],
  ['a table in CRLF', 'a = 1\r\n', set(['t', 'n'], leaf('x\ny')), 'a = 1\r\n\r\n[t]\r\nn = """\r\nx\r\ny"""\r\n'],
  [
    'a table in one of a list',
    '[[t]]\na = 1\n[[t]]\n',
    set(['t', 0, 'u', 'n'], leaf(1n)),
    '[[t]]\na = 1\n\n[t.u]\nn = 1\n[[t]]\n',
  ],
  ['one more of a list', '# c\n[[t]]\na = 1\n', set(['t', 1, 'n'], leaf(1n)), '# c\n[[t]]\na = 1\n\n[[t]]\nn = 1\n'],
  ['another kind in a list', '[[t]]\na = 1\n[b]\n', set(['t', 1], leaf(2n)), 't = [\n    { a = 1 },\n    2,\n]\n[b]\n'],
  ['an element', 'a = [1, 2] # c\n', set(['a', 1], leaf(3n)), 'a = [1, 3] # c\n'],
  ['one more element', 'a = [1] # c\n', set(['a', 1], leaf(3n)), 'a = [\n    1,\n    3,\n] # c\n'],
  ['a key in braces', 'a = { b = 1 }\n', set(['a', 'n'], leaf(3n)), 'a = { b = 1, n = 3 }\n'],
  ['a map for a value', 'a = 1\n', set(['a', 'n'], leaf(3n)), 'a = { n = 3 }\n'],
  ['a value for a table', 'b = 1\n[a]\nc = 1\n[a.d]\n', set(['a'], leaf(3n)), 'b = 1\na = 3\n'],
  ['no key', 'a = 1\nb = 2 # c\n', unset('a'), 'b = 2 # c\n'],
  ['no key before a comment', 'a = 1 # c\nb = 2\n', unset('a'), '# c\nb = 2\n'],
  ['no table', 'a = 1\n[t]\nb = 2\n[t.u]\nc = 3\n[v]\n', unset('t'), 'a = 1\n[v]\n'],
  ['no first of a list', '[[t]]\na = 1\n[[t]]\na = 2\n', unset('t', 0), '[[t]]\na = 2\n'],
  ['nothing of a table', 'a.b = 1\nc = 2\n', unset('a', 'b'), 'a = {}\nc = 2\n'],
  ['no element', 'a = [1, 2, # c\n 3]\n', unset('a', 0), 'a = [\n    2, # c\n    3,\n]\n'],
])('%s is put into the text', (_, before, change, after) => {
  const file = read(store, before);
  change(file.documents[0] ?? branch());
  const text = rendered(file, null);
  expect(text).toBe(after);
  expect(() => read(store, text)).not.toThrow();
});

test('a tree is printed with values in their order: tables before a value stand at keys with dots', () => {
  const tree = branch([
    item('t', branch([item('u', branch([item('a', leaf(1n))])), item('l', list([branch([item('x', leaf(true))])]))])),
    item('z', leaf('2')),
    item('w', branch([item('e', branch()), item('v', branch([item('b', leaf(0.5))]))])),
  ]);
  const text = store.emit([tree], null);
  expect(text).toBe('t.u.a = 1\nt.l = [{ x = true }]\nz = "2"\n\n[w]\ne = {}\n\n[w.v]\nb = 0.5\n');
  expect(valuesOf(text)).toEqual([1n, true, '2', 0.5]);
});

test.each<[string, LeafValue, string]>([
  ['quotes', 'it"s', `'it"s'`],
  ['both quotes', `it"'s`, `"""it"'s"""`],
  ['control characters', '\x01\x7f', '"\\u0001\\u007F"'],
  ['lines', 'a\nb', '"""\na\nb"""'],
  ['lines of quotes', '"""\n\'\'\'', '"""\n""\\"\n\'\'\'"""'],
  ['an int', -1n, '-1'],
  ['a float', 1e21, '1e+21'],
  ['a whole float', 100, '100.0'],
  ['minus zero', -0, '-0.0'],
  ['infinity', Number.POSITIVE_INFINITY, 'inf'],
  ['no number', Number.NaN, 'nan'],
  ['a time', { kind: 'timestamp', nanoseconds: 500_000_000n, offset: 0 }, '1970-01-01T00:00:00.5Z'],
])('%s is printed', (_, value, text) => {
  expect(store.emit([branch([item('a', leaf(value))])], null)).toBe(`a = ${text}\n`);
  expect(valuesOf(`a = ${text}\n`)).toEqual([value]);
});

test.each([
  ['null', branch([item('a', leaf(null))]), /TOML has no null/],
  ['a key twice', branch([item('a', leaf(1n)), item('a', leaf(2n))]), /cannot hold a key twice/],
  ['bytes', branch([item('a', leaf('\udcff'))]), /not UTF-8/],
  ['bytes as a key', branch([item('\udcff', leaf('a'))]), /not UTF-8/],
])('%s cannot be printed', (_, tree, message) => {
  expect(() => store.emit([tree], null)).toThrow(message);
});

inSweeps(() => {
  test('30,000 values are read and spliced in linear time', () => {
    const textOf = (count: number) =>
      Array.from(
        { length: count / 10 },
        (_, at) =>
          `[t${at}.u]\n${'k = "v" # c\n'.replace('k', 'k0')}${Array.from({ length: 9 }, (_, n) => `k${n + 1} = ${n}\n`).join('')}[t${at}]\n`,
      ).join('');
    const cpuOf = (count: number): number => {
      const text = textOf(count);
      const begun = process.cpuUsage();
      const file = read(store, text);
      for (const node of nodesOf(file.documents)) if (node.kind === 'leaf') node.value = 'x';
      rendered(file, METADATA);
      return process.cpuUsage(begun).user / 1000;
    };
    cpuOf(3000);
    const [less, more] = [cpuOf(3000), cpuOf(30_000)];
    expect(more).toBeLessThan(Math.max(less, 100) * 30);
  });
});

test('a table that holds comments alone is printed where a value follows it', () => {
  const { documents } = read(store, 'a = 1\n[w]\n# of w\n');
  documents[0]?.items.push(item('n', leaf('v')));
  const printed = store.emit(documents, null);
  expect(printed).toBe('a = 1\n# of w\nw = {}\nn = "v"\n');
});
