/** What of cryptography is our own, or goes through our own hands, beside that of @noble: thousands of random cases, with the sweeps. */
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { combineParts, splitSecret } from '../../../src/datakey/shamir.js';
import { KEY_LENGTH, makeEphemeral, publicKeyOf, sharedSecret } from '../../../src/keys/age/curve25519.js';
import { toMontgomery } from '../../../src/keys/age/ssh/edwards25519.js';
import fc from '../../support/fast-check.js';
import { WHOLE } from '../../support/sweep.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const key = bytes(KEY_LENGTH);
const RUNS = { numRuns: WHOLE ? 3000 : 100 };

/** Null where @noble refuses: a point that is not one, or a secret of nothing but zeros. */
function orNull(make: () => Uint8Array): Buffer | null {
  try {
    return Buffer.from(make());
  } catch {
    return null;
  }
}

/** Points whose products are zeros: 0, 1, and one of order 8 (RFC 7748, section 6.1). */
const LOW = ['00', '01', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'].map((hex) =>
  Uint8Array.from(Buffer.from(hex.padEnd(64, '0'), 'hex')),
);

test('X25519: public keys and shared secrets are those of @noble', () => {
  const point = fc.oneof({ weight: 20, arbitrary: key }, { weight: 1, arbitrary: fc.constantFrom(...LOW) });
  fc.assert(
    fc.property(key, point, (scalar, other) => {
      expect(publicKeyOf(scalar)).toEqual(Buffer.from(x25519.getPublicKey(scalar)));
      expect(sharedSecret(scalar, other)).toEqual(orNull(() => x25519.getSharedSecret(scalar, other)));
    }),
    RUNS,
  );
  for (const low of LOW) expect(sharedSecret(new Uint8Array(KEY_LENGTH).fill(7), low)).toBeNull();
});

test('X25519: what is sent along with an agreement gives the other side the same secret', () => {
  fc.assert(
    fc.property(key, (scalar) => {
      const { share, agreeWith } = makeEphemeral();
      expect(agreeWith(publicKeyOf(scalar))).toEqual(Buffer.from(x25519.getSharedSecret(scalar, share)));
    }),
    RUNS,
  );
});

test('Ed25519 keys become the X25519 keys of @noble, and points that are none become nothing', () => {
  const known = key.map((seed) => ed25519.getPublicKey(seed));
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(known, key), (point) => {
      const made = toMontgomery(point);
      if (made === null) refused++;
      expect(made).toEqual(orNull(() => ed25519.utils.toMontgomery(point)));
    }),
    RUNS,
  );
  expect(refused).toBeGreaterThan(10);
});

/** Powers of 3, which go through all of GF(2^8) but 0, and where each stands. */
const POWERS: number[] = [1];
while (POWERS.length < 255) {
  const last = POWERS.at(-1) ?? 1;
  const doubled = (last << 1) ^ (last & 0x80 ? 0x11b : 0);
  POWERS.push(doubled ^ last);
}

/** The product by the table: another way than the one that is tried. */
function product(one: number, other: number): number {
  if (one === 0 || other === 0) return 0;
  return POWERS[(POWERS.indexOf(one) + POWERS.indexOf(other)) % 255] ?? 0;
}

const inverse = (of: number): number => POWERS[(255 - POWERS.indexOf(of)) % 255] ?? 0;

/** What a polynomial has at 0 that goes through these points, by Lagrange's formula as a textbook has it. */
function atZero(points: readonly (readonly [x: number, y: number])[]): number {
  return points.reduce((sum, [x, y], own) => {
    const others = points.filter((_, at) => at !== own);
    return sum ^ others.reduce((term, [other]) => product(term, product(other, inverse(other ^ x))), y);
  }, 0);
}

test('Shamir: any threshold of the parts gives the secret, by the table as by masks', () => {
  const shape = fc
    .integer({ min: 2, max: 8 })
    .chain((parts) => fc.tuple(fc.constant(parts), fc.integer({ min: 2, max: parts }), bytes(32), fc.nat(parts)));
  fc.assert(
    fc.property(shape, ([count, threshold, secret, first]) => {
      const parts = splitSecret(secret, count, threshold);
      const chosen = Array.from({ length: threshold }, (_, at) => parts[(first + at) % count] ?? new Uint8Array());
      expect(combineParts(chosen)).toEqual(secret);
      const byTable = secret.map((_, at) => atZero(chosen.map((part) => [part.at(-1) ?? 0, part[at] ?? 0])));
      expect(byTable).toEqual(secret);
    }),
    RUNS,
  );
});
