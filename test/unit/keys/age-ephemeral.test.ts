import { createPrivateKey, type KeyObject } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { makeEphemeral, publicKeyOf, sharedSecret } from '../../../src/keys/age/curve25519.js';

afterEach(() => vi.restoreAllMocks());

const SCALAR = Buffer.alloc(32, 7);

function expectAgreement(): void {
  const { share, agreeWith } = makeEphemeral();
  expect(share).toHaveLength(32);
  expect(agreeWith(publicKeyOf(SCALAR))).toEqual(sharedSecret(SCALAR, share));
  expect(makeEphemeral().share).not.toEqual(share);
}

test('a key pair for one use agrees with whoever knows its share', () => {
  for (let round = 0; round < 100; round++) expectAgreement();
});

test.each([
  ['keeps the public key that it was given', Buffer.of(9, ...new Uint8Array(31)).toString('base64url')],
  ['tells of none', undefined],
])('so it does in a runtime that %s', (_, x) => {
  const point = publicKeyOf(SCALAR);
  const known = createPrivateKey({
    key: { kty: 'OKP', crv: 'X25519', d: 'A'.repeat(43), x: 'A'.repeat(43) },
    format: 'jwk',
  });
  vi.spyOn(Object.getPrototypeOf(known) as KeyObject, 'export').mockReturnValue({ x } as never);
  const { share, agreeWith } = makeEphemeral();
  const secret = agreeWith(point);
  vi.restoreAllMocks();
  expect(secret).toEqual(sharedSecret(SCALAR, share));
});
