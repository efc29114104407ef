import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chooseParts, combineParts, splitSecret } from '../../../src/datakey/shamir.js';
import fc from '../../support/fast-check.js';

interface Sample {
  readonly parts: number;
  readonly threshold: number;
  readonly dataKey: string;
  readonly shares: readonly string[];
}

const SAMPLES: Sample[] = JSON.parse(
  readFileSync(new URL('../../../fixtures/datakey/shares-of-sops-3.13.2.json', import.meta.url), 'utf8'),
);

const fromHex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('shares made by SOPS 3.13.2', () => {
  test.each(SAMPLES)(
    '$threshold of $parts: any choice of that many gives the key',
    ({ threshold, dataKey, shares }) => {
      const parts = shares.map(fromHex);
      for (let size = threshold; size <= parts.length; size++) {
        const groups = parts.map((part) => [part]);
        for (const choice of chooseParts(groups, size)) expect(toHex(combineParts(choice))).toBe(dataKey);
      }
      expect(toHex(combineParts(parts.toReversed()))).toBe(dataKey);
    },
  );

  test.each(SAMPLES.filter(({ threshold }) => threshold > 2))(
    'fewer than $threshold do not',
    ({ dataKey, threshold, shares }) => {
      expect(toHex(combineParts(shares.slice(0, threshold - 1).map(fromHex)))).not.toBe(dataKey);
    },
  );
});

test('what is split comes back from any threshold of the parts', () => {
  const shape = fc
    .integer({ min: 2, max: 12 })
    .chain((parts) =>
      fc.tuple(fc.constant(parts), fc.integer({ min: 2, max: parts }), fc.uint8Array({ minLength: 1, maxLength: 40 })),
    );
  fc.assert(
    fc.property(shape, fc.infiniteStream(fc.nat()), ([parts, threshold, secret], order) => {
      const split = splitSecret(secret, parts, threshold);
      expect(split.map((part) => part.at(-1))).toEqual(split.map((_, index) => index + 1));
      const shuffled = split
        .map((part) => ({ part, rank: order.next().value ?? 0 }))
        .sort((one, other) => one.rank - other.rank)
        .map(({ part }) => part);
      expect(combineParts(shuffled.slice(0, threshold))).toEqual(secret);
    }),
    { numRuns: 200 },
  );
});

test('255 parts are possible', () => {
  const secret = Uint8Array.of(1, 2, 3);
  expect(combineParts(splitSecret(secret, 255, 255))).toEqual(secret);
});

describe('refused in the words of SOPS', () => {
  test.each([
    [3, 1, 'threshold must be at least 2'],
    [2, 3, 'parts cannot be less than threshold'],
    [256, 2, 'parts cannot exceed 255'],
  ])('splitting in %d with threshold %d', (parts, threshold, message) => {
    expect(() => splitSecret(new Uint8Array(32), parts, threshold)).toThrow(new RangeError(message));
  });

  test.each<[string, number[][], string]>([
    ['one part', [[1, 2, 1]], 'less than two parts cannot be used to reconstruct the secret'],
    [
      'differing lengths',
      [
        [1, 2, 1],
        [1, 2],
      ],
      'all parts must be the same length',
    ],
    [
      'a repeated x',
      [
        [1, 2, 1],
        [3, 4, 1],
      ],
      'duplicate part detected',
    ],
    [
      'an x of 0, which would be the secret itself',
      [
        [1, 2, 0],
        [3, 4, 1],
      ],
      'duplicate part detected',
    ],
    ['parts without y', [[1], [2]], 'parts must be at least two bytes'],
  ])('combining %s', (_, parts, message) => {
    expect(() => combineParts(parts.map((part) => Uint8Array.from(part)))).toThrow(new RangeError(message));
  });
});
