import { createPublicKey, type KeyObject } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { makeEphemeral, publicKeyOf, sharedSecret } from '../../../src/keys/age/curve25519.js';

afterEach(() => vi.restoreAllMocks());

test('a key pair for one use agrees with whoever knows its share', () => {
  const scalar = Buffer.alloc(32, 7);
  const { share, agreeWith } = makeEphemeral();
  expect(share).toHaveLength(32);
  expect(agreeWith(publicKeyOf(scalar))).toEqual(sharedSecret(scalar, share));
  expect(makeEphemeral().share).not.toEqual(share);
});

test('no key that was just made is exported: a garbage collection meanwhile would stop Node for ever', () => {
  const known = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) }, format: 'jwk' });
  const exported = vi.spyOn(Object.getPrototypeOf(known) as KeyObject, 'export');
  makeEphemeral();
  expect(exported).not.toHaveBeenCalled();
  known.export({ format: 'jwk' });
  expect(exported).toHaveBeenCalledOnce();
});
