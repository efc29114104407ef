/** The dotenv store: reading, splicing, printing. */

import { describe, expect, test } from 'vitest';
import { dotenvStore } from '../../../src/formats/dotenv.js';
import { branch, comment, item, type LeafValue, leaf, list } from '../../../src/tree/tree.js';
import { decodeText } from '../../../src/util/text/text.js';
import fc from '../../support/fast-check.js';
import { METADATA, nodesOf, read, rendered, roundTrip, unseal, vectorsOf } from './store-support.js';

/** Keys and values of a text, comments as their text alone. */
const entriesOf = (text: string | Uint8Array) =>
  (read(dotenvStore, text).documents[0]?.items ?? []).map((entry) =>
    entry.kind === 'comment' ? entry.text : [entry.key, entry.value.kind === 'leaf' ? entry.value.value : null],
  );

describe('reading', () => {
  test('nothing is trimmed or unquoted, keys may repeat, comments and empty lines are told apart', () => {
    expect(entriesOf('A=1\n\n# c\nexport B = "x" # y\nA=a=b\n=\n#\nC=a\\nb\\\\n')).toEqual([
      ['A', '1'],
      ' c',
      ['export B ', ' "x" # y'],
      ['A', 'a=b'],
      ['', ''],
      '',
      ['C', 'a\nb\\\n'],
    ]);
  });

  test('a carriage return and bytes that are not UTF-8 are part of the value', () => {
    expect(entriesOf(Buffer.from('A=1\r\nB=\xff', 'latin1'))).toEqual([
      ['A', '1\r'],
      ['B', '\udcff'],
    ]);
  });

  test.each(['A', 'A=1\nB', 'A=1\n \nB=2', 'A=1\r\n\r\n'])('refuses %j', (text) => {
    expect(() => read(dotenvStore, text)).toThrow(
      expect.objectContaining({
        code: 'document-invalid',
        message: expect.stringMatching(/^line \d+, column 1: a line without "="$/),
      }),
    );
  });

  test('entries that begin with sops_ are metadata, wherever they stand', () => {
    const file = read(dotenvStore, 'sops_age__list_0__map_enc=a\\nb\nA=1\nsops_version=3\nsops=x\nSOPS_X=y\n');
    expect(nodesOf(file.documents)).toHaveLength(3);
    expect(file.metadata?.items).toMatchObject([{ key: 'age' }, { key: 'version', value: { value: '3' } }]);
    expect(nodesOf(file.metadata ? [file.metadata] : [])).toMatchObject([{ value: 'a\nb' }, { value: '3' }]);
  });
});

describe('vectors of the reference', () => {
  test.each(vectorsOf('.env'))('$name', ({ input, encrypted, decrypted }) => {
    const file = dotenvStore.parse(encrypted);
    expect(rendered(file)).toBe(file.text);
    expect(dotenvStore.emit(file.documents, file.metadata)).toBe(file.text);
    const plain = nodesOf(read(dotenvStore, input).documents);
    unseal(
      file.documents,
      plain.map((node) => (node.kind === 'comment' ? node.text : node.value)),
    );
    expect(rendered(file, null)).toBe(decodeText(decrypted));
    expect(dotenvStore.emit(file.documents, null)).toBe(decodeText(decrypted));
  });
});

