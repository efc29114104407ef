import { describe, expect, test } from 'vitest';
import { sameLeafValue } from '../../../src/tree/equality.js';
import type { LeafValue } from '../../../src/tree/tree.js';
import { floatText, readValue, textOf, typeWordOf } from '../../../src/tree/value.js';
import fc, { anyCharacter } from '../../support/fast-check.js';

/** Texts of the table in docs/format.md#values. */
const FLOATS: [number, string][] = [
  [1.0, '1'],
  [1e21, '1000000000000000000000'],
  [1e20, '100000000000000000000'],
  [1e-9, '0.000000001'],
  [-1.5e-7, '-0.00000015'],
  [0.5, '0.5'],
  [-0, '-0'],
  [0, '0'],
  [Number.NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [1.7976931348623157e308, `17976931348623157${'0'.repeat(292)}`],
  [5e-324, `0.${'0'.repeat(323)}5`],
  [1.2345678901234568e25, '12345678901234568000000000'],
];

describe('texts for cipher and MAC', () => {
  test.each(FLOATS)('float %d is %s', (value, text) => {
    expect(floatText(value)).toBe(text);
    expect(Object.is(readValue(text, 'float'), value)).toBe(true);
  });

  test.each<[LeafValue & {}, string, string]>([
    ['text', 'str', 'text'],
    [-7n, 'int', '-7'],
    [2n ** 63n - 1n, 'int', '9223372036854775807'],
    [true, 'bool', 'True'],
    [false, 'bool', 'False'],
    [{ kind: 'timestamp', nanoseconds: 1577923200_000_000_000n, offset: 0 }, 'time', '2020-01-02T00:00:00Z'],
    [{ kind: 'timestamp', nanoseconds: 1577817000_120_000_000n, offset: 330 }, 'time', '2020-01-01T00:00:00.12+05:30'],
    [{ kind: 'timestamp', nanoseconds: -62135596800_000_000_000n, offset: 0 }, 'time', '0001-01-01T00:00:00Z'],
    [{ kind: 'timestamp', nanoseconds: -1n, offset: 0 }, 'time', '1969-12-31T23:59:59.999999999Z'],
  ])('%o is %s %s', (value, word, text) => {
    expect(typeWordOf(value)).toBe(word);
    expect(textOf(value)).toBe(text);
    expect(readValue(text, word)).toEqual(value);
  });

  test('there is none outside the range of the type', () => {
    expect(textOf(2n ** 63n)).toBeNull();
    expect(textOf({ kind: 'timestamp', nanoseconds: 0n, offset: -24 * 60 })).toBeNull();
    expect(textOf({ kind: 'timestamp', nanoseconds: 253402300800_000_000_000n, offset: 0 })).toBeNull();
  });
});

describe('plaintexts by type word', () => {
  test.each<[string, string, LeafValue | undefined]>([
    ['int', '+5', 5n],
    ['int', '-0', 0n],
    ['int', `${'0'.repeat(40)}7`, 7n],
    ['int', '9223372036854775808', undefined],
    ['int', '-9223372036854775808', -(2n ** 63n)],
    ['int', '1_0', undefined],
    ['int', '1.0', undefined],
    ['int', '', undefined],
    ['bool', 't', true],
    ['bool', 'F', false],
    ['bool', 'yes', undefined],
    ['bool', 'tRUE', undefined],
    ['bytes', 'x', 'x'],
    ['comment', 'x', undefined],
    ['str', '', ''],
    ['object', 'x', undefined],
    ['time', '2020-01-01T00:00:00', undefined],
    ['time', '2020-01-01t00:00:00z', undefined],
    ['time', '2020-02-30T00:00:00Z', undefined],
    ['time', '2020-01-01T00:00:60Z', undefined],
    ['time', '2020-01-01T00:00:00+24:00', undefined],
  ])('%s %s', (word, text, value) => {
    expect(readValue(text, word)).toEqual(value);
  });

  test.each<[string, number | undefined]>([
    ['1e3', 1000],
    ['+1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1_000.5', 1000.5],
    ['1__0', undefined],
    ['_1', undefined],
    ['1_', undefined],
    ['1_.5', undefined],
    ['1e_5', undefined],
    ['iNf', Infinity],
    ['-infinity', -Infinity],
    ['nan', Number.NaN],
    ['+nan', undefined],
    ['0x1p4', 16],
    ['-0X1.8p-1', -0.75],
    ['0x_1p4', 16],
    ['0x1', undefined],
    ['0xp4', undefined],
    ['0x1p-1074', 5e-324],
    ['1e-400', 0],
    ['1e400', undefined],
    ['0x1p99999', undefined],
    ['', undefined],
    ['.', undefined],
    ['e5', undefined],
    [' 1', undefined],
  ])('float %s', (text, value) => {
    expect(readValue(text, 'float')).toEqual(value);
  });
});

test('every value comes back from its text', () => {
  const timestamp = fc.record({
    kind: fc.constant('timestamp' as const),
    nanoseconds: fc.bigInt({ min: -62135510400_000_000_000n, max: 253402214400_000_000_000n }),
    offset: fc.integer({ min: -1439, max: 1439 }),
  });
  const value = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
    fc.boolean(),
    timestamp,
  );
  fc.assert(
    fc.property(value, (one) => {
      const text = textOf(one);
      expect(text).not.toMatch(typeof one === 'number' ? /e/i : /^\b$/);
      expect(sameLeafValue(readValue(text ?? '', typeWordOf(one)) ?? null, one)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