describe('splicing', () => {
  test('empty lines and everything else stay; metadata comes last', () => {
    const text = '\n# c\nA=1\n\nB=a\\nb\n\n';
    const { cipher, plain, isSameTree } = roundTrip(dotenvStore, text);
    expect(cipher.replace(/ENC\[[^\]]*\]/g, 'E')).toBe(
      '\n#E\nA=E\n\nB=E\n\nsops_age__list_0__map_enc=-----BEGIN\\nabc=\\n-----END\\n\nsops_age__list_0__map_recipient=age1x\n' +
        'sops_lastmodified=2026-01-02T03:04:05Z\nsops_mac=E\nsops_mac_only_encrypted=true\nsops_shamir_threshold=2\nsops_version=3.13.2\n',
    );
    expect([plain, isSameTree]).toEqual([text, true]);
  });

  test('metadata begins a line of its own; a carriage return would become part of it', () => {
    expect(roundTrip(dotenvStore, 'A=1').cipher).toContain(']\nsops_age');
    expect(roundTrip(dotenvStore, 'A=1').restored).toBe('A=1');
    expect(roundTrip(dotenvStore, 'A=1\r\nB=2\r\n')).toMatchObject({ plain: 'A=1\r\nB=2\r\n', isSameTree: true });
    expect(roundTrip(dotenvStore, 'A=1\r\n').cipher).not.toContain('\r');
    expect(roundTrip(dotenvStore, '').plain).toBe('');
  });

  test('scattered metadata is gathered where its first line stood', () => {
    const file = read(dotenvStore, 'A=1\nsops_version=2\nB=2\nsops_mac=x');
    expect(rendered(file, branch([item('version', leaf('3'))]))).toBe('A=1\nsops_version=3\nB=2\n');
    expect(rendered(file, null)).toBe('A=1\nB=2\n');
  });

  test('lines come and go with their entries', () => {
    const file = read(dotenvStore, 'A=1\n# c\nB=2\n\nC=3');
    const [root] = file.documents;
    root?.items.splice(2, 1, item('NEW', leaf('x\ny')));
    root?.items.push(item('D', leaf('x')), item('END', leaf(7n)));
    expect(rendered(file)).toBe('A=1\n# c\nNEW=x\\ny\n\nC=3\nD=x\nEND=7\n');
    root?.items.splice(0, 5);
    expect(rendered(file)).toBe('END=7\n\n');
  });

  test('a changed value stays when it is put where it is, and goes with another', () => {
    const file = read(dotenvStore, 'a=1\nb=2\n');
    const [first, second] = file.documents[0]?.items ?? [];
    if (first?.kind !== 'item' || second?.kind !== 'item' || first.value.kind !== 'leaf') throw new Error('no entries');
    first.value.value = 'new';
    const { value } = first;
    first.value = value;
    expect(rendered(file, null)).toBe('a=new\nb=2\n');
    second.value = leaf('other');
    expect(rendered(file, null)).toBe('a=new\nb=other\n');
  });

  test('a comment of several lines does not become an entry', () => {
    const file = read(dotenvStore, '# c\n');
    unseal(file.documents, ['x\nA=1']);
    expect(rendered(file)).toBe('#x\n#A=1\n');
  });
});

describe('printing', () => {
  const emit = (value: LeafValue, sealed: boolean) =>
    dotenvStore.emit([branch([item('a', leaf(value))])], sealed ? branch() : null);
  const time = (fraction: bigint) =>
    ({ kind: 'timestamp', nanoseconds: 1_577_934_245_000_000_000n + fraction, offset: 0 }) as const;

  test.each<[LeafValue, string]>([
    ['x', 'x'],
    [-7n, '-7'],
    [true, 'true'],
    [null, '<nil>'],
    [1, '1.0'],
    [-0, '-0.0'],
    [123456, '123456.0'],
    [1234567, '1.234567E+06'],
    [1e21, '1E+21'],
    [0.0001, '0.0001'],
    [0.00001, '1E-05'],
    [1.5e300, '1.5E+300'],
    [Number.NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [time(500_000_000n), '2020-01-02T03:04:05Z'],
  ])('%s is printed as SOPS prints it', (value, text) => expect(emit(value, false)).toBe(`a=${text}\n`));

  test('in an encrypted file a value is refused whose text is not what the MAC covers', () => {
    for (const value of ['x', 5n, 1.5, Number.NaN, time(0n)]) expect(emit(value, true)).toMatch(/^a=/);
    for (const value of [null, true, 1, 1e7, time(1n)]) {
      expect(() => emit(value, true)).toThrow(expect.objectContaining({ code: 'output-format', path: ['a'] }));
    }
  });

  test('maps, lists and keys that read differently are refused', () => {
    const refused = [
      item('a', branch()),
      item('a', list()),
      item('a=b', leaf('x')),
      item('#a', leaf('x')),
      item('a\nb', leaf('x')),
    ];
    for (const entry of refused) {
      expect(() => dotenvStore.emit([branch([entry])], null)).toThrow(
        expect.objectContaining({ code: 'output-format' }),
      );
    }
    expect(() => dotenvStore.emit([branch([item('sops_a', leaf('x'))])], branch())).toThrow(
      'a key that dotenv would read',
    );
    expect(dotenvStore.emit([branch([comment('c\nd'), item('sops_a', leaf('x\ny'))])], null)).toBe(
      '#c\n#d\nsops_a=x\\ny\n',
    );
  });
});

test('any text that is dotenv comes back byte for byte', () => {
  const word = fc.string({ unit: fc.constantFrom('a', '=', '#', ' ', '"', '\\', 'n', '\r', 'é', '\t', '[') });
  const line = fc.oneof(
    fc.constant(''),
    word.map((text) => `#${text}`),
    fc.tuple(word, word).map(([key, value]) => `k${key}=${value}`),
  );
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), (lines, ends) => {
      const text = lines.join('\n') + (ends && lines.length > 0 ? '\n' : '');
      const { plain, restored, isSameTree } = roundTrip(dotenvStore, text, METADATA);
      expect([restored, isSameTree]).toEqual([text, true]);
      expect([text, `${text}\n`]).toContain(plain);
    }),
  );
});
